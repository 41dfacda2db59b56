using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Common;

namespace Spark.Temporal.Starter.RunState;

/// <summary>A run as lists show it.</summary>
internal sealed record RunRow
{
    public required string Id { get; init; }

    public required string RunId { get; init; }

    /// <summary>Workflow type without its ending.</summary>
    public required string Type { get; init; }

    /// <summary>The server's word: running, completed, failed, canceled, terminated, timed_out, continued_as_new.</summary>
    public required string Status { get; init; }

    /// <summary>
    /// Our word: of an open run running, waiting with the reason, or paused; of a closed one done, cancelled, failed, terminated or timed
    /// out. A run that the server ended could not say so itself, so of a closed run it is the server's status that counts.
    /// </summary>
    public string? State { get; init; }

    public string? Outcome { get; init; }

    public string? Batch { get; init; }

    public string? Task { get; init; }

    public string? Model { get; init; }

    public string? Arm { get; init; }

    public long? Attempt { get; init; }

    public double? Reward { get; init; }

    public double? Pdi { get; init; }

    /// <summary>Cost so far in US dollars; null where a part of it is not known, and where nothing is recorded.</summary>
    public double? CostUsd { get; init; }

    /// <summary>True where the cost is not known, because a model has no price.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    public static RunRow Of(WorkflowExecution run)
    {
        var attributes = run.TypedSearchAttributes;
        return new RunRow
        {
            Id = run.Id,
            RunId = run.RunId,
            Type = run.WorkflowType.EndsWith("Workflow", StringComparison.Ordinal) ? run.WorkflowType[..^"Workflow".Length] : run.WorkflowType,
            Status = StatusName(run.Status.ToString()),
            State = Closed(run.Status) ?? Text(attributes, SearchAttributes.State),
            Outcome = Text(attributes, SearchAttributes.Outcome),
            Batch = Text(attributes, SearchAttributes.Batch),
            Task = Text(attributes, SearchAttributes.Task),
            Model = Text(attributes, SearchAttributes.Model),
            Arm = Text(attributes, SearchAttributes.Arm),
            Attempt = Number(attributes, SearchAttributes.Attempt),
            Reward = Number(attributes, SearchAttributes.Reward),
            Pdi = Number(attributes, SearchAttributes.Pdi),
            CostUsd = Number(attributes, SearchAttributes.CostUsd),

            // Every run of ours has a cost from its start, until it has one that nobody knows.
            Unpriced = attributes.ContainsKey(SearchAttributes.State) && !attributes.ContainsKey(SearchAttributes.CostUsd),
            StartedAt = run.StartTime,
            ClosedAt = run.CloseTime,
        };
    }

    /// <summary>The cost as far as it is recorded.</summary>
    public Cost Cost() => new(Unpriced ? null : CostUsd ?? 0, Unpriced);

    /// <summary>The cost in words; null where there is none to show: a run that has just begun has recorded none.</summary>
    public string? Spent() => Unpriced ? Money.Unknown : CostUsd is { } cost && !(IsOpen && cost == 0) ? PlainText.Usd(cost) : null;

    /// <summary>Whether it is not closed.</summary>
    [JsonIgnore]
    public bool IsOpen => ClosedAt is null;

    /// <summary>Whether it waits for something that is not a person.</summary>
    [JsonIgnore]
    public bool Waits => Status == "running" && State?.StartsWith(RunStates.WaitingPrefix, StringComparison.Ordinal) == true;

    /// <summary>Whether it is a batch or an evaluation: a run that consists of others.</summary>
    [JsonIgnore]
    public bool IsBatch => Type is "Batch" or "Evaluation";

    /// <summary>The state of an open run, or the status of a closed one: one word or sentence.</summary>
    public string Now() => Status == "completed" ? Status : State ?? Status;

    private static string? Closed(WorkflowExecutionStatus status) => status switch
    {
        WorkflowExecutionStatus.Completed => RunStates.Done,
        WorkflowExecutionStatus.Canceled => RunStates.Cancelled,
        WorkflowExecutionStatus.Failed => RunStates.Failed,
        WorkflowExecutionStatus.Terminated => RunStates.Terminated,
        WorkflowExecutionStatus.TimedOut => RunStates.TimedOut,
        _ => null,
    };

    private static string StatusName(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static string? Text(SearchAttributeCollection attributes, SearchAttributeKey<string> key) =>
        attributes.ContainsKey(key) ? attributes.Get(key) : null;

    private static T? Number<T>(SearchAttributeCollection attributes, SearchAttributeKey<T> key)
        where T : struct => attributes.ContainsKey(key) ? attributes.Get(key) : null;
}
