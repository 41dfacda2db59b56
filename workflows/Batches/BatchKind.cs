namespace Spark.Temporal.Workflows.Batches;

/// <summary>What the items of a batch are.</summary>
public enum BatchKind
{
    Skills,
    Constructions,
    Trials,
}
