using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Statistics;

/// <summary>
/// How often the interval of Δr holds the truth over 1,000 simulated evaluations of ten tasks, three trials each in both arms.
/// Each population of tasks has a truth that can be computed by hand.
/// </summary>
public sealed class BootstrapTests
{
    private const int Evaluations = 1_000;
    private const int Tasks = 10;
    private const int Repeats = 3;

    /// <summary>Tasks alike, each helped or harmed a little around a mean of 0.05.</summary>
    private static readonly Func<SplitMix, (double, double)> Even = random =>
    {
        var without = 0.3 + (0.4 * random.NextDouble());
        return (without, without + 0.05 + (0.2 * random.NextDouble()) - 0.1);
    };

    /// <summary>Hard tasks, of which three in ten gain much and the others nothing: 0.3 · (0.55 − 0.025).</summary>
    private static readonly Func<SplitMix, (double, double)> FewGain = random =>
    {
        var without = 0.05 * random.NextDouble();
        return (without, random.NextDouble() < 0.3 ? 0.3 + (0.5 * random.NextDouble()) : without);
    };

    /// <summary>Tasks that nearly always or nearly never pass; a fifth is helped, a tenth harmed: 0.2 · 0.4 − 0.1 · 0.4.</summary>
    private static readonly Func<SplitMix, (double, double)> AllOrNothing = random =>
    {
        var without = (random.NextDouble() < 0.5 ? 0 : 0.9) + (0.1 * random.NextDouble());
        var fate = random.NextDouble();
        return (without, fate < 0.2 ? without + (0.8 * (1 - without)) : fate < 0.3 ? 0.2 * without : without);
    };

    /// <summary>Tasks that pass nearly always, and a little more often with the skill: 0.5 · 0.05.</summary>
    private static readonly Func<SplitMix, (double, double)> Easy = random =>
    {
        var without = 0.9 + (0.1 * random.NextDouble());
        return (without, (1 + without) / 2);
    };

    private static IEnumerable<TestCaseData> Populations() =>
    [
        new TestCaseData(Even, 0.05).SetArgDisplayNames("even"),
        new TestCaseData(FewGain, 0.1575).SetArgDisplayNames("few gain"),
        new TestCaseData(AllOrNothing, 0.04).SetArgDisplayNames("all or nothing"),
        new TestCaseData(Easy, 0.025).SetArgDisplayNames("easy"),
    ];

    [TestCaseSource(nameof(Populations))]
    public void Ten_tasks_with_three_repeats_hold_the_truth_in_93_of_100_evaluations(Func<SplitMix, (double Without, double With)> task, double truth)
    {
        var random = new SplitMix(20_251);
        int held = 0, plain = 0;
        for (var evaluation = 0; evaluation < Evaluations; evaluation++)
        {
            var deltas = new double[Tasks];
            for (var at = 0; at < Tasks; at++)
            {
                var (without, with) = task(random);
                deltas[at] = Passes(random, with) - Passes(random, without);
            }

            held += Bootstrap.OfMean(deltas, Math.Sqrt(2) / Repeats, (ulong)evaluation, resamples: 500)!.Value.Contains(truth) ? 1 : 0;
            plain += Bootstrap.OfMean(deltas, 0, (ulong)evaluation, resamples: 500)!.Value.Contains(truth) ? 1 : 0;
        }

        TestContext.Out.WriteLine(
            $"{TestContext.CurrentContext.Test.Name}: {Tasks} tasks x {Repeats}, {Evaluations} evaluations: coverage {(double)held / Evaluations:0.000}, without smoothing {(double)plain / Evaluations:0.000}");
        Assert.That((double)held / Evaluations, Is.GreaterThanOrEqualTo(0.93));
    }

    [Test]
    public void Where_all_tasks_agree_the_interval_still_has_a_width_that_one_trial_explains()
    {
        var interval = Bootstrap.OfMean([0, 0, 0, 0, 0, 0, 0, 0, 0, 0], Math.Sqrt(2) / 3, seed: 1)!.Value;

        Assert.That(interval.Contains(0), Is.True);
        Assert.That(interval.High - interval.Low, Is.InRange(0.1, 0.3));
        Assert.That(Bootstrap.OfMean([0.5, 0.5], 0, seed: 1), Is.EqualTo(new Interval(0.5, 0.5)), "what is known exactly is not smoothed");
        Assert.That(Bootstrap.OfMean([0.5], 0.1, seed: 1), Is.Null);
    }

    [Test]
    public void The_same_seed_gives_the_same_interval_and_a_higher_level_a_wider_one()
    {
        double[] deltas = [0.1, -0.2, 0.4, 0, 0.3, 0.6];
        var interval = Bootstrap.OfMean(deltas, 0.2, seed: 5)!.Value;
        var wide = Bootstrap.OfMean(deltas, 0.2, seed: 5, level: 0.99)!.Value;

        Assert.That(Bootstrap.OfMean(deltas, 0.2, seed: 5), Is.EqualTo(interval));
        Assert.That((wide.Low < interval.Low, wide.High > interval.High), Is.EqualTo((true, true)));
    }

    private static double Passes(SplitMix random, double chance)
    {
        var passed = 0;
        for (var repeat = 0; repeat < Repeats; repeat++)
        {
            passed += random.NextDouble() < chance ? 1 : 0;
        }

        return (double)passed / Repeats;
    }
}
