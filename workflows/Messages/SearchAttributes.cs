using Spark.Temporal.Domain.Conversations;
using Temporalio.Common;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>Typed search attributes; <c>temporal-dev.yaml</c> declares the same names to the server.</summary>
public static class SearchAttributes
{
    public static readonly SearchAttributeKey<string> Batch = SearchAttributeKey.CreateKeyword("SparkBatch");

    public static readonly SearchAttributeKey<string> Task = SearchAttributeKey.CreateKeyword("SparkTask");

    public static readonly SearchAttributeKey<string> Model = SearchAttributeKey.CreateKeyword("SparkModel");

    public static readonly SearchAttributeKey<string> Arm = SearchAttributeKey.CreateKeyword("SparkArm");

    /// <summary>Outcome of the last attempt.</summary>
    public static readonly SearchAttributeKey<string> Outcome = SearchAttributeKey.CreateKeyword("SparkOutcome");

    /// <summary>Running, waiting with the reason, or paused: readable with no worker up.</summary>
    public static readonly SearchAttributeKey<string> State = SearchAttributeKey.CreateKeyword("SparkState");

    /// <summary>Number of the attempt, from 1.</summary>
    public static readonly SearchAttributeKey<long> Attempt = SearchAttributeKey.CreateLong("SparkAttempt");

    public static readonly SearchAttributeKey<double> Reward = SearchAttributeKey.CreateDouble("SparkReward");

    public static readonly SearchAttributeKey<double> Pdi = SearchAttributeKey.CreateDouble("SparkPdi");

    /// <summary>Cost so far in US dollars; not set where a part of it is not known.</summary>
    public static readonly SearchAttributeKey<double> CostUsd = SearchAttributeKey.CreateDouble("SparkCostUsd");

    /// <summary>All of them.</summary>
    public static readonly IReadOnlyList<SearchAttributeKey> All = [Batch, Task, Model, Arm, Outcome, State, Attempt, Reward, Pdi, CostUsd];

    /// <summary>The cost so far. One that is known only in part would look like the whole: then there is none.</summary>
    public static SearchAttributeUpdate Cost(TokenUsage spent) => spent.Unpriced ? CostUsd.ValueUnset() : CostUsd.ValueSet(Math.Round(spent.CostUsd, 6));

    /// <summary>What a run has from its start.</summary>
    public static SearchAttributeCollection Started(string batch, string task, string model, string? arm = null, int? attempt = null)
    {
        var values = new SearchAttributeCollection.Builder().Set(Batch, batch).Set(Task, task).Set(Model, model).Set(State, RunStates.Running).Set(CostUsd, 0);
        if (arm is not null)
        {
            values.Set(Arm, arm);
        }

        if (attempt is { } number)
        {
            values.Set(Attempt, number);
        }

        return values.ToSearchAttributeCollection();
    }
}
