using Spark.Temporal.Workflows.TaskConstruction;

namespace Spark.Temporal.Workflows.Batches;

/// <param name="Batch">Slug of the batch.</param>
/// <param name="Items">What to make, in the order in which it starts; names differ.</param>
/// <param name="Parallelism">Constructions open at once.</param>
public sealed record ConstructionBatchInput(string Batch, IReadOnlyList<ConstructionInput> Items, int Parallelism);

/// <param name="Batch">Slug of the batch.</param>
/// <param name="Results">How each ended, in the order of the items.</param>
public sealed record ConstructionBatchResult(string Batch, IReadOnlyList<ConstructionResult> Results);

/// <summary>Answer of a batch's <c>GetProgress</c>.</summary>
/// <param name="Total">Items in all.</param>
/// <param name="Started">Items started, the ended ones included.</param>
/// <param name="Results">What ended so far.</param>
public sealed record ConstructionBatchProgress(int Total, int Started, IReadOnlyList<ConstructionResult> Results);
