using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>Skills made with interventions against skills made without, for one student in one agent.</summary>
public sealed record InterventionRow
{
    /// <summary>Slug of the model that was tried.</summary>
    public required string Student { get; init; }

    public required string Agent { get; init; }

    /// <summary>Slug of the model that made the skills; null where the arms are folders that a user named.</summary>
    public string? Teacher { get; init; }

    /// <summary>Tasks scored with both skills.</summary>
    public required int Tasks { get; init; }

    /// <summary>Mean reward without a skill on those of the tasks that have one, 0 to 1; null where none has.</summary>
    public double? Baseline { get; init; }

    /// <summary>Mean reward with skills made without interventions, 0 to 1.</summary>
    public required double Without { get; init; }

    /// <summary>Mean reward with skills made with interventions, 0 to 1.</summary>
    public required double With { get; init; }

    /// <summary>Mean over tasks of with − without, −1 to 1.</summary>
    public required double Difference { get; init; }

    /// <summary>At 95 %, as <see cref="PairSums.DeltaRInterval"/>.</summary>
    public Interval? Interval { get; init; }

    /// <summary>Exact, two-sided, over tasks.</summary>
    public required double McNemarP { get; init; }

    /// <summary>Tasks with a lower mean reward with interventions than without.</summary>
    public required int Harmed { get; init; }
}

/// <summary>Without against with interventions, for several students at once (docs/architecture.md, "Tables of evaluations").</summary>
public static class InterventionTable
{
    /// <summary>One row for each student, agent and teacher with a task in common.</summary>
    /// <param name="pool">Trials of both sides.</param>
    /// <param name="with">Name of the evaluation whose generated skills were made with interventions, or of an arm.</param>
    /// <param name="without">The same of those made without.</param>
    public static IReadOnlyList<InterventionRow> Of(IReadOnlyList<PooledTrial> pool, string with, string without)
    {
        List<InterventionRow> rows = [];
        foreach (var student in TrialPool.Students(pool))
        {
            rows.AddRange(Side(student, with).Select(trial => trial.Teacher).Distinct().Order(StringComparer.Ordinal)
                .Select(teacher => Row(student, teacher, with, without)).OfType<InterventionRow>());
        }

        return rows;
    }

    private static IEnumerable<PooledTrial> Side(IEnumerable<PooledTrial> trials, string name) =>
        trials.Where(trial => trial.Arm.Name == name || (trial.Run == name && trial.Arm.Source == SkillSource.Generated));

    private static InterventionRow? Row(IGrouping<(string Student, string Agent), PooledTrial> student, string? teacher, string with, string without)
    {
        var pair = TrialPool.Compare(
            Side(student, with).Where(trial => trial.Teacher == teacher), Side(student, without).Where(trial => trial.Teacher == teacher));
        if (pair.Tasks.Count == 0)
        {
            return null;
        }

        var tasks = pair.Tasks.Select(task => task.Task).ToHashSet(StringComparer.Ordinal);
        return new InterventionRow
        {
            Student = student.Key.Student,
            Agent = student.Key.Agent,
            Teacher = teacher,
            Tasks = pair.Tasks.Count,
            Baseline = TrialPool.MeanReward(student.Where(trial => trial.Arm.Source == SkillSource.None && tasks.Contains(trial.Trial.Task))),
            Without = Descriptive.Mean([.. pair.Tasks.Select(task => task.AgainstReward)]),
            With = Descriptive.Mean([.. pair.Tasks.Select(task => task.Reward)]),
            Difference = pair.DeltaR!.Value,
            Interval = pair.DeltaRInterval,
            McNemarP = pair.Agreement.McNemarP,
            Harmed = pair.Harmed.Count,
        };
    }
}
