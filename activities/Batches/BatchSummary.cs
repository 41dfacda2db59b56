using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Batches;

/// <summary>Sums up a batch. Infrastructure failures are listed apart and are no score.</summary>
internal static class BatchSummary
{
    /// <param name="request">The batch.</param>
    /// <param name="all">Its results, those of second tries included, in the order in which they came.</param>
    /// <param name="leftOut">Tasks that could not run.</param>
    public static BatchSummaryFile Of(SummarizeRequest request, IReadOnlyList<ItemResult> all, IReadOnlyList<LeftOutTasks> leftOut)
    {
        // A second try of an item takes the place of its first, but both were paid for.
        var results = all.GroupBy(result => result.Item.Number).Select(tries => tries.Last()).OrderBy(result => result.Item.Number).ToList();
        var passed = results.Count(Passed);
        var scored = passed + results.Count(Failed);
        var usage = all.Select(Usage).ToList();
        var cost = Money.Sum(all.Where(result => result.TakenOverFrom is null));
        return new BatchSummaryFile
        {
            Batch = request.Batch,
            Kind = Words(request.Work),
            StartedAt = request.StartedAt,
            FinishedAt = request.FinishedAt,
            Cancelled = request.Cancelled ? true : null,
            Total = request.Counts.Total,
            NotRun = request.Counts.ToCome,
            Scored = scored,
            Passed = passed,
            PassRate = scored == 0 ? null : Math.Round((double)passed / scored, 4),
            TakenOver = [.. results.Where(result => result is { State: ItemState.TakenOver, TakenOverFrom: not null }).Select(result => new TakenOverEntry { Task = result.Item.Name, From = result.TakenOverFrom! })],
            NotScored = [.. results.Where(result => result.State is ItemState.Infrastructure or ItemState.Cancelled)
                .Select(result => new NotScoredEntry { Task = result.Item.Name, Outcome = Words(result.State), Error = Error(result) })],
            LeftOut = leftOut.Count > 0 ? leftOut : null,
            CostUsd = cost.CostUsd,
            Unpriced = cost.Unpriced,
            Estimated = cost.Estimated,
            PromptTokens = usage.Sum(used => used.Tokens.PromptTokens),
            CompletionTokens = usage.Sum(used => used.Tokens.CompletionTokens),
            ModelCalls = usage.Sum(used => used.Calls),
            ResentInFlight = usage.Sum(used => used.Resent),
            Results = [.. results.Select(result => JsonSerializer.SerializeToElement((object?)result.Result, SparkJson.Options))],
        };
    }

    private static string Words(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static bool Passed(ItemResult result) =>
        result.State is ItemState.Passed || (result.State is ItemState.TakenOver && !Failed(result));

    /// <summary>Among results taken over, only trials may have failed.</summary>
    private static bool Failed(ItemResult result) =>
        result.State is ItemState.Failed || (result.State is ItemState.TakenOver && result.Trial is { Outcome: not Outcome.Pass });

    private static string? Error(ItemResult result) => result.Result?.Error;

    private static (TokenUsage Tokens, int Calls, int Resent) Usage(ItemResult result) =>
        result.TakenOverFrom is not null ? (TokenUsage.None, 0, 0)
        : result.Result is { } run ? (run.Usage, run.ModelCalls, run.ResentInFlight)
        : (TokenUsage.None, 0, 0);
}
