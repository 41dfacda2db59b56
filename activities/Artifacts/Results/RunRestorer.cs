using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Reads the records of a run's attempts back into what the run knew.</summary>
internal sealed class RunRestorer(IArtifactStore store)
{
    /// <exception cref="ApplicationFailureException">The fork replaces a memo, but there is no memo.</exception>
    public async Task<RestoredRun> RestoreAsync(SkillFork fork, CancellationToken cancellationToken)
    {
        var records = new List<AttemptRecord>();
        foreach (var reference in fork.Records)
        {
            records.Add(await store.ReadJsonAsync<AttemptRecord>(reference, cancellationToken));
        }

        var references = fork.Records.ToList();
        var memo = records.FindLastIndex(record => record.Reflection is { Memo.Length: > 0 });
        if (fork.Memo is { } replaced)
        {
            memo = records.FindLastIndex(record => record.Reflection is not null);
            if (memo < 0)
            {
                throw new ApplicationFailureException(
                    $"No attempt of {fork.WorkflowId} up to {fork.Attempt} was reflected on, so it has no memo to replace. Fork from a later one.",
                    FailureTypes.InvalidInput,
                    nonRetryable: true);
            }

            records[memo] = records[memo] with { Reflection = records[memo].Reflection! with { Memo = replaced, MemoReplaced = true } };
            references[memo] = await store.PutJsonAsync(records[memo], cancellationToken);
        }

        var last = records.LastOrDefault(record => record.Scored is not null);
        var judgment = last?.Judgment is { } stored ? await store.ReadJsonAsync<Judgment>(stored, cancellationToken) : null;
        return new RestoredRun
        {
            Attempts = [.. records.Select(Line)],
            Records = references,
            Scored = records.Count(record => record.Scored is not null),
            Memo = memo < 0 ? "" : records[memo].Reflection!.Memo,
            MemoRecord = memo < 0 ? null : references[memo],
            Snapshots = [.. records.Select(record => record.Reflection?.Pdi).OfType<PdiSnapshot>()],
            Intervention = last?.Reflection?.Pdi?.Level ?? InterventionLevel.None,
            Usage = records.Aggregate(TokenUsage.None, (sum, record) => sum + record.Result.Usage + (record.Reflection?.Usage ?? TokenUsage.None)),
            OwnCalls = records.Count == 0 ? 0 : records.Max(record => record.OwnCalls),
            FailedTests = judgment is null ? null : TestSummary.FailedTests(judgment.TestSummary),
        };
    }

    private static AttemptProgress Line(AttemptRecord record) => new(
        record.Number,
        record.Outcome,
        record.Result.Reward,
        record.Result.TestsPassed,
        record.Result.TestsTotal,
        record.Reflection?.Pdi?.Rounded().WeightedPdi,
        record.Intervention,
        record.Result.Usage.KnownUsd,
        record.Result.Error is { } error ? PlainText.OneLine(error, 200) : null)
    {
        Unpriced = record.Result.Usage.Unpriced,
        Estimated = record.Result.Usage.Estimated,
    };
}
