namespace Spark.Temporal.Workflows.Messages;

/// <summary>What runs declare in <c>SparkState</c>. A run that waits for a person says <c>waiting: </c> and for what.</summary>
public static class RunStates
{
    /// <summary>A batch that still lists its items.</summary>
    public const string Planning = "planning";

    public const string Running = "running";

    public const string Paused = "paused";

    /// <summary>Out of budget: <c>RaiseBudget</c> goes on.</summary>
    public const string Budget = "waiting: budget";

    /// <summary>One run after the other failed through no fault of its own: <c>Resume</c> goes on, when it is fixed.</summary>
    public const string Infrastructure = "waiting: infrastructure";

    public const string Done = "done";

    public const string Cancelled = "cancelled";
}
