using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>From a run that ends to its batch, by signal.</summary>
public sealed record ItemReport
{
    public required string WorkflowId { get; init; }
    public required string RunId { get; init; }
    public required ItemState State { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>How it ended, in a line.</summary>
    public required string Words { get; init; }

    /// <summary>What it came to; null where it came to no result. Written under the name of its kind.</summary>
    [JsonIgnore]
    public IRunResult? Result { get; init; }

    public SkillGenerationResult? Skill { get => Result as SkillGenerationResult; init => Result = value ?? Result; }
    public ConstructionResult? Construction { get => Result as ConstructionResult; init => Result = value ?? Result; }
    public AttemptResult? Trial { get => Result as AttemptResult; init => Result = value ?? Result; }

    public static ItemReport Of(string workflowId, string runId, IRunResult result) => new()
    {
        WorkflowId = workflowId,
        RunId = runId,
        State = result.ItemState,
        Usage = result.Usage,
        Words = Line(result.Ending, result.Error),
        Result = result.Shortened(),
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

    private static string Line(string what, string? error) => error is null ? what : $"{what}: {PlainText.OneLine(error, 200)}";
}
