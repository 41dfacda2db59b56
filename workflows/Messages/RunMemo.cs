namespace Spark.Temporal.Workflows.Messages;

/// <summary>Names of what runs have in their memo, which the server gives out with their descriptions.</summary>
public static class RunMemo
{
    /// <summary>Digest of an item's content and settings (<see cref="BatchItem.Digest"/>): the run of another digest is another thing.</summary>
    public const string Digest = "spark_digest";

    /// <summary>Id of the run that it goes on from.</summary>
    public const string ForkedFrom = "forked_from";

    /// <summary>Number of the last attempt that both share.</summary>
    public const string ForkedFromAttempt = "forked_from_attempt";
}
