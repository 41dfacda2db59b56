using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Domain.Statistics;

/// <summary>What an arm does to one task, against another arm.</summary>
/// <param name="Task">The task.</param>
/// <param name="Reward">Mean reward with the arm.</param>
/// <param name="AgainstReward">Mean reward with the arm it is compared with.</param>
/// <param name="Passes">More than half of its scored trials pass.</param>
/// <param name="AgainstPasses">The same of the other arm.</param>
public sealed record TaskPair(string Task, double Reward, double AgainstReward, bool Passes, bool AgainstPasses)
{
    /// <summary>Δr of the task: mean reward with the arm − without (arXiv 2605.09192; docs/architecture.md, "Evaluation").</summary>
    public double DeltaR => Reward - AgainstReward;
}

/// <summary>One arm against another, over the tasks on which both were scored.</summary>
public sealed record PairSums
{
    public required string Arm { get; init; }

    public required string Against { get; init; }

    public required IReadOnlyList<TaskPair> Tasks { get; init; }

    /// <summary>Mean Δr over tasks; null without a common task.</summary>
    public double? DeltaR { get; init; }

    /// <summary>By <see cref="Bootstrap.OfMean"/> at 95 %, clustered by task, −1 to 1; null with fewer than two tasks.</summary>
    public Interval? DeltaRInterval { get; init; }

    /// <summary>
    /// Mean Δr over the tasks that are left where only those trials of the arm count in which one of its skills was opened; null
    /// where that is not known, or no such task is left. Who opens a skill is not drawn by lot: it describes, and proves nothing.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DeltaROpened { get; init; }

    /// <summary>PG: the mean over tasks of pass rate with the arm − without, −1 to 1; null without a common task.</summary>
    public double? PassGain { get; init; }

    /// <summary>As <see cref="DeltaRInterval"/>.</summary>
    public Interval? PassGainInterval { get; init; }

    /// <summary>First is <see cref="Arm"/>, second <see cref="Against"/>; a task passes when more than half of its trials do.</summary>
    public required Agreement Agreement { get; init; }

    /// <summary>Tasks with a negative Δr, the worst first.</summary>
    public required IReadOnlyList<string> Harmed { get; init; }

    /// <summary>
    /// Extra US dollars a task for each hundredth of reward gained, the incremental cost-effectiveness ratio (Drummond and
    /// others, Methods for the Economic Evaluation of Health Care Programmes, 1987); negative where the arm gains and saves,
    /// null where it gains nothing or a cost is not known. What making the skill cost is not in it.
    /// </summary>
    public double? CostPerPointUsd { get; init; }

    /// <summary>Compares two arms.</summary>
    /// <param name="trials">Of any arms.</param>
    /// <param name="arm">The one that should help.</param>
    /// <param name="against">The one it is compared with.</param>
    /// <param name="seed">Of the drawings of the intervals.</param>
    /// <param name="resamples">How many drawings.</param>
    public static PairSums Of(IReadOnlyList<ITrialScore> trials, string arm, string against, ulong seed = 1, int resamples = Bootstrap.Resamples)
    {
        var tasks = trials.Where(trial => trial.IsScored()).GroupBy(trial => trial.Task, StringComparer.Ordinal)
            .Select(task => (task.Key, With: task.Where(trial => trial.Arm == arm).ToList(), Without: task.Where(trial => trial.Arm == against).ToList()))
            .Where(task => task.With.Count > 0 && task.Without.Count > 0)
            .OrderBy(task => task.Key, StringComparer.Ordinal)
            .ToList();
        TaskPair[] pairs = [.. tasks.Select(task => new TaskPair(
            task.Key, Mean(task.With, TrialScores.Score), Mean(task.Without, TrialScores.Score), Mean(task.With, Passed) > 0.5, Mean(task.Without, Passed) > 0.5))];
        double[] deltas = [.. pairs.Select(pair => pair.DeltaR)];
        double[] gains = [.. tasks.Select(task => Mean(task.With, Passed) - Mean(task.Without, Passed))];
        double? delta = pairs.Length == 0 ? null : Descriptive.Mean(deltas);
        double[] opened = [.. tasks.Select(task => (With: task.With.FindAll(trial => trial.SkillOpened == true), task.Without)).Where(task => task.With.Count > 0)
            .Select(task => Mean(task.With, TrialScores.Score) - Mean(task.Without, TrialScores.Score))];
        var blur = pairs.Length == 0 ? 0 : OneTrialEach(tasks.Average(task => task.With.Count), tasks.Average(task => task.Without.Count));
        var extra = tasks.Sum(task => Mean(task.With, Cost) - Mean(task.Without, Cost)) / Math.Max(1, tasks.Count);
        var known = tasks.SelectMany(task => task.With.Concat(task.Without)).All(trial => trial is { Unpriced: false, CostUsd: not null });
        return new PairSums
        {
            Arm = arm,
            Against = against,
            Tasks = pairs,
            DeltaR = delta,
            DeltaRInterval = Difference(Bootstrap.OfMean(deltas, blur, seed, resamples: resamples)),
            DeltaROpened = opened.Length == 0 ? null : Descriptive.Mean(opened),
            PassGain = pairs.Length == 0 ? null : Descriptive.Mean(gains),
            PassGainInterval = Difference(Bootstrap.OfMean(gains, blur, seed, resamples: resamples)),
            Agreement = Agreement.Of(pairs.Select(pair => (pair.Passes, pair.AgainstPasses))),
            Harmed = [.. pairs.Where(pair => pair.DeltaR < 0).OrderBy(pair => pair.DeltaR).Select(pair => pair.Task)],
            CostPerPointUsd = delta > 0 && known ? extra / (100 * delta) : null,
        };
    }

    /// <summary>How far a task's difference moves when one trial of each arm ends the other way: both steps, added as deviations are.</summary>
    private static double OneTrialEach(double with, double without) => Math.Sqrt((1 / with / with) + (1 / without / without));

    /// <summary>A difference of rewards, or of shares, lies between −1 and 1.</summary>
    private static Interval? Difference(Interval? interval) =>
        interval is { } wide ? new Interval(Math.Max(-1, wide.Low), Math.Min(1, wide.High)) : null;

    private static double Mean(List<ITrialScore> trials, Func<ITrialScore, double> value) => Descriptive.Mean([.. trials.Select(value)]);

    private static double Passed(ITrialScore trial) => trial.Outcome == Outcome.Pass ? 1 : 0;

    private static double Cost(ITrialScore trial) => trial.CostUsd ?? 0;
}
