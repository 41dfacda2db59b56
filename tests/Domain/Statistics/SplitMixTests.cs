using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Statistics;

public sealed class SplitMixTests
{
    [Test]
    public void Gives_the_published_numbers()
    {
        var random = new SplitMix(1234567);

        Assert.That(
            new[] { random.Next(), random.Next(), random.Next() },
            Is.EqualTo(new[] { 6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL }));
    }

    [Test]
    public void Draws_below_a_bound_evenly()
    {
        var random = new SplitMix(5);
        var counts = new int[7];
        for (var draw = 0; draw < 70_000; draw++)
        {
            counts[random.NextBelow(7)]++;
        }

        // Chi-square with six degrees of freedom exceeds 22.5 once in a thousand.
        Assert.That(counts.Sum(count => Math.Pow(count - 10_000, 2) / 10_000), Is.LessThan(22.5));
    }

    [Test]
    public void Shuffles_into_every_order_alike()
    {
        var random = new SplitMix(6);
        var orders = new Dictionary<string, int>();
        for (var draw = 0; draw < 24_000; draw++)
        {
            char[] letters = ['a', 'b', 'c', 'd'];
            random.Shuffle<char>(letters);
            var order = new string(letters);
            orders[order] = orders.GetValueOrDefault(order) + 1;
        }

        Assert.That(orders, Has.Count.EqualTo(24));
        Assert.That(orders.Values.Sum(count => Math.Pow(count - 1_000, 2) / 1_000), Is.LessThan(49.7), "chi-square, 23 degrees, one in a thousand");
    }
}
