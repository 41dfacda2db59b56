using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Statistics;

public sealed class SumsTests
{
    [Test]
    public void An_arm_leaves_out_what_was_never_scored_and_still_counts_its_cost()
    {
        var sums = ArmSums.Of("generated",
        [
            Trial("a", "generated", Outcome.Pass, 1, cost: 2),
            Trial("a", "generated", Outcome.Partial, 0.5, cost: 2),
            Trial("b", "generated", Outcome.Error, null, cost: 1),
            Trial("c", "generated", Outcome.Infrastructure, null, cost: 3),
            Trial("d", "generated", Outcome.Skipped, null),
            Trial("a", "baseline", Outcome.Pass, 1, cost: 50),
        ]);

        Assert.That((sums.Tasks, sums.Scored, sums.Infrastructure, sums.Skipped, sums.Passed), Is.EqualTo((2, 3, 1, 1, 1)));
        Assert.That(sums.PassRate, Is.EqualTo(1 / 3.0).Within(1e-12));
        Assert.That(sums.MeanReward, Is.EqualTo(0.375), "a task counts once, however often it was tried");
        Assert.That((sums.CostUsd, sums.CostPerTaskUsd), Is.EqualTo((8, 4)));
    }

    [Test]
    public void A_trial_whose_verifier_ran_out_of_time_is_in_no_mean()
    {
        EvaluationTrial[] trials =
        [
            Trial("a", "x", Outcome.Pass, 1, cost: 2), Trial("a", "y", Outcome.Fail, 0), Trial("b", "y", Outcome.Fail, 0),
            Trial("a", "x", Outcome.Error, null, cost: 2) with { NoVerdict = true }, Trial("b", "x", Outcome.Error, null) with { NoVerdict = true },
        ];

        var sums = ArmSums.Of("x", trials);

        Assert.That((sums.Scored, sums.NoVerdict, sums.Infrastructure, sums.MeanReward, sums.PassRate, sums.CostUsd), Is.EqualTo((1, 2, 0, (double?)1, (double?)1, (double?)4)));
        Assert.That(PairSums.Of(trials, "x", "y").Tasks.Select(task => (task.Task, task.DeltaR)), Is.EqualTo(new[] { ("a", 1.0) }));
    }

    [Test]
    public void The_effect_of_a_skill_is_shown_where_it_was_opened_too()
    {
        EvaluationTrial[] trials =
        [
            Trial("a", "x", Outcome.Pass, 1) with { SkillUses = [new SkillUse { Name = "a", Opened = true }] }, Trial("a", "y", Outcome.Fail, 0),
            Trial("a", "x", Outcome.Fail, 0) with { SkillUses = [new SkillUse { Name = "a" }] },
            Trial("b", "x", Outcome.Fail, 0) with { SkillUses = [new SkillUse { Name = "b" }] }, Trial("b", "y", Outcome.Pass, 1),
        ];

        var (sums, pair) = (ArmSums.Of("x", trials), PairSums.Of(trials, "x", "y"));

        Assert.That((sums.SkillsKnown, sums.SkillsOpened), Is.EqualTo(((int?)3, (int?)1)));
        Assert.That((pair.DeltaR, pair.DeltaROpened), Is.EqualTo(((double?)-0.25, (double?)1)));
        Assert.That((ArmSums.Of("y", trials).SkillsKnown, PairSums.Of(trials, "y", "x").DeltaROpened), Is.EqualTo(((int?)null, (double?)null)));
    }

    [Test]
    public void A_pair_compares_the_tasks_that_both_arms_scored()
    {
        var sums = PairSums.Of(
        [
            Trial("a", "generated", Outcome.Pass, 1, cost: 3), Trial("a", "baseline", Outcome.Fail, 0, cost: 1),
            Trial("b", "generated", Outcome.Partial, 0.25, cost: 3), Trial("b", "baseline", Outcome.Pass, 1, cost: 1),
            Trial("c", "generated", Outcome.Pass, 1, cost: 3), Trial("c", "baseline", Outcome.Partial, 0.5, cost: 1),
            Trial("d", "generated", Outcome.Pass, 1), Trial("d", "baseline", Outcome.Infrastructure, null),
            Trial("e", "baseline", Outcome.Pass, 1),
        ], "generated", "baseline");

        Assert.That(sums.Tasks.Select(task => task.Task), Is.EqualTo(new[] { "a", "b", "c" }));
        Assert.That(sums.DeltaR, Is.EqualTo(0.25).Within(1e-12), "(1 - 0.75 + 0.5) / 3");
        Assert.That(sums.PassGain, Is.EqualTo(1 / 3.0).Within(1e-12), "(1 - 1 + 1) / 3");
        Assert.That(sums.Agreement, Is.EqualTo(new Agreement(Both: 0, OnlyFirst: 2, OnlySecond: 1, Neither: 0)));
        Assert.That(sums.Harmed, Is.EqualTo(new[] { "b" }));
        Assert.That(sums.CostPerPointUsd, Is.EqualTo(2 / 25.0).Within(1e-12), "two dollars more a task for 25 hundredths");
        Assert.That(sums.DeltaRInterval!.Value.Contains(sums.DeltaR!.Value), Is.True);
    }

    [Test]
    public void Where_nothing_is_gained_a_gained_point_has_no_price()
    {
        var sums = PairSums.Of([Trial("a", "x", Outcome.Fail, 0, cost: 3), Trial("a", "y", Outcome.Fail, 0, cost: 1)], "x", "y");

        Assert.That(sums.CostPerPointUsd, Is.Null);
        Assert.That(sums.DeltaRInterval, Is.Null, "one task says nothing about others");
    }

    [Test]
    public void Arms_without_a_common_task_have_no_sums()
    {
        var sums = PairSums.Of([Trial("a", "x", Outcome.Pass, 1), Trial("b", "y", Outcome.Pass, 1)], "x", "y");

        Assert.That((sums.DeltaR, sums.PassGain, sums.Tasks.Count), Is.EqualTo(((double?)null, (double?)null, 0)));
        Assert.That(ArmSums.Of("z", []).PassRate, Is.Null);
    }

    [Test]
    public void The_order_of_the_trials_changes_nothing()
    {
        List<EvaluationTrial> trials = [];
        var random = new SplitMix(3);
        for (var at = 0; at < 60; at++)
        {
            var reward = random.NextBelow(5) / 4.0;
            trials.Add(Trial($"t{at % 10}", at % 2 == 0 ? "x" : "y", Outcomes.Of(reward, 0), reward));
            trials.Add(Trial($"t{at % 10}", at % 2 == 0 ? "y" : "x", Outcomes.Of(1 - reward, 0), 1 - reward));
        }

        var there = PairSums.Of(trials, "x", "y");
        trials.Reverse();
        var back = PairSums.Of(trials, "x", "y");

        Assert.That(back.DeltaR, Is.EqualTo(there.DeltaR!.Value).Within(1e-12));
        Assert.That(back.DeltaRInterval!.Value.Low, Is.EqualTo(there.DeltaRInterval!.Value.Low).Within(1e-12));
        Assert.That(back.Agreement, Is.EqualTo(there.Agreement));
        var turned = PairSums.Of(trials, "y", "x");
        Assert.That(turned.DeltaR, Is.EqualTo(-there.DeltaR!.Value).Within(1e-12));
        Assert.That(turned.Agreement.McNemarP, Is.EqualTo(there.Agreement.McNemarP).Within(1e-12));
    }

    private static EvaluationTrial Trial(string task, string arm, Outcome outcome, double? reward, double cost = 0) =>
        new()
        {
            Model = "student",
            Task = task,
            Arm = arm,
            Repeat = 1,
            Outcome = outcome,
            Reward = reward,
            CostUsd = cost,
            WorkflowId = "trial",
            StartedAt = DateTime.UnixEpoch,
            FinishedAt = DateTime.UnixEpoch,
        };
}
