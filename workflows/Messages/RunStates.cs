namespace Spark.Temporal.Workflows.Messages;

/// <summary>What runs declare in <c>SparkState</c>. A run that waits for a person says <c>waiting: </c> and for what.</summary>
public static class RunStates
{
    /// <summary>A batch that still lists its items.</summary>
    public const string Planning = "planning";

    public const string Running = "running";

    public const string Paused = "paused";

    /// <summary>What all states of waiting begin with.</summary>
    public const string WaitingPrefix = "waiting";

    /// <summary>Out of budget: <c>RaiseBudget</c> goes on.</summary>
    public const string Budget = "waiting: budget";

    /// <summary>A model endpoint refuses for good or stays away.</summary>
    public const string ModelEndpoint = "waiting: model endpoint";

    /// <summary>A container engine does not answer.</summary>
    public const string Engine = "waiting: engine";

    /// <summary>Records, store or output cannot be written or read.</summary>
    public const string Results = "waiting: results";

    /// <summary>Too little room on a disk.</summary>
    public const string Disk = "waiting: disk";

    /// <summary>One run after the other failed through no fault of its own: <c>Resume</c> goes on, when it is fixed.</summary>
    public const string Infrastructure = "waiting: infrastructure";

    public const string Done = "done";

    public const string Cancelled = "cancelled";

    /// <summary>It ended by an error of its own.</summary>
    public const string Failed = "failed";

    /// <summary>Ended by the server; the run itself cannot declare it, so lists say it from the run's status.</summary>
    public const string Terminated = "terminated";

    /// <summary>Ended by the server at a limit of time; said by lists as <see cref="Terminated"/> is.</summary>
    public const string TimedOut = "timed out";
}
