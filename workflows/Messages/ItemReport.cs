using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>From a run that ends to its batch, by signal.</summary>
public sealed record ItemReport
{
    /// <summary>Most characters of an error that travel; the run's own records have all.</summary>
    private const int ErrorCharacters = 1_000;

    public required string WorkflowId { get; init; }
    public required string RunId { get; init; }
    public required ItemState State { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>How it ended, in a line.</summary>
    public required string Words { get; init; }

    public SkillGenerationResult? Skill { get; init; }
    public ConstructionResult? Construction { get; init; }
    public AttemptResult? Trial { get; init; }

    public static ItemReport Of(string workflowId, string runId, SkillGenerationResult result) => new()
    {
        WorkflowId = workflowId,
        RunId = runId,
        State = result.Status switch
        {
            SkillRunStatus.Passed => ItemState.Passed,
            SkillRunStatus.Cancelled => ItemState.Cancelled,
            SkillRunStatus.Failed => ItemState.Infrastructure,
            _ => ItemState.Failed,
        },
        Usage = result.Usage,
        Words = Line($"{PlainText.Words(result.Status)} after {Count(result.Attempts, "attempt")}", result.Error),
        Skill = result with { Error = Cut(result.Error) },
    };

    public static ItemReport Of(string workflowId, string runId, ConstructionResult result) => new()
    {
        WorkflowId = workflowId,
        RunId = runId,
        State = result.Status switch
        {
            ConstructionStatus.Accepted => ItemState.Passed,
            ConstructionStatus.Cancelled => ItemState.Cancelled,
            ConstructionStatus.Failed => ItemState.Infrastructure,
            _ => ItemState.Failed,
        },
        Usage = result.Usage,
        Words = Line($"{PlainText.Words(result.Status)} after {Count(result.Rounds, "round")} of repair", result.Error),
        Construction = result with { Error = Cut(result.Error) },
    };

    public static ItemReport Of(string workflowId, string runId, AttemptResult result) => new()
    {
        WorkflowId = workflowId,
        RunId = runId,
        State = result.Outcome switch
        {
            Outcome.Pass => ItemState.Passed,
            Outcome.Infrastructure => ItemState.Infrastructure,
            _ => ItemState.Failed,
        },
        Usage = result.Usage,
        Words = Line($"{result.Outcome.ToString().ToLowerInvariant()}, reward {result.Reward?.ToString("0.###") ?? "none"}", result.Error),
        Trial = result with { Error = Cut(result.Error), Notes = [.. result.Notes.Take(10).Select(note => PlainText.OneLine(note, 300))] },
    };

    /// <summary>What a run that failed says of itself, else what the server says of it. The failure may be the one that carries it.</summary>
    public static ItemReport Of(string workflowId, string runId, Exception failure, TokenUsage? usage = null)
    {
        var cause = failure is ChildWorkflowFailureException or WorkflowFailedException && failure.InnerException is { } inner ? inner : failure;
        if (cause is ApplicationFailureException { ErrorType: FailureTypes.SkillRefused } refused && refused.Details.Count > 0)
        {
            return Of(workflowId, runId, refused.Details.ElementAt<SkillGenerationResult>(0));
        }

        var cancelled = TemporalException.IsCanceledException(failure) || cause is CanceledFailureException;
        return new ItemReport
        {
            WorkflowId = workflowId,
            RunId = runId,
            State = cancelled ? ItemState.Cancelled : ItemState.Infrastructure,
            Usage = usage ?? TokenUsage.None,
            Words = cancelled ? "cancelled" : Line("did not run to its end", cause.Message),
        };
    }

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private static string Line(string what, string? error) => error is null ? what : $"{what}: {PlainText.OneLine(error, 200)}";

    private static string? Cut(string? error) => error is { Length: > ErrorCharacters } ? error[..ErrorCharacters] + "…" : error;
}
