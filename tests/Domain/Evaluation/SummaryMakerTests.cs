using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Evaluation;

public sealed class SummaryMakerTests
{
    [Test]
    public void Each_student_has_a_summary_and_all_have_the_transfer_matrix()
    {
        var made = Evaluations.Made("small", "large");

        Assert.That(made.Select(summary => (summary.Model, summary.Complete, summary.Planned, summary.Trials.Count)), Is.EqualTo([("small", true, 24, 24), ("large", true, 24, 24)]));
        Assert.That(made[0].SkillSourceModel, Is.EqualTo("small"), "no other model made the skills");
        foreach (var row in made[0].Transfer!)
        {
            Assert.That(row.Cells.Select(cell => (cell.Arm, cell.Scored)), Is.EqualTo([("baseline", 8), ("generated", 8), ("human", 6)]));
            Assert.That(row.Cells.Select(cell => cell.DeltaR is null), Is.EqualTo([true, false, false]), "the baseline is not compared with itself");
        }
    }

    [Test]
    public void A_student_alone_has_no_transfer_matrix() => Assert.That(Evaluations.Made("small").Single().Transfer, Is.Null);

    [Test]
    public void Trials_stand_by_task_arm_and_repeat_whatever_ended_first()
    {
        var summary = Evaluations.Made("small")[0];
        var head = Head(summary);

        var again = SummaryMaker.Of(head, [.. summary.Trials.Reverse()], summary.FinishedAt).Single();

        Assert.That(again.Trials, Is.EqualTo(summary.Trials));
        Assert.That(again.Sums, Is.EqualTo(summary.Sums));
    }

    [Test]
    public void What_has_not_ended_leaves_a_summary_incomplete_and_skills_of_another_model_are_named()
    {
        var summary = Evaluations.Made("small")[0];
        var head = Head(summary) with { Arms = [.. summary.Arms.Select(arm => arm with { SkillSourceModel = "teacher" })] };

        var partial = SummaryMaker.Of(head, [.. summary.Trials.Skip(1)], summary.FinishedAt).Single();

        Assert.That((partial.Complete, partial.SkillSourceModel), Is.EqualTo((false, "teacher")));
        Assert.That(SummaryMaker.Of(head with { Arms = [head.Arms[0]] }, [], summary.FinishedAt).Single().SkillSourceModel, Is.Null);
    }

    [Test]
    public void Arms_are_compared_with_the_baseline_and_with_what_people_wrote()
    {
        EvaluationArm[] arms =
        [
            new() { Name = "baseline" }, new() { Name = "generated", Source = SkillSource.Generated },
            new() { Name = "human", Source = SkillSource.Human }, new() { Name = "own", Source = SkillSource.Folder },
        ];
        Assert.That(SummaryMaker.Pairs(arms), Is.EqualTo(
            [("generated", "baseline"), ("human", "baseline"), ("generated", "human"), ("own", "baseline"), ("own", "generated"), ("own", "human")]));
    }

    [FsCheck.NUnit.Property]
    public Property A_plan_has_every_trial_once_and_the_trials_of_a_task_together() => Prop.ForAll(
        Arb.From(
            from tasks in Gen.Choose(1, 5)
            from students in Gen.Choose(1, 3)
            from arms in Gen.Choose(1, 4)
            from repeats in Gen.Choose(1, 4)
            from seed in Gen.Choose(0, int.MaxValue)
            select (tasks, students, arms, repeats, seed: (ulong)seed)),
        made =>
        {
            var plan = new EvaluationPlan(made.tasks, made.students, made.arms, made.repeats, made.seed);
            var trials = Enumerable.Range(0, plan.Count).Select(place => plan[place]).ToList();
            var again = new EvaluationPlan(made.tasks, made.students, made.arms, made.repeats, made.seed);
            return trials.Distinct().Count() == made.tasks * made.students * made.arms * made.repeats
                && trials.Select(trial => trial.Task).SequenceEqual(Enumerable.Range(0, made.tasks).SelectMany(task => Enumerable.Repeat(task, plan.PerTask)))
                && trials.TrueForAll(trial => trial.Student < made.students && trial.Arm < made.arms && trial.Repeat >= 1 && trial.Repeat <= made.repeats)
                && Enumerable.Range(0, plan.Count).Reverse().All(place => again[place] == trials[place]);
        });

    [Test]
    public void A_place_behind_the_plan_is_refused() =>
        Assert.That(() => new EvaluationPlan(1, 1, 2, 3, 0)[6], Throws.TypeOf<ArgumentOutOfRangeException>());

    private static EvaluationHead Head(EvaluationSummary summary) => new()
    {
        Run = summary.Run, Agent = summary.Agent, Models = [summary.Model], Arms = summary.Arms, Tasks = 4, Repeats = summary.Repeats, Seed = summary.Seed,
        TimeoutMultiplier = summary.TimeoutMultiplier, StartedAt = summary.StartedAt,
    };
}
