using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Tests.Domain.Pdi;

public class OfflinePdiTests
{
    private static OfflineReflection Reflection(string facts, string plan, params string[] failed) =>
        new($"### Verified Facts\n{facts}\n\n### Next Strategy\n{plan}\n", failed);

    [Test]
    public void A_skill_that_says_what_was_done_and_not_what_was_planned_is_grounded()
    {
        var phi = OfflinePdi.PhiOf(new OfflineRun
        {
            Commands = "sort data then count lines",
            SkillBody = "sort data then count lines",
            Reflections = [Reflection("the unit is cm", "guess wildly", "FAILED test_a"), Reflection("the unit is cm", "hope again", "FAILED test_a", "FAILED test_a")],
        });

        Assert.That(phi.Exec, Is.EqualTo(1).Within(1e-9));
        Assert.That(phi.Plan, Is.LessThan(phi.Exec / 2));
        Assert.That(phi.Oss, Is.EqualTo(1).Within(1e-9), "facts and failed tests are the same twice");
    }

    [Test]
    public void With_one_reflection_nothing_can_repeat() => Assert.That(
        OfflinePdi.PhiOf(new OfflineRun { Commands = "a b", SkillBody = "c d", Reflections = [Reflection("x", "y")] }).Oss, Is.Zero);

    [Test]
    public void A_run_that_never_planned_has_no_plan_in_its_skill()
    {
        OfflineRun atOnce = new() { Commands = "a b", SkillBody = "a b", Reflections = [] };
        var unsaid = atOnce with { Reflections = [new OfflineReflection("### Verified Facts\nx", []), Reflection("x", "...")] };
        var planned = unsaid with { Reflections = [.. unsaid.Reflections, Reflection("x", "a b")] };

        Assert.That(new[] { atOnce, unsaid, planned }.Select(OfflinePdi.Planned), Is.EqualTo(new[] { false, false, true }));
        Assert.That(OfflinePdi.PhiOf(atOnce).Plan, Is.Zero);
        Assert.That(OfflinePdi.PhiOf(planned).Plan, Is.EqualTo(1).Within(1e-9));
    }

    [Test]
    public void The_index_of_a_run_left_out_uses_the_scores_of_the_others()
    {
        Phi[] others = [new(0.2, 0.1, 0.5), new(0.4, 0.3, 0.5)];

        Assert.That(OfflinePdi.IndexAgainst(new Phi(0.5, 0.2, 0.9), others, PdiWeights.Equal), Is.EqualTo(2).Within(1e-12), "(0.5 - 0.3) / 0.1; φoss does not vary");
        Assert.That(OfflinePdi.IndexAgainst(new Phi(0.5, 0.2, 0.9), others, new PdiWeights(2, 2, 2)), Is.EqualTo(2).Within(1e-12), "only the shares of weights count");
    }

    [Test]
    public void The_index_weighs_scores_over_the_runs_given()
    {
        Phi[] runs = [new(0.2, 0.1, 0.5), new(0.4, 0.3, 0.5)];

        Assert.That(OfflinePdi.Index(runs), Is.EqualTo(new[] { 0.0, 0.0 }).Within(1e-12), "what is gained in φexec is lost in φplan");
        Assert.That(OfflinePdi.Index(runs, new PdiWeights(2, 1, 1)), Is.EqualTo(new[] { -1.0, 1.0 }).Within(1e-12));
    }

    [TestCase(0.5, 0.5, PdiQuadrant.Grounded)]
    [TestCase(0.6, 0.6, PdiQuadrant.Mixed)]
    [TestCase(0.4, 0.5, PdiQuadrant.Detached)]
    [TestCase(0.4, 0.6, PdiQuadrant.PlanBound)]
    public void A_run_falls_into_a_quadrant(double exec, double plan, PdiQuadrant quadrant) =>
        Assert.That(OfflinePdi.Quadrant(new Phi(exec, plan, 0), 0.5, 0.5), Is.EqualTo(quadrant));

    [Test]
    public void No_weights_of_the_sweep_are_multiples_of_others()
    {
        var sweep = OfflinePdi.Sweep();
        Assert.That(sweep, Does.Contain(PdiWeights.Equal));
        Assert.That(sweep.Select(one => (one.Exec / one.Plan, one.Exec / one.Oss)), Is.Unique);
        Assert.That(sweep, Has.Count.EqualTo(19));
    }

    [TestCase("token_overlap", true, PdiMethod.TokenOverlap)]
    [TestCase("js_divergence", true, PdiMethod.JsDivergence)]
    [TestCase("cosine", false, PdiMethod.TokenOverlap)]
    [TestCase(null, false, PdiMethod.TokenOverlap)]
    public void Methods_go_by_their_names(string? name, bool known, PdiMethod method)
    {
        Assert.That((PdiMethods.TryParse(name, out var parsed), parsed), Is.EqualTo((known, method)));
        Assert.That(known ? method.Name() : name, Is.EqualTo(name));
    }
}
