using System.Text;
using System.Text.Json;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>A folder of results. Files that are written here are replaced whole, so that a reader never sees half of one (<see cref="TrajectoryWriter"/> appends).</summary>
internal sealed class ResultFolder(IArtifactStore store, string path)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    public string Path { get; } = Directory.CreateDirectory(path).FullName;

    public async Task<string> WriteAsync(string relative, string content, CancellationToken cancellationToken)
    {
        var target = Prepare(relative);
        await ReplaceAsync(target, file => file.WriteAsync(Utf8.GetBytes(content), cancellationToken).AsTask());
        return target;
    }

    /// <summary>Puts a file in the place of another as a whole, so that a reader sees the one or the other.</summary>
    /// <param name="target">Path of the file; its folder exists.</param>
    /// <param name="write">Writes the new content.</param>
    public static async Task ReplaceAsync(string target, Func<FileStream, Task> write)
    {
        var temporary = $"{target}.{Guid.NewGuid():n}.tmp";
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                await write(file);
            }

            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes a file of ours that has a version.</summary>
    /// <exception cref="ResultFormatException">The file there is of a newer schema; it is left as it is.</exception>
    public async Task<string> WriteResultAsync(string relative, string content, CancellationToken cancellationToken)
    {
        await RefuseNewerAsync(relative, cancellationToken);
        return await WriteAsync(relative, content, cancellationToken);
    }

    /// <exception cref="ResultFormatException">The file there is of a newer schema.</exception>
    public async Task RefuseNewerAsync(string relative, CancellationToken cancellationToken)
    {
        var target = System.IO.Path.Combine(Path, relative);
        if (File.Exists(target))
        {
            ResultJson.RefuseNewer(target, await File.ReadAllBytesAsync(target, cancellationToken));
        }
    }

    public Task<string> WriteJsonAsync<T>(string relative, T value, CancellationToken cancellationToken) =>
        WriteAsync(relative, JsonSerializer.Serialize(value, SparkJson.Indented) + "\n", cancellationToken);

    public async Task CopyAsync(string relative, ArtifactRef? artifact, CancellationToken cancellationToken)
    {
        if (artifact is not null)
        {
            await using var content = await store.OpenAsync(artifact, cancellationToken);
            await SaveAsync(Prepare(relative), content, cancellationToken);
        }
    }

    /// <summary>
    /// Unpacks what a container left behind. Its entries are hostile: only plain files below the folder are written.
    /// </summary>
    public async Task UnpackAsync(string relative, ArtifactRef? archive, CancellationToken cancellationToken)
    {
        if (archive is null)
        {
            return;
        }

        var root = Directory.CreateDirectory(System.IO.Path.Combine(Path, relative)).FullName;
        await using var content = await store.OpenAsync(archive, cancellationToken);
        await foreach (var entry in TarPack.ReadAsync(content, cancellationToken))
        {
            var target = System.IO.Path.GetFullPath(System.IO.Path.Combine(root, entry.Name));
            if (TarPack.IsFile(entry) && target.StartsWith(root + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
                await SaveAsync(target, entry.DataStream ?? Stream.Null, cancellationToken);
            }
        }
    }

    private static async Task SaveAsync(string target, Stream content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(target, FileMode.Create, FileAccess.Write);
        await content.CopyToAsync(file, cancellationToken);
    }

    private string Prepare(string relative)
    {
        var target = System.IO.Path.Combine(Path, relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
        return target;
    }
}
