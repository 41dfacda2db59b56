using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Evaluation;

/// <summary>Tables over several evaluations; the made-up one gains 0.25 and loses a whole reward on one of its tasks.</summary>
public sealed class TableTests
{
    [Test]
    public void Each_student_has_its_rewards_and_the_gain_on_common_tasks()
    {
        var rows = StudentTable.Of(TrialPool.Of(Evaluations.Made("small", "large")));

        Assert.That(rows.Select(row => row.Student), Is.EqualTo(new[] { "large", "small" }));
        var row = rows[0];
        Assert.That((row.Agent, row.Teacher, row.Tasks, row.HumanTasks), Is.EqualTo(("terminal", "large", 4, 3)));
        Assert.That((row.Baseline, row.Generated, row.DeltaR), Is.EqualTo((0.375, 0.625, 0.25)));
        Assert.That(row.DeltaRInterval!.Value.Contains(0.25), Is.True);
        Assert.That((row.Human, row.GapToHuman), Is.EqualTo((0.5, 0)), "on the three tasks that have a skill of people");
    }

    [Test]
    public void Evaluations_of_a_student_are_pooled_agents_and_teachers_are_kept_apart()
    {
        var one = Evaluations.Made("small")[0];
        var codex = one with { Agent = "codex" };
        var other = one with { Run = "other", Arms = [one.Arms[0], one.Arms[1] with { SkillSourceModel = "teacher" }] };

        var rows = StudentTable.Of(TrialPool.Of([one, codex, other]));

        Assert.That(rows.Select(row => (row.Agent, row.Teacher)), Is.EqualTo([("codex", "small"), ("terminal", "small"), ("terminal", "teacher")]));
        Assert.That(rows.Select(row => row.DeltaR), Is.EqualTo([0.25, 0.25, 0.25]));
    }

    [Test]
    public void What_was_not_tried_is_left_empty()
    {
        var made = Evaluations.Made("small")[0];

        var alone = StudentTable.Of(TrialPool.Of([made with { Arms = [made.Arms[0]] }])).Single();
        var unpaired = StudentTable.Of(TrialPool.Of([made with { Arms = [made.Arms[1]] }])).Single();
        var people = StudentTable.Of(TrialPool.Of([made with { Arms = [made.Arms[2]] }])).Single();

        Assert.That((alone.Teacher, alone.Tasks, alone.Baseline, alone.Generated, alone.DeltaR, alone.Human), Is.EqualTo(((string?)null, 4, (double?)0.375, (double?)null, (double?)null, (double?)null)));
        Assert.That((unpaired.Tasks, unpaired.Baseline, unpaired.Generated, unpaired.DeltaR), Is.EqualTo((4, (double?)null, (double?)0.625, (double?)null)));
        Assert.That((people.Tasks, people.HumanTasks, people.Human, people.GapToHuman), Is.EqualTo((0, 3, (double?)0.5, (double?)null)));
        Assert.That(StudentTable.Of(TrialPool.Of([made with { Arms = [new EvaluationArm { Name = "generated", Source = SkillSource.Folder }] }])), Is.Empty, "a folder is neither");
    }

    [Test]
    public void Skills_with_interventions_are_set_against_those_without_for_every_student()
    {
        var made = Evaluations.Made("small", "large");
        IEnumerable<EvaluationSummary> With() => made.Select(summary => summary with
        {
            Run = "with",
            Trials = [.. summary.Trials.Select(trial => trial.Arm == "generated" && trial.Task == "task-<0>" ? trial with { Reward = 1 } : trial)],
        });

        var rows = InterventionTable.Of(TrialPool.Of([.. made.Select(summary => summary with { Run = "without" }), .. With()]), "with", "without");
        var oneSided = InterventionTable.Of(TrialPool.Of(With()), "with", "without");

        Assert.That(rows.Select(row => row.Student), Is.EqualTo(new[] { "large", "small" }));
        var row = rows[1];
        Assert.That((row.Agent, row.Teacher, row.Tasks, row.Harmed), Is.EqualTo(("terminal", "small", 4, 0)));
        Assert.That((row.Baseline, row.Without, row.With, row.Difference), Is.EqualTo(((double?)0.375, 0.625, 0.875, 0.25)));
        Assert.That(row.Interval, Is.Not.Null);
        Assert.That(row.McNemarP, Is.EqualTo(1));
        Assert.That(oneSided, Is.Empty);
    }

    [Test]
    public void The_two_sides_may_be_arms_of_one_evaluation()
    {
        var made = Evaluations.Made("small")[0];
        var named = made with
        {
            Arms = [new EvaluationArm { Name = "with", Source = SkillSource.Folder }, new EvaluationArm { Name = "without", Source = SkillSource.Folder }],
            Trials = [.. made.Trials.Where(trial => trial.Arm != "human").Select(trial => trial with { Arm = trial.Arm == "generated" ? "with" : "without" })],
        };

        var row = InterventionTable.Of(TrialPool.Of([named]), "with", "without").Single();

        Assert.That((row.Teacher, row.Baseline, row.Difference, row.Harmed), Is.EqualTo(((string?)null, (double?)null, 0.25, 1)));
    }

    [Test]
    public void Every_source_of_skills_meets_every_student()
    {
        var made = Evaluations.Made("small", "large");
        var cells = TransferMatrix.Of(TrialPool.Of(
        [
            .. made,
            made[0] with { Run = "taught", Arms = [made[0].Arms[1] with { SkillSourceModel = "large" }] },
            made[1] with { Run = "own", Trials = [.. made[1].Trials.Where(trial => trial.Arm == "generated").Select(trial => trial with { Arm = "notes" })], Arms = [new EvaluationArm { Name = "notes", Source = SkillSource.Folder }] },
        ]));

        Assert.That(cells.Select(cell => $"{cell.Source}>{cell.Student}"), Is.EqualTo(new[]
        {
            "baseline>large", "baseline>small", "large>large", "large>small", "small>small", "human>large", "human>small", "notes>large",
        }));
        Assert.That(cells[0], Is.EqualTo(new TransferMatrixCell(SkillSource.None, "baseline", "large", "terminal", 4, 0.375, null, null)));
        Assert.That((cells[3].Kind, cells[3].Tasks, cells[3].Reward, cells[3].DeltaR), Is.EqualTo((SkillSource.Generated, 4, 0.625, (double?)0.25)));
        Assert.That((cells[5].Tasks, cells[5].Reward), Is.EqualTo((3, 0.5)));
    }
}
