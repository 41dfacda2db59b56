using System.Text.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>
/// Results of earlier batches under a folder. Those that need not be made again are found by the digest of content and
/// settings: a skill or a task that still exists, a trial that was scored. Those that ran to their end without a pass count
/// for the batch itself only: for another one they are independent tries.
/// </summary>
internal sealed class EarlierResults
{
    private readonly Dictionary<string, ItemResult> _done = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Id, string Digest), ItemResult> _failed = [];

    /// <summary>A result of equal content and settings that need not be made again; null for none.</summary>
    public ItemResult? Done(BatchItem item) => item.Digest is { } digest ? _done.GetValueOrDefault(digest) : null;

    /// <summary>The result of an earlier run of this batch that ended without a pass; null for none.</summary>
    /// <param name="item">The item.</param>
    /// <param name="workflowId">Id of its run.</param>
    public ItemResult? Failed(BatchItem item, string workflowId) => item.Digest is { } digest ? _failed.GetValueOrDefault((workflowId, digest)) : null;

    /// <param name="folders">Folders with results of batches somewhere below, the later ones before the earlier; null for none.</param>
    /// <param name="own">Name of the batch.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ResultFormatException">A file is of a newer schema.</exception>
    public static async Task<EarlierResults> ReadAsync(IReadOnlyList<string?> folders, string own, CancellationToken cancellationToken)
    {
        var found = new EarlierResults();
        var roots = folders.OfType<string>().Where(Directory.Exists);
        foreach (var file in roots.SelectMany(root => Directory.EnumerateFiles(root, BatchResults.FileName, SearchOption.AllDirectories).Order(StringComparer.Ordinal)))
        {
            var batch = Path.GetFileName(Path.GetDirectoryName(file)!);
            var number = 0;
            await foreach (var line in File.ReadLinesAsync(file, cancellationToken))
            {
                if (Parse(file, ++number, line) is { Item.Digest: { } digest } result)
                {
                    found.Add(digest, result with { TakenOverFrom = result.TakenOverFrom ?? batch }, batch == own);
                }
            }
        }

        return found;
    }

    private void Add(string digest, ItemResult result, bool own)
    {
        if (IsDone(result))
        {
            _done[digest] = result;
        }
        else if (own && result.State == ItemState.Failed)
        {
            _failed[(result.WorkflowId, digest)] = result;
        }
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

    /// <summary>Whether it need not be made again.</summary>
    public static bool IsDone(ItemResult result) =>
        result.Trial is { } trial ? trial.Outcome.IsScored() && !trial.NoVerdict
        : result.State is ItemState.Passed or ItemState.TakenOver
            && (result.Skill is { } skill ? File.Exists(skill.SkillPath) : result.Construction is { } task && Directory.Exists(task.TaskDir));
}
