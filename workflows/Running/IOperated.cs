using Spark.Temporal.Domain.Budgets;

namespace Spark.Temporal.Workflows.Running;

/// <summary>What a person may change about anything that runs and spends: a single run or a batch of them.</summary>
internal interface IOperated
{
    void Pause();

    /// <summary>Goes on: after a pause, or when what it waits for is put right.</summary>
    void Resume();

    /// <summary>Why <c>Resume</c> would change nothing; null when it may.</summary>
    string? ResumeRefusal();

    /// <summary>Changes what may be spent; what the new limit leaves out stays as it is.</summary>
    void Raise(SpendingLimit limit);

    /// <summary>Why a new limit cannot be accepted; null when it can.</summary>
    string? RaiseRefusal(SpendingLimit limit);
}
