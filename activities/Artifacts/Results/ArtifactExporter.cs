using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Writes artifacts as files named by their hash, and everything that is referred to inside them.</summary>
internal sealed partial class ArtifactExporter(IArtifactStore store)
{
    public async Task<ExportReply> ExportAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(request.OutDir, "artifacts")).FullName;
        var seen = new HashSet<string>();
        var open = new Queue<ArtifactRef>(request.Artifacts);
        var missing = new List<ArtifactRef>();
        long bytes = 0;
        while (open.TryDequeue(out var artifact))
        {
            if (!seen.Add(artifact.Sha256))
            {
                continue;
            }

            var file = Path.Combine(folder, artifact.Sha256 + Ending(artifact.MediaType));
            try
            {
                await SaveAsync(artifact, file, cancellationToken);
            }
            catch (ArtifactLostException)
            {
                missing.Add(artifact);
                continue;
            }

            bytes += artifact.Length;
            if (artifact.MediaType == MediaTypes.Json)
            {
                foreach (Match match in Reference().Matches(await File.ReadAllTextAsync(file, cancellationToken)))
                {
                    open.Enqueue(ArtifactRef.Parse(match.Value));
                }
            }
        }

        if (request.ResultDir is { } results && Directory.Exists(results))
        {
            CopyFolder(results, Path.Combine(request.OutDir, "results"));
        }

        return new ExportReply(seen.Count - missing.Count, bytes, missing);
    }

    private static string Ending(string mediaType) => mediaType switch
    {
        MediaTypes.Json => ".json",
        MediaTypes.Markdown => ".md",
        MediaTypes.Text => ".txt",
        MediaTypes.Tar => ".tar",
        _ => ".bin",
    };

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }

        foreach (var folder in Directory.GetDirectories(from))
        {
            CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }

    private async Task SaveAsync(ArtifactRef artifact, string file, CancellationToken cancellationToken)
    {
        await using var content = await store.OpenAsync(artifact, cancellationToken);
        await using var target = new FileStream(file, FileMode.Create, FileAccess.Write);
        await content.CopyToAsync(target, cancellationToken);
    }

    [GeneratedRegex("(?<![0-9a-f])[0-9a-f]{64}:[0-9]+:[a-z]+/[a-z0-9.+-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Reference();
}
