using System.Text.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>
/// Results of earlier batches under a folder, found by the digest of content and settings. Only results that need not be made
/// again count: a skill or a task that still exists, a trial that was scored.
/// </summary>
internal static class EarlierResults
{
    /// <param name="folders">Folders with results of batches somewhere below, the later ones before the earlier; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ResultFormatException">A file is of a newer schema.</exception>
    public static async Task<IReadOnlyDictionary<string, ItemResult>> ReadAsync(IReadOnlyList<string?> folders, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ItemResult>(StringComparer.Ordinal);
        var roots = folders.OfType<string>().Where(Directory.Exists);
        foreach (var file in roots.SelectMany(root => Directory.EnumerateFiles(root, BatchResults.FileName, SearchOption.AllDirectories).Order(StringComparer.Ordinal)))
        {
            var batch = Path.GetFileName(Path.GetDirectoryName(file)!);
            var number = 0;
            await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
            {
                if (Parse(file, ++number, line) is { Item.Digest: { } digest } result && IsDone(result))
                {
                    found[digest] = result with { TakenOverFrom = result.TakenOverFrom ?? batch };
                }
            }
        }

        return found;
    }

    /// <summary>An incomplete line belongs to a batch that is writing it just now.</summary>
    private static ItemResult? Parse(string file, int number, string line)
    {
        try
        {
            return ResultJson.As<ItemResult>(BatchResultLine.Read(file, number, line));
        }
        catch (Exception damaged) when (damaged is JsonException or ResultFormatException { IsNewer: false })
        {
            return null;
        }
    }

    private static bool IsDone(ItemResult result) =>
        result.Trial is { } trial ? trial.Outcome.IsScored()
        : result.State is ItemState.Passed or ItemState.TakenOver
            && (result.Skill is { } skill ? File.Exists(skill.SkillPath) : result.Construction is { } task && Directory.Exists(task.TaskDir));
}
