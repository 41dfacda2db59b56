namespace Spark.Temporal.Workflows.Messages;

/// <summary>What the items of a batch are.</summary>
public enum BatchKind
{
    Skills,
    Constructions,
    Trials,
}
