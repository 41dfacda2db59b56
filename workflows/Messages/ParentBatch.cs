using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>The batch that a run belongs to and reports to. The run outlives any one run of the batch, so it is told by id.</summary>
/// <param name="Batch">Workflow id of the batch.</param>
/// <param name="Held">Why the batch holds the run from the start; null when it may run.</param>
/// <param name="Step">Having spent so much more the run says so, for the budget of the batch; null where that has none.</param>
public sealed record ParentBatch(string Batch, string? Held = null, SpendingLimit? Step = null);

/// <summary>Names of the signals between a batch and its runs.</summary>
public static class BatchSignals
{
    /// <summary>From a run that ends, with an <see cref="ItemReport"/>.</summary>
    public const string ItemEnded = "ItemEnded";

    /// <summary>From an open run, with <see cref="Messages.ItemNews"/>.</summary>
    public const string ItemNews = "ItemNews";

    /// <summary>From the batch to a run, with a <see cref="HoldRequest"/>.</summary>
    public const string Hold = "Hold";

    /// <summary>To a batch or an evaluation, without a value: as its <c>Resume</c>, for waits on the world only.</summary>
    public const string TryAgain = "TryAgain";
}

/// <summary>From a batch to its runs, by signal. A run that is told to try answers with its news, whatever comes of it.</summary>
/// <param name="Why">Why they wait, as their state; null when they may go on.</param>
/// <param name="Retry">What is waited for may be there again: try at once. A pause and a budget are left as they are.</param>
public sealed record HoldRequest(string? Why, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Retry = false);

/// <summary>From an open run to its batch, by signal: what it has used and what it waits for.</summary>
public sealed record ItemNews(string WorkflowId, string RunId, TokenUsage Usage, string? Waiting)
{
    /// <summary>What it waits for, so that runs with the same trouble are counted together: <c>model endpoint default</c>, <c>engine HOST</c>, <c>results</c>; null for a pause or a budget.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cause { get; init; }

    /// <summary>The neighbour's words and the remedy, for a person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Why { get; init; }
}
