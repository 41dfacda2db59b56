namespace Spark.Temporal.Domain.Tasks;

/// <summary>Rewards of a multi-step task, by Harbor's rules.</summary>
public static class StepRewards
{
    /// <summary>Whether the steps after one begin.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rewards">Its rewards by key; null where it has no verdict.</param>
    /// <param name="reward">Its reward, which counts where a least one is asked for under <c>reward</c> and the file has no such key.</param>
    /// <returns>Why they do not, in words; null where they do.</returns>
    public static string? Stop(TaskStep step, IReadOnlyDictionary<string, double>? rewards, double? reward)
    {
        if (rewards is null || reward is null)
        {
            return $"step '{step.Name}' has no reward";
        }

        foreach (var (key, least) in step.MinReward)
        {
            var got = rewards.TryGetValue(key, out var found) ? found : key == "reward" ? reward : null;
            if (got is null || got < least)
            {
                return FormattableString.Invariant($"step '{step.Name}' has {key} {(got is { } number ? number.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture) : "none")}, less than its min_reward {least:0.###}");
            }
        }

        return null;
    }

    /// <summary>One reward of those of the steps: their mean by key over the steps that have a verdict (a missing key counts as 0), or the last one.</summary>
    /// <param name="strategy">Which of the two.</param>
    /// <param name="steps">Rewards by key of the steps that have a verdict, in order.</param>
    public static IReadOnlyDictionary<string, double> Whole(StepsReward strategy, IReadOnlyList<IReadOnlyDictionary<string, double>> steps)
    {
        if (steps.Count == 0 || strategy == StepsReward.Final)
        {
            return steps.Count == 0 ? new Dictionary<string, double>() : steps[^1];
        }

        return steps.SelectMany(step => step.Keys).Distinct().ToDictionary(key => key, key => steps.Sum(step => step.GetValueOrDefault(key)) / steps.Count);
    }
}
