using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Pdi;

public sealed class PdiTrackerTests
{
    [Test]
    public void The_first_snapshot_is_made_of_plain_values_and_never_triggers()
    {
        var snapshot = new PdiTracker(PdiMethod.TokenOverlap).Observe(Observation(0, "a b", before: "", facts: "b c d e"));

        Assert.That(snapshot.ProxyExec, Is.EqualTo(0.25));
        Assert.That((snapshot.ProxyPlan, snapshot.ProxyOss, snapshot.RawPdi), Is.EqualTo((0.0, 0.0, 0.25)));
        Assert.That((snapshot.Step, snapshot.Weight, snapshot.WeightedPdi, snapshot.Triggered), Is.EqualTo((0, 0.0, 0.0, false)));
    }

    [Test]
    public void Oss_is_half_facts_and_half_failed_tests()
    {
        var observation = Observation(1, "", before: Memo("a b", "p q"), facts: "b c", strategy: "q r s") with
        {
            FailedTests = ["t1", "t2", "t2"],
            PreviousFailedTests = ["t2"],
        };

        var snapshot = new PdiTracker(PdiMethod.TokenOverlap).Observe(observation);

        Assert.That(snapshot.ProxyPlan, Is.EqualTo(0.25));
        Assert.That(snapshot.ProxyOss, Is.EqualTo((0.5 * (1.0 / 3)) + (0.5 * 0.5)));
    }

    [TestCase(PdiMethod.TokenOverlap)]
    [TestCase(PdiMethod.JsDivergence)]
    public void Two_empty_sets_of_failed_tests_are_not_alike(PdiMethod method)
    {
        var observation = Observation(1, "", before: Memo("a b", ""), facts: "a b");

        Assert.That(new PdiTracker(method).Observe(observation).ProxyOss, Is.EqualTo(0.5));
    }

    [Test]
    public void Falling_grounding_triggers_soft_then_strong_then_nothing()
    {
        var tracker = new PdiTracker(PdiMethod.TokenOverlap);
        string[] commands = ["a b c d", "a b c", "a", "a b c d", "a"];
        var levels = commands.Select((command, i) => tracker.Observe(Observation(i, command, before: "", facts: "a b c d")).Level).ToList();

        // Weighted: 0, −0.5 (stands on the threshold), −1.3, then above, then below again.
        Assert.That(levels, Is.EqualTo(new[]
        {
            InterventionLevel.None, InterventionLevel.None, InterventionLevel.Soft, InterventionLevel.None, InterventionLevel.Soft,
        }));
        Assert.That(Next("a").Level, Is.EqualTo(InterventionLevel.Strong));

        PdiSnapshot Next(string command) => tracker.Observe(Observation(9, command, before: "", facts: "a b c d e f g h i j"));
    }

    [TestCase(-1, -0.5)]
    [TestCase(0, 0.0)]
    [TestCase(1, 0.5)]
    [TestCase(2, 1.0)]
    [TestCase(7, 1.0)]
    public void The_weight_grows_with_the_recorded_step(int step, double weight)
    {
        var snapshot = new PdiTracker(PdiMethod.TokenOverlap).Observe(Observation(0, "a", before: "", facts: "a b") with { Step = step });

        Assert.That((snapshot.Step, snapshot.Weight, snapshot.WeightedPdi), Is.EqualTo((step, weight, weight * 0.5)));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void Below_step_one_nothing_triggers_however_low(int step)
    {
        var low = Observation(0, "", before: Memo("a", "s"), facts: "a", strategy: "s") with { Step = step };

        Assert.That(new PdiTracker(PdiMethod.TokenOverlap).Observe(low).Triggered, Is.False);
    }

    [TestCase(new[] { 0.1, 0.3 }, 1.0)]
    [TestCase(new[] { 0.3, 0.1 }, -1.0)]
    [TestCase(new[] { 0.25, 0.25, 0.25 }, 0.0)]
    [TestCase(new[] { 0.2, 0.2, 0.2 }, -1.0, Description = "plain doubles: their sum is above 0.6, and recorded decisions rest on such sums")]
    [TestCase(new[] { 0.5 }, 0.0)]
    public void Z_sets_the_last_value_against_all(double[] values, double z) =>
        Assert.That(Descriptive.LastStandardScore(values), Is.EqualTo(z).Within(1e-12));

    [Test]
    public void A_run_that_goes_on_from_its_snapshots_decides_as_if_it_had_never_stopped() =>
        Prop.ForAll<byte[], bool>((runs, divergence) =>
        {
            var method = divergence ? PdiMethod.JsDivergence : PdiMethod.TokenOverlap;
            var observations = (runs ?? []).Select((seed, i) => Seeded(i, seed)).ToList();
            var whole = new PdiTracker(method);
            var straight = observations.ConvertAll(whole.Observe);

            List<PdiSnapshot> stopped = [];
            foreach (var observation in observations)
            {
                // Every snapshot crosses the wire, as it does when a workflow continues as new.
                var wire = JsonSerializer.Deserialize<List<PdiSnapshot>>(JsonSerializer.Serialize(stopped, SparkJson.Options), SparkJson.Options);
                stopped.Add(new PdiTracker(method, wire).Observe(observation));
            }

            return stopped.SequenceEqual(straight);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_snapshot_has_the_recorded_names_and_writes_no_level_as_null()
    {
        var snapshot = new PdiTracker(PdiMethod.TokenOverlap).Observe(Observation(3, "a", before: "", facts: "a b c"));

        Assert.That(
            JsonSerializer.Serialize(snapshot.Rounded(), SparkJson.Options),
            Is.EqualTo("""{"attempt":3,"step":0,"proxy_exec":0.3333,"proxy_plan":0,"proxy_oss":0,"raw_pdi":0.3333,"weight":0,"weighted_pdi":0,"triggered":false,"level":null}"""));
        var strong = JsonSerializer.Serialize(snapshot with { Level = InterventionLevel.Strong }, SparkJson.Options);
        Assert.That(strong, Does.EndWith("""
            "level":"strong"}
            """));
        Assert.That(JsonSerializer.Deserialize<PdiSnapshot>(strong, SparkJson.Options)!.Level, Is.EqualTo(InterventionLevel.Strong));
    }

    private static PdiObservation Seeded(int attempt, byte seed) => Observation(
        attempt, $"c{seed % 3} c{seed % 5}", before: attempt == 0 ? "" : Memo($"c{seed % 2} x", $"s{seed % 4} y"), facts: $"c{seed % 5} x", strategy: $"s{seed % 3} z");

    private static PdiObservation Observation(int attempt, string commands, string before, string facts, string strategy = "") => new()
    {
        Attempt = attempt,
        Commands = commands,
        MemoBefore = before,
        MemoAfter = Memo(facts, strategy),
        FailedTests = [],
    };

    private static string Memo(string facts, string strategy) =>
        $"## Exploration Memo (1 failed attempts)\n\n### Verified Facts\n{facts}\n\n### Next Strategy\n{strategy}\n";
}
