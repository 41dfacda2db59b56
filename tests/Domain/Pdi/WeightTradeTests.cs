using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Pdi;

public class WeightTradeTests
{
    [Test]
    public void Weights_that_predict_the_gain_do_so_on_tasks_left_out()
    {
        // The gain is φexec; φplan and φoss are noise.
        var random = new SplitMix(4);
        GainedRun[] runs = [.. Enumerable.Range(0, 24).Select(at => Run($"t{at}", random, exec => exec))];

        var trade = WeightTrade.Of(runs)!;

        Assert.That((trade.Folds, trade.Runs), Is.EqualTo((24, 24)));
        Assert.That(trade.Chosen[0].Weights, Is.EqualTo(new PdiWeights(2, 0.5, 0.5)));
        Assert.That(trade.Chosen.Sum(row => row.Folds), Is.EqualTo(24));
        Assert.That(trade.RhoHeldOut, Is.GreaterThan(trade.RhoEqual!.Value));
        Assert.That(WeightTrade.Of(runs)!.RhoHeldOut, Is.EqualTo(trade.RhoHeldOut), "nothing is drawn");
    }

    [Test]
    public void Weights_chosen_on_noise_look_better_than_they_are()
    {
        var random = new SplitMix(9);
        double best = 0, held = 0;
        for (var study = 0; study < 40; study++)
        {
            var trade = WeightTrade.Of([.. Enumerable.Range(0, 10).Select(at => Run($"t{at}", random, _ => random.NextDouble()))])!;
            best += trade.RhoBest!.Value / 40;
            held += trade.RhoHeldOut!.Value / 40;
        }

        TestContext.Out.WriteLine($"noise: best of the sweep {best:0.000}, held out {held:0.000}");
        Assert.That(best, Is.GreaterThan(0.1));
        Assert.That(held, Is.LessThan(best - 0.1));
    }

    [Test]
    public void Runs_of_one_task_are_left_out_together_and_three_tasks_are_too_few()
    {
        var random = new SplitMix(2);
        GainedRun[] runs = [.. Enumerable.Range(0, 12).Select(at => Run($"t{at % 4}", random, exec => exec))];

        Assert.That(WeightTrade.Of(runs)!.Folds, Is.EqualTo(4));
        Assert.That(WeightTrade.Of([.. runs.Where(run => run.Task != "t0")]), Is.Null);
        Assert.That(WeightTrade.Of([]), Is.Null);
    }

    [Test]
    public void Where_every_gain_is_the_same_there_is_nothing_to_choose_by()
    {
        var random = new SplitMix(3);
        var trade = WeightTrade.Of([.. Enumerable.Range(0, 5).Select(at => Run($"t{at}", random, _ => 0.5))])!;

        Assert.That((trade.RhoBest, trade.RhoHeldOut, trade.RhoEqual), Is.EqualTo(((double?)null, (double?)null, (double?)null)));
        Assert.That(trade.Chosen.Single(), Is.EqualTo(new ChosenWeights(PdiWeights.Equal, 5)));
    }

    private static GainedRun Run(string task, SplitMix random, Func<double, double> gain)
    {
        Phi phi = new(random.NextDouble(), random.NextDouble(), random.NextDouble());
        return new GainedRun(task, phi, gain(phi.Exec));
    }
}
