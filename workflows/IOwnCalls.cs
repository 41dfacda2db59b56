using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Workflows;

/// <summary>What a run that asks models itself must be able to do.</summary>
internal interface IOwnCalls
{
    /// <summary>Name of the task, for the request's header.</summary>
    string Task { get; }

    /// <summary>Limits, the token budgets among them.</summary>
    AttemptLimits Limits { get; }

    /// <summary>Stands still while the run is paused or out of budget.</summary>
    Task CheckpointAsync();

    /// <summary>Number of the run's next own model call.</summary>
    int NextCall();

    void Count(LlmReply reply);

    /// <summary>Waits until somebody mended what is wrong and said <c>Resume</c>.</summary>
    Task WaitForPersonAsync(string what, string words);
}
