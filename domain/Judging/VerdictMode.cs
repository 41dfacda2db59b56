namespace Spark.Temporal.Domain.Judging;

/// <summary>Where a trial is verified.</summary>
public enum VerdictMode
{
    /// <summary>In the agent's container, as Harbor does.</summary>
    Shared,

    /// <summary>In a new container of the task's image, with the agent's changes outside system folders and none of its processes.</summary>
    Clean,

    /// <summary>Clean, and shared after it to compare; the clean one counts.</summary>
    Both,

    /// <summary>In a container of the verifier's own, with the declared artifacts, as the task asks.</summary>
    Separate,
}
