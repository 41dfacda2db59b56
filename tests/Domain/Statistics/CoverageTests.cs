using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Tests.Domain.Statistics;

/// <summary>
/// How often intervals of 95 % hold the truth over 2,000 simulated evaluations: tasks are drawn, each easier or harder, the
/// skill helps or harms each by an amount of its own, and every task is tried a few times in both arms.
/// </summary>
public sealed class CoverageTests
{
    private const int Evaluations = 2_000;

    [TestCase(20, 1)]
    [TestCase(10, 3)]
    [TestCase(40, 1)]
    [TestCase(40, 3)]
    public void Intervals_hold_the_truth_as_often_as_they_say(int tasks, int repeats)
    {
        int rateHeld = 0, deltaHeld = 0;
        var random = new SplitMix((ulong)((100 * tasks) + repeats));
        for (var evaluation = 0; evaluation < Evaluations; evaluation++)
        {
            // Tasks pass at easy … easy + 0.4 without the skill, which adds gain − 0.1 … gain + 0.1 to each.
            double easy = 0.2 + (0.2 * random.NextDouble()), gain = (0.2 * random.NextDouble()) - 0.1;
            List<EvaluationTrial> trials = [];
            for (var task = 0; task < tasks; task++)
            {
                var without = easy + (0.4 * random.NextDouble());
                var with = without + gain + (0.2 * random.NextDouble()) - 0.1;
                for (var repeat = 1; repeat <= repeats; repeat++)
                {
                    trials.Add(Trial(task, "baseline", repeat, random.NextDouble() < without));
                    trials.Add(Trial(task, "generated", repeat, random.NextDouble() < with));
                }
            }

            var rate = ArmSums.Of("baseline", trials).PassRateInterval;
            var delta = PairSums.Of(trials, "generated", "baseline", (ulong)evaluation, resamples: 400).DeltaRInterval!.Value;
            rateHeld += rate.Contains(easy + 0.2) ? 1 : 0;
            deltaHeld += delta.Contains(gain) ? 1 : 0;
        }

        var (ofRate, ofDelta) = ((double)rateHeld / Evaluations, (double)deltaHeld / Evaluations);
        TestContext.Out.WriteLine($"{tasks} tasks x {repeats}: pass rate {ofRate:0.000}, delta r {ofDelta:0.000}");
        Assert.That(ofRate, Is.InRange(0.93, 0.97), "pass rate");
        Assert.That(ofDelta, Is.InRange(0.93, 0.97), "delta r");
    }

    private static EvaluationTrial Trial(int task, string arm, int repeat, bool passes) => new()
    {
        Model = "student",
        Task = $"t{task}",
        Arm = arm,
        Repeat = repeat,
        Outcome = passes ? Outcome.Pass : Outcome.Fail,
        Reward = passes ? 1 : 0,
        WorkflowId = "trial",
        StartedAt = DateTime.UnixEpoch,
        FinishedAt = DateTime.UnixEpoch,
    };
}
