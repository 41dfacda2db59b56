using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>One source of skills with one student in one agent.</summary>
/// <param name="Kind">What the source is; <see cref="SkillSource.None"/> is the baseline.</param>
/// <param name="Source">Slug of the model that made the skills; else the arm's name.</param>
/// <param name="Student">Slug of the model that was tried.</param>
/// <param name="Agent">The agent that it worked in.</param>
/// <param name="Tasks">Tasks scored.</param>
/// <param name="Reward">Mean reward over them, 0 to 1.</param>
/// <param name="DeltaR">Mean Δr against the student's baseline on common tasks, −1 to 1; null for the baseline, and where there is none.</param>
/// <param name="DeltaRInterval">At 95 %, as <see cref="PairSums.DeltaRInterval"/>.</param>
public sealed record TransferMatrixCell(
    SkillSource Kind, string Source, string Student, string Agent, int Tasks, double Reward, double? DeltaR, Interval? DeltaRInterval);

/// <summary>
/// Source of the skill × student, from any number of evaluations: whether skills help models other than the one that made
/// them (docs/architecture.md, "Tables of evaluations").
/// </summary>
public static class TransferMatrix
{
    /// <summary>One cell for each source that a student scored with: the baseline first, then models, then people and folders.</summary>
    public static IReadOnlyList<TransferMatrixCell> Of(IEnumerable<PooledTrial> pool) =>
    [
        .. from student in TrialPool.Students(pool)
           let baseline = student.Where(trial => trial.Arm.Source == SkillSource.None).ToList()
           from source in student.GroupBy(trial => (trial.Arm.Source, Name: trial.Teacher ?? trial.Arm.Name))
           where source.Any(trial => trial.Trial.IsScored())
           orderby source.Key.Source, source.Key.Name, student.Key.Student, student.Key.Agent
           select Cell(student.Key, source.Key, [.. source], baseline),
    ];

    private static TransferMatrixCell Cell(
        (string Student, string Agent) student, (SkillSource Kind, string Name) source, List<PooledTrial> trials, List<PooledTrial> baseline)
    {
        var gain = source.Kind == SkillSource.None ? null : TrialPool.Compare(trials, baseline);
        return new TransferMatrixCell(
            source.Kind, source.Name, student.Student, student.Agent,
            trials.Where(trial => trial.Trial.IsScored()).Select(trial => trial.Trial.Task).Distinct(StringComparer.Ordinal).Count(),
            TrialPool.MeanReward(trials)!.Value, gain?.DeltaR, gain?.DeltaRInterval);
    }
}
