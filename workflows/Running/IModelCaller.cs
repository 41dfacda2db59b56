using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Running;

/// <summary>What a run that asks models itself must be able to do.</summary>
internal interface IModelCaller
{
    /// <summary>Name of the task, for the request's header.</summary>
    string Task { get; }

    /// <summary>Limits, the token budgets among them.</summary>
    AttemptLimits Limits { get; }

    /// <summary>Pause, budget, and waiting for a person.</summary>
    RunControl Control { get; }

    /// <summary>How the run waits out what only the world can put right.</summary>
    Outages Outages { get; }

    /// <summary>First run id under which the replies of its own calls are kept.</summary>
    string RepliesRun { get; }

    /// <summary>Number of the run's next own model call.</summary>
    int NextCall();

    void Count(LlmReply reply);
}
