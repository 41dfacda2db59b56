using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>A run's place in a batch: whom it reports to. The run outlives any one run of the batch, so it is told by id.</summary>
/// <param name="Batch">Workflow id of the batch.</param>
/// <param name="Held">Why the batch holds it from the start; null when it may run.</param>
/// <param name="Step">Having spent so much more it says so, for the budget of the batch; null where that has none.</param>
public sealed record BatchSeat(string Batch, string? Held = null, SpendingLimit? Step = null);

/// <summary>From a batch to its runs, by signal.</summary>
/// <param name="Why">Why they stand still, as their state; null when they may go on.</param>
public sealed record HoldRequest(string? Why);

/// <summary>From an open run to its batch, by signal: what it has used and what it waits for.</summary>
public sealed record ItemNews(string WorkflowId, string RunId, TokenUsage Usage, string? Waiting);
