using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Statistics;

/// <summary>One arm of an evaluation, summed over its scored trials.</summary>
public sealed record ArmSums : ICosted
{
    public required string Arm { get; init; }

    /// <summary>Tasks with at least one scored trial.</summary>
    public required int Tasks { get; init; }

    public required int Scored { get; init; }

    /// <summary>Trials left out because something was missing, such as the skill.</summary>
    public required int Skipped { get; init; }

    /// <summary>Trials left out because the infrastructure failed.</summary>
    public required int Infrastructure { get; init; }

    /// <summary>Trials left out because their verifier ran out of time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NoVerdict { get; init; }

    public required int Passed { get; init; }

    /// <summary>Scored trials in which it is known whether a skill of the arm was opened; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SkillsKnown { get; init; }

    /// <summary>Those among them in which one was; null where it is known of none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? SkillsOpened { get; init; }

    /// <summary>Passed / scored; null where nothing was scored.</summary>
    public double? PassRate { get; init; }

    /// <summary>By <see cref="Wilson.OfTasks"/>.</summary>
    public required Interval PassRateInterval { get; init; }

    /// <summary>The mean over tasks of the mean over a task's repeats; null where nothing was scored.</summary>
    public double? MeanReward { get; init; }

    /// <summary>Of all trials, those left out included: they were paid for too.</summary>
    public required long Tokens { get; init; }

    /// <summary>Of all trials, in US dollars.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required double? CostUsd { get; init; }

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>Cost of all trials by tasks scored; null where nothing was scored, or where a part of it is not known.</summary>
    public double? CostPerTaskUsd { get; init; }

    /// <summary>Median duration of the scored trials; null where nothing was scored.</summary>
    public double? MedianDurationMs { get; init; }

    /// <summary>Sums the trials of one arm.</summary>
    public static ArmSums Of(string arm, IEnumerable<ITrialScore> trials)
    {
        var all = trials.Where(trial => trial.Arm == arm).ToList();
        var scored = all.Where(trial => trial.IsScored()).ToList();
        var tasks = scored.GroupBy(trial => trial.Task, StringComparer.Ordinal).OrderBy(task => task.Key, StringComparer.Ordinal).ToList();
        var passed = scored.Count(trial => trial.Outcome == Outcome.Pass);
        var any = scored.Count > 0;
        var cost = Money.Sum(all);
        return new ArmSums
        {
            Arm = arm,
            Tasks = tasks.Count,
            Scored = scored.Count,
            Skipped = all.Count(trial => trial.Outcome == Outcome.Skipped),
            Infrastructure = all.Count(trial => trial.Outcome == Outcome.Infrastructure),
            NoVerdict = all.Count(trial => trial.Outcome.IsScored() && trial.NoVerdict),
            Passed = passed,
            SkillsKnown = scored.Count(trial => trial.SkillOpened is not null) is > 0 and var known ? known : null,
            SkillsOpened = scored.Exists(trial => trial.SkillOpened is not null) ? scored.Count(trial => trial.SkillOpened == true) : null,
            PassRate = any ? (double)passed / scored.Count : null,
            PassRateInterval = Wilson.OfTasks([.. tasks.Select(task => (task.Count(trial => trial.Outcome == Outcome.Pass), task.Count()))]),
            MeanReward = any ? Descriptive.Mean([.. tasks.Select(task => Descriptive.Mean([.. task.Select(trial => trial.Score())]))]) : null,
            Tokens = all.Sum(trial => trial.Tokens),
            CostUsd = cost.CostUsd,
            Unpriced = cost.Unpriced,
            Estimated = cost.Estimated,
            CostPerTaskUsd = any && !cost.Unpriced ? cost.CostUsd / tasks.Count : null,
            MedianDurationMs = any ? Descriptive.Median(scored.Select(trial => (double)trial.DurationMs)) : null,
        };
    }
}
