using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>What skills do for one student in one agent.</summary>
public sealed record StudentRow
{
    /// <summary>Slug of the model that was tried.</summary>
    public required string Student { get; init; }

    public required string Agent { get; init; }

    /// <summary>Slug of the model that made the generated skills; null where none were tried.</summary>
    public string? Teacher { get; init; }

    /// <summary>Tasks that count in baseline, generated and Δr: scored in both arms, or in the one there is.</summary>
    public required int Tasks { get; init; }

    /// <summary>Mean reward without a skill, 0 to 1; null where it was not tried.</summary>
    public double? Baseline { get; init; }

    /// <summary>Mean reward with the generated skill, 0 to 1; null where it was not tried.</summary>
    public double? Generated { get; init; }

    /// <summary>Mean Δr over common tasks, generated − baseline, −1 to 1.</summary>
    public double? DeltaR { get; init; }

    /// <summary>At 95 %, as <see cref="PairSums.DeltaRInterval"/>.</summary>
    public Interval? DeltaRInterval { get; init; }

    /// <summary>Tasks that count in human and the gap: scored with both kinds of skills, or with people's alone where no others were tried.</summary>
    public required int HumanTasks { get; init; }

    /// <summary>Mean reward with people's skills, 0 to 1; null where they were not tried.</summary>
    public double? Human { get; init; }

    /// <summary>Mean over common tasks of generated − human, −1 to 1; negative where people's skills are better.</summary>
    public double? GapToHuman { get; init; }
}

/// <summary>Students × (baseline, generated, human, Δr), from any number of evaluations (docs/architecture.md, "Tables of evaluations").</summary>
public static class StudentTable
{
    /// <summary>One row for each student, agent and teacher; one for a student without generated skills.</summary>
    public static IReadOnlyList<StudentRow> Of(IEnumerable<PooledTrial> pool)
    {
        List<StudentRow> rows = [];
        foreach (var student in TrialPool.Students(pool))
        {
            List<PooledTrial> baseline = [.. student.Where(trial => trial.Arm.Source == SkillSource.None)];
            List<PooledTrial> human = [.. student.Where(trial => trial.Arm.Source == SkillSource.Human)];
            var teachers = student.Where(trial => trial.Teacher is not null).GroupBy(trial => trial.Teacher!, StringComparer.Ordinal)
                .OrderBy(teacher => teacher.Key, StringComparer.Ordinal).ToList();
            rows.AddRange(teachers.Select(teacher => Row(student.Key, teacher.Key, baseline, [.. teacher], human)));
            if (teachers.Count == 0 && baseline.Count + human.Count > 0)
            {
                rows.Add(Row(student.Key, null, baseline, [], human));
            }
        }

        return rows;
    }

    private static StudentRow Row(
        (string Student, string Agent) student, string? teacher, List<PooledTrial> baseline, List<PooledTrial> generated, List<PooledTrial> human)
    {
        PairSums gain = TrialPool.Compare(generated, baseline), gap = TrialPool.Compare(generated, human);
        var paired = gain.Tasks.Count > 0;
        return new StudentRow
        {
            Student = student.Student,
            Agent = student.Agent,
            Teacher = teacher,
            Tasks = paired ? gain.Tasks.Count : Scored(generated.Count > 0 ? generated : baseline),
            Baseline = paired ? Mean(gain.Tasks, task => task.AgainstReward) : TrialPool.MeanReward(baseline),
            Generated = paired ? Mean(gain.Tasks, task => task.Reward) : TrialPool.MeanReward(generated),
            DeltaR = gain.DeltaR,
            DeltaRInterval = gain.DeltaRInterval,
            HumanTasks = gap.Tasks.Count > 0 ? gap.Tasks.Count : Scored(human),
            Human = gap.Tasks.Count > 0 ? Mean(gap.Tasks, task => task.AgainstReward) : TrialPool.MeanReward(human),
            GapToHuman = gap.DeltaR,
        };
    }

    private static int Scored(IEnumerable<PooledTrial> trials) =>
        trials.Where(trial => trial.Trial.IsScored()).Select(trial => trial.Trial.Task).Distinct(StringComparer.Ordinal).Count();

    private static double Mean(IReadOnlyList<TaskPair> tasks, Func<TaskPair, double> reward) => Descriptive.Mean([.. tasks.Select(reward)]);
}
