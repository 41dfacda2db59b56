using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class StepRewardsTests
{
    private static readonly TaskStep Any = new() { Name = "a" };
    private static readonly TaskStep Half = new() { Name = "a", MinReward = new Dictionary<string, double> { ["reward"] = 0.5 } };
    private static readonly TaskStep Style = new() { Name = "a", MinReward = new Dictionary<string, double> { ["style"] = 1 } };

    [Test]
    public void The_next_step_begins_from_the_least_reward_on()
    {
        Assert.Multiple(() =>
        {
            Assert.That(StepRewards.Stop(Any, Rewards(("reward", 0)), 0), Is.Null);
            Assert.That(StepRewards.Stop(Any, null, null), Is.EqualTo("step 'a' has no reward"));
            Assert.That(StepRewards.Stop(Half, Rewards(("reward", 0.5)), 0.5), Is.Null);
            Assert.That(StepRewards.Stop(Half, Rewards(("reward", 0.49)), 0.49), Is.EqualTo("step 'a' has reward 0.49, less than its min_reward 0.5"));
            Assert.That(StepRewards.Stop(Half, Rewards(("x", 0.7), ("y", 0.6)), 0.6), Is.Null, "the reward is the least of them");
            Assert.That(StepRewards.Stop(Style, Rewards(("style", 1), ("result", 0)), 0), Is.Null);
            Assert.That(StepRewards.Stop(Style, Rewards(("result", 1)), 1), Is.EqualTo("step 'a' has style none, less than its min_reward 1"));
        });
    }

    [Test]
    public void One_reward_is_the_mean_by_key_or_the_last_one()
    {
        IReadOnlyDictionary<string, double>[] steps = [Rewards(("reward", 1), ("style", 1)), Rewards(("reward", 0))];
        Assert.Multiple(() =>
        {
            Assert.That(StepRewards.Whole(StepsReward.Mean, steps), Is.EquivalentTo(Rewards(("reward", 0.5), ("style", 0.5))));
            Assert.That(StepRewards.Whole(StepsReward.Final, steps), Is.EquivalentTo(Rewards(("reward", 0))));
            Assert.That(StepRewards.Whole(StepsReward.Mean, []), Is.Empty);
            Assert.That(StepRewards.Whole(StepsReward.Final, []), Is.Empty);
        });
    }

    private static Dictionary<string, double> Rewards(params (string Key, double Value)[] all) => all.ToDictionary(pair => pair.Key, pair => pair.Value);
}
