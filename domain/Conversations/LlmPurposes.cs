namespace Spark.Temporal.Domain.Conversations;

/// <summary>Why a model is called; sent as the header <c>X-Spark-Purpose</c>.</summary>
public static class LlmPurposes
{
    public const string Agent = "agent";
    public const string Reflect = "reflect";
    public const string Distill = "distill";
    public const string Retrieve = "retrieve";
    public const string Blueprint = "blueprint";
    public const string Critique = "critique";
    public const string Repair = "repair";

    /// <summary>A short request that only finds out whether the endpoint answers; no run is paid by it.</summary>
    public const string Probe = "probe";
}
