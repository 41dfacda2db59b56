using System.Text;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Finds out whether results can be written, by writing.</summary>
internal static class FolderProber
{
    /// <summary>Large enough that a disk without room refuses it.</summary>
    private const int Bytes = 4096;

    /// <returns>What cannot be written, with its cause and the remedy.</returns>
    public static async Task<IReadOnlyList<string>> ProblemsAsync(IReadOnlyList<string> folders, IArtifactStore store, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var folder in folders.Distinct(StringComparer.Ordinal))
        {
            try
            {
                await TryAsync(folder, cancellationToken);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
            {
                problems.Add($"the worker cannot write to {folder}: {refused.Message} Free room there, give the worker the right to write, or choose another folder.");
            }
        }

        try
        {
            // The same content each time: the store keeps one copy, however often it is tried.
            using var content = new MemoryStream(Encoding.ASCII.GetBytes(new string('.', Bytes)));
            await store.PutAsync(content, MediaTypes.Text, cancellationToken);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            problems.Add($"the worker cannot write to its artifact store: {refused.Message} Free room there, or set SPARK_ARTIFACT_FOLDER for the worker.");
        }

        return problems;
    }

    private static async Task TryAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $".spark-probe-{Guid.NewGuid():n}");
        try
        {
            await using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None);
            await stream.WriteAsync(new byte[Bytes], cancellationToken);
            stream.Flush(flushToDisk: true);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
