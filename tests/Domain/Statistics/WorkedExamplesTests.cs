using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Statistics;

/// <summary>Numbers that others published.</summary>
public sealed class WorkedExamplesTests
{
    // Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), method 3.
    [TestCase(81, 263, 0.2553, 0.3662)]
    [TestCase(15, 148, 0.0624, 0.1605)]
    [TestCase(0, 20, 0, 0.1611)]
    [TestCase(1, 29, 0.0061, 0.1718)]
    public void Wilson_intervals_of_Newcombe(int passed, int trials, double low, double high)
    {
        var interval = Wilson.Of(passed, trials);

        Assert.That(interval.Low, Is.EqualTo(low).Within(0.00005));
        Assert.That(interval.High, Is.EqualTo(high).Within(0.00005));
    }

    [Test]
    public void Wilson_mirrors_passes_and_failures_and_knows_nothing_of_nothing()
    {
        for (var passed = 0; passed <= 12; passed++)
        {
            Assert.That(Wilson.Of(passed, 12).Low, Is.EqualTo(1 - Wilson.Of(12 - passed, 12).High).Within(1e-12));
        }

        Assert.That(Wilson.Of(0, 0), Is.EqualTo(new Interval(0, 1)));
        Assert.That(() => Wilson.Of(3, 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    // The first: Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13:91 (2013), airway hyper-responsiveness.
    [TestCase(1, 7, 0.0703125)]
    [TestCase(0, 5, 0.0625)]
    [TestCase(6, 6, 1)]
    [TestCase(0, 0, 1)]
    public void McNemar_exact(int onlyFirst, int onlySecond, double p)
    {
        Assert.That(McNemar.Exact(onlyFirst, onlySecond), Is.EqualTo(p).Within(1e-12));
        Assert.That(McNemar.Exact(onlySecond, onlyFirst), Is.EqualTo(p).Within(1e-12));
    }

    [Test]
    public void McNemar_holds_where_powers_of_two_vanish() =>
        Assert.That(McNemar.Exact(1_000, 1_000 + 88), Is.EqualTo(0.057).Within(0.002), "z = 87/sqrt(2088), with the correction for continuity");

    // Cohen's kappa: 20 and 15 in agreement, 5 and 10 not: 0.4 by hand.
    [Test]
    public void Kappa_takes_away_what_chance_agrees_on()
    {
        Assert.That(new Agreement(20, 5, 10, 15).Kappa, Is.EqualTo(0.4).Within(1e-12));
        Assert.That(new Agreement(7, 0, 0, 0).Kappa, Is.Null);
        Assert.That(
            Agreement.Of([(true, true), (true, false), (true, false), (false, true), (false, false)]), Is.EqualTo(new Agreement(1, 2, 1, 1)));
    }

    [TestCase(-1.959963985, 0.025)]
    [TestCase(0, 0.5)]
    [TestCase(1.2815515655, 0.9)]
    public void Normal_distribution(double z, double below) => Assert.That(Distributions.Normal(z), Is.EqualTo(below).Within(1e-7));

    // Any table of Student's t.
    [TestCase(1, 12.706)]
    [TestCase(2, 4.303)]
    [TestCase(9, 2.262)]
    [TestCase(30, 2.042)]
    [TestCase(1_000, 1.962)]
    public void Student_quantiles(int degrees, double t) => Assert.That(Distributions.StudentQuantile(0.95, degrees), Is.EqualTo(t).Within(0.0005));

    // Siegel, Nonparametric Statistics for the Behavioral Sciences (1956), 9.3: .616 with the correction for ties.
    [Test]
    public void Spearman_with_ties_of_Siegel()
    {
        double[] yielding = [0, 0, 1, 1, 3, 4, 5, 6, 7, 8, 8, 12];
        double[] striving = [42, 46, 39, 37, 65, 88, 86, 56, 62, 92, 54, 81];

        Assert.That(Spearman.Ranks(yielding), Is.EqualTo(new[] { 1.5, 1.5, 3.5, 3.5, 5, 6, 7, 8, 9, 10.5, 10.5, 12 }));
        Assert.That(Spearman.Rho(yielding, striving), Is.EqualTo(0.616).Within(0.001));
    }

    [Test]
    public void Spearman_ends_and_gaps()
    {
        Assert.That(Spearman.Rho([1, 2, 3], [10, 20, 400]), Is.EqualTo(1));
        Assert.That(Spearman.Rho([1, 2, 3], [3, 2, -1]), Is.EqualTo(-1));
        Assert.That(Spearman.Rho([1, 2, 3], [5, 5, 5]), Is.Null);
        Assert.That(Spearman.Rho([1], [1]), Is.Null);
        Assert.That(Spearman.PermutationP([1, 2, 3], [5, 5, 5], 1), Is.Null);
        Assert.That(() => Spearman.Rho([1, 2], [1]), Throws.ArgumentException);
    }

    [Test]
    public void Permutation_p_of_few_pairs_is_exact() =>
        Assert.That(Spearman.PermutationP([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 1), Is.EqualTo(2 / 120.0));

    // Zar, JASA 67 (1972): with ten pairs |rho| of 0.648 is the first with a two-sided p of at most 0.05.
    [Test]
    public void Permutation_p_of_many_pairs_is_near_the_tables()
    {
        double[] x = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], y = [6, 2, 3, 4, 5, 1, 9, 8, 7, 10];
        var p = Spearman.PermutationP(x, y, seed: 7)!.Value;
        var again = Spearman.PermutationP(x, y, seed: 7)!.Value;

        Assert.That(Spearman.Rho(x, y), Is.EqualTo(0.6485).Within(0.0001));
        Assert.That(p, Is.EqualTo(0.049).Within(0.004));
        Assert.That(again, Is.EqualTo(p), "the same seed gives the same p");
    }

    [TestCase(0.5, 2.5)]
    [TestCase(0.25, 1.75)]
    [TestCase(0, 1)]
    [TestCase(1, 4)]
    public void Quantiles_interpolate(double share, double value) => Assert.That(Descriptive.Quantile([1, 2, 3, 4], share), Is.EqualTo(value));

    [Test]
    public void Standard_scores_use_the_deviation_of_the_values_themselves()
    {
        Assert.That(Descriptive.StandardScores([1, 3]), Is.EqualTo(new[] { -1.0, 1.0 }));
        Assert.That(Descriptive.StandardScores([2, 2]), Is.EqualTo(new[] { 0.0, 0.0 }));
        Assert.That(Descriptive.Median([3, 1, 2]), Is.EqualTo(2));
    }

    // Fisher and Yates, table III.
    [TestCase(0.95, 1, 12.7062)]
    [TestCase(0.95, 2, 4.3027)]
    [TestCase(0.95, 10, 2.2281)]
    [TestCase(0.99, 5, 4.0321)]
    [TestCase(0.90, 30, 1.6973)]
    public void Quantiles_of_Student_are_those_of_the_tables(double level, int degrees, double t) =>
        Assert.That(Distributions.StudentQuantile(level, degrees), Is.EqualTo(t).Within(0.0001));

    [TestCase(0.95, 1.959964)]
    [TestCase(0.99, 2.575829)]
    [TestCase(0.5, 0.674490)]
    public void Quantiles_of_the_normal_distribution_are_those_of_the_tables(double level, double z) =>
        Assert.That(Distributions.NormalQuantile(level), Is.EqualTo(z).Within(0.00001));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(95)]
    [TestCase(double.NaN)]
    public void A_level_is_a_share(double level)
    {
        Assert.That(() => Distributions.NormalQuantile(level), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Distributions.StudentQuantile(level, 3), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => Distributions.StudentWithin(1, 0), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
