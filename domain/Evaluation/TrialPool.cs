using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>A trial with what its summary says of it.</summary>
/// <param name="Student">Slug of the model that was tried.</param>
/// <param name="Agent">The agent that it worked in.</param>
/// <param name="Run">Name of the evaluation.</param>
/// <param name="Arm">The arm as the evaluation had it.</param>
/// <param name="Teacher">Slug of the model that made the skills; null where the arm's skills are not generated.</param>
/// <param name="Trial">The trial.</param>
public sealed record PooledTrial(string Student, string Agent, string Run, EvaluationArm Arm, string? Teacher, EvaluationTrial Trial);

/// <summary>Trials of any number of evaluations, for tables over all of them (docs/architecture.md, "Tables of evaluations").</summary>
public static class TrialPool
{
    /// <summary>Seed of the intervals of every table, so that the order of the summaries changes nothing.</summary>
    private const ulong Seed = 1;

    /// <summary>Every trial of an arm that its summary names.</summary>
    public static IReadOnlyList<PooledTrial> Of(IEnumerable<EvaluationSummary> summaries) =>
    [
        .. from summary in summaries
           from arm in summary.Arms
           from trial in summary.Trials
           where trial.Arm == arm.Name
           let student = trial.Model
           let teacher = arm.Source == SkillSource.Generated ? arm.SkillSourceModel ?? student : null
           select new PooledTrial(student, summary.Agent, summary.Run, arm, teacher, trial),
    ];

    /// <summary>The trials of each student and agent, in order of their names.</summary>
    internal static IEnumerable<IGrouping<(string Student, string Agent), PooledTrial>> Students(IEnumerable<PooledTrial> pool) =>
        pool.GroupBy(trial => (trial.Student, trial.Agent))
            .OrderBy(group => group.Key.Student, StringComparer.Ordinal).ThenBy(group => group.Key.Agent, StringComparer.Ordinal);

    /// <summary>One set of trials against another, over the tasks that both scored.</summary>
    internal static PairSums Compare(IEnumerable<PooledTrial> with, IEnumerable<PooledTrial> without) =>
        PairSums.Of([.. Named(with, "with"), .. Named(without, "without")], "with", "without", Seed);

    /// <summary>The mean over tasks of the mean over a task's trials, 0 to 1; null where nothing was scored.</summary>
    internal static double? MeanReward(IEnumerable<PooledTrial> trials) => ArmSums.Of("all", Named(trials, "all")).MeanReward;

    private static IEnumerable<EvaluationTrial> Named(IEnumerable<PooledTrial> trials, string arm) => trials.Select(trial => trial.Trial with { Arm = arm });
}
