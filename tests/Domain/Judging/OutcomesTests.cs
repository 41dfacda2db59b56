using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Tests.Domain.Judging;

public sealed class OutcomesTests
{
    [TestCase(1.0, 3, true, Outcome.Pass)]
    [TestCase(1.5, 0, true, Outcome.Pass)]
    [TestCase(0.9999, 9, true, Outcome.Partial)]
    [TestCase(0.001, 0, true, Outcome.Partial)]
    [TestCase(0.0, 1, true, Outcome.Partial)]
    [TestCase(0.0, 0, true, Outcome.Fail)]
    [TestCase(-1.0, 0, true, Outcome.Fail)]
    [TestCase(null, 5, true, Outcome.Error)]
    [TestCase(double.NaN, 5, true, Outcome.Error)]
    [TestCase(1.0, 5, false, Outcome.Error)]
    public void The_reward_decides(double? reward, int testsPassed, bool agentStarted, Outcome expected) =>
        Assert.That(Outcomes.Of(reward, testsPassed, agentStarted), Is.EqualTo(expected));

    [TestCase(Outcome.Pass, true)]
    [TestCase(Outcome.Partial, true)]
    [TestCase(Outcome.Fail, true)]
    [TestCase(Outcome.Error, true)]
    [TestCase(Outcome.Infrastructure, false)]
    [TestCase(Outcome.Skipped, false)]
    public void Infrastructure_is_not_scored(Outcome outcome, bool scored) => Assert.That(outcome.IsScored(), Is.EqualTo(scored));
}
