using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Pictures;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Starter.Eval.Tables;

/// <summary>The tables that summaries alone give (docs/architecture.md, "Tables of evaluations").</summary>
internal static class EvalTables
{
    private static readonly Interval Rewards = new(0, 1);

    public static EvalTable Students(IReadOnlyList<PooledTrial> pool)
    {
        var rows = StudentTable.Of(pool);
        return new EvalTable(
            "students", "Mean reward of each student without a skill, with a generated one, with people's",
            [
                new("student", "student"), new("agent", "agent"), new("skills by", "teacher"), new("tasks", "tasks"),
                new("baseline", "baseline", TableColumn.Reward), new("generated", "generated", TableColumn.Reward), new("Δr", "delta_r", TableColumn.Difference),
                .. Ends(), new("tasks with human", "human_tasks"), new("human", "human", TableColumn.Reward), new("generated - human", "gap_to_human", TableColumn.Difference),
            ],
            [.. rows.Select(row => (object?[])
            [
                row.Student, row.Agent, row.Teacher, row.Tasks, row.Baseline, row.Generated, row.DeltaR, row.DeltaRInterval?.Low, row.DeltaRInterval?.High,
                row.HumanTasks, row.Human, row.GapToHuman,
            ])],
            ["Baseline, generated and Δr are over the tasks that both arms scored; human and the gap over those that both kinds of skills scored."],
            [.. rows],
            () => SvgRows.Draw(
                "Mean reward of each student",
                [.. rows.Select(row => Label(row.Student, row.Agent, row.Teacher))],
                [
                    new("baseline", [.. rows.Select(row => row.Baseline)]),
                    new("generated", [.. rows.Select(row => row.Generated)]),
                    new("human", [.. rows.Select(row => row.Human)]),
                ],
                Rewards));
    }

    /// <param name="pool">Trials of both sides.</param>
    /// <param name="with">As in <see cref="InterventionTable.Of"/>.</param>
    /// <param name="without">As in <see cref="InterventionTable.Of"/>.</param>
    public static EvalTable Interventions(IReadOnlyList<PooledTrial> pool, string with, string without)
    {
        var rows = InterventionTable.Of(pool, with, without);
        string[] alone = [.. pool.Select(trial => trial.Student).Distinct().Except(rows.Select(row => row.Student)).Order(StringComparer.Ordinal)];
        return new EvalTable(
            "interventions", $"Skills made without ({without}) against with ({with}) interventions",
            [
                new("student", "student"), new("agent", "agent"), new("skills by", "teacher"), new("tasks", "tasks"),
                new("baseline", "baseline", TableColumn.Reward), new("without", "without", TableColumn.Reward), new("with", "with", TableColumn.Reward),
                new("with - without", "difference", TableColumn.Difference), .. Ends("interval"), new("McNemar p", "mc_nemar_p", TableColumn.Reward), new("worse tasks", "harmed"),
            ],
            [.. rows.Select(row => (object?[])
            [
                row.Student, row.Agent, row.Teacher, row.Tasks, row.Baseline, row.Without, row.With, row.Difference, row.Interval?.Low, row.Interval?.High,
                row.McNemarP, row.Harmed,
            ])],
            [
                "Over the tasks that both skills scored.",
                .. alone.Length == 0 ? (string[])[] : [$"No task scored on both sides, or no evaluation or arm called '{with}' and '{without}': {string.Join(", ", alone)}."],
            ],
            [.. rows],
            () => SvgRows.Draw(
                "Mean reward with skills made without and with interventions",
                [.. rows.Select(row => Label(row.Student, row.Agent, row.Teacher))],
                [
                    new("baseline", [.. rows.Select(row => row.Baseline)]),
                    new("without", [.. rows.Select(row => (double?)row.Without)]),
                    new("with", [.. rows.Select(row => (double?)row.With)]),
                ],
                Rewards));
    }

    public static EvalTable Transfer(IReadOnlyList<PooledTrial> pool)
    {
        var cells = TransferMatrix.Of(pool);
        List<(string Student, string Agent)> students = [.. cells.Select(cell => (cell.Student, cell.Agent)).Distinct().Order()];
        List<(SkillSource Kind, string Source)> sources = [.. cells.Select(cell => (cell.Kind, cell.Source)).Distinct()];
        var at = cells.ToDictionary(cell => (cell.Kind, cell.Source, cell.Student, cell.Agent));
        TransferMatrixCell? Find((SkillSource Kind, string Source) source, (string Student, string Agent) student) =>
            at.GetValueOrDefault((source.Kind, source.Source, student.Student, student.Agent));

        return new EvalTable(
            "transfer", "Mean reward of each student by the source of its skills, and Δr against its own baseline",
            [
                new("source of the skill", "source"),
                .. students.SelectMany(student => (TableColumn[])
                [
                    new($"{student.Student} ({student.Agent})", $"{student.Student} {student.Agent} reward", TableColumn.Reward),
                    new("Δr", $"{student.Student} {student.Agent} delta_r", TableColumn.Difference),
                ]),
            ],
            [.. sources.Select(source => (object?[])
            [
                source.Source, .. students.SelectMany(student => (object?[])[Find(source, student)?.Reward, Find(source, student)?.DeltaR]),
            ])],
            ["Rewards are over the tasks scored with that source, Δr over those that the student also scored without a skill."],
            [.. cells],
            () => SvgRows.Draw(
                "Mean reward of each student by the source of its skills",
                [.. students.Select(student => Label(student.Student, student.Agent, null))],
                [.. sources.Select(source => new SvgSeries(source.Source, [.. students.Select(student => Find(source, student)?.Reward)]))],
                Rewards));
    }

    private static IEnumerable<TableColumn> Ends(string of = "delta_r") =>
        [new("95 % from", $"{of}_low", TableColumn.Difference), new("to", $"{of}_high", TableColumn.Difference)];

    private static string Label(string student, string agent, string? teacher) =>
        teacher is null || teacher == student ? $"{student}, {agent}" : $"{student}, {agent}, of {teacher}";
}
