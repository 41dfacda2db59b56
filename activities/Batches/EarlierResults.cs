using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>
/// What batches before have done under a folder, found by the digest of content and settings. Only what need not be done
/// again counts: a skill or a task that is still there, a trial that was scored.
/// </summary>
internal static class EarlierResults
{
    /// <param name="folders">Folders with results of batches somewhere below, the later ones before the earlier; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyDictionary<string, ItemResult>> ReadAsync(IReadOnlyList<string?> folders, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, ItemResult>(StringComparer.Ordinal);
        var roots = folders.OfType<string>().Where(Directory.Exists);
        foreach (var file in roots.SelectMany(root => Directory.EnumerateFiles(root, BatchResults.FileName, SearchOption.AllDirectories).Order(StringComparer.Ordinal)))
        {
            var batch = Path.GetFileName(Path.GetDirectoryName(file)!);
            await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
            {
                if (Parse(line) is { Item.Digest: { } digest } result && IsDone(result))
                {
                    found[digest] = result with { TakenOverFrom = result.TakenOverFrom ?? batch };
                }
            }
        }

        return found;
    }

    /// <summary>A line that is not whole is of a batch that is writing it just now.</summary>
    private static ItemResult? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<ItemResult>(line, SparkJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsDone(ItemResult result) =>
        result.Trial is { } trial ? trial.Outcome.IsScored()
        : result.State is ItemState.Passed or ItemState.TakenOver
            && (result.Skill is { } skill ? File.Exists(skill.SkillPath) : result.Construction is { } task && Directory.Exists(task.TaskDir));
}
