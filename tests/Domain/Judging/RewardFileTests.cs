using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Tests.Domain.Judging;

public sealed class RewardFileTests
{
    [TestCase("1", 1.0)]
    [TestCase("0\n", 0.0)]
    [TestCase("0.000000\r\n", 0.0)]
    [TestCase("\uFEFF0.5", 0.5)]
    [TestCase(" -1 ", -1.0)]
    [TestCase("1e-3", 0.001)]
    [TestCase(".5", 0.5)]
    public void Reads_one_number_from_text(string text, double reward)
    {
        var reading = RewardFile.Read(null, text);

        Assert.That(reading.Problem, Is.Null);
        Assert.That(reading.Reward, Is.EqualTo(reward));
        Assert.That(reading.Rewards, Is.EqualTo(new Dictionary<string, double> { ["reward"] = reward }));
    }

    [TestCase("", "empty")]
    [TestCase(" \n", "empty")]
    [TestCase("\uFEFF", "empty")]
    [TestCase("nan", "nan")]
    [TestCase("inf", "inf")]
    [TestCase("1e999", "1e999")]
    [TestCase("80%", "80%")]
    [TestCase("1,000", "1,000")]
    [TestCase("1\n0", "1 0")]
    [TestCase("passed", "passed")]
    public void Text_that_is_not_one_finite_number_is_a_problem_and_no_zero(string text, string named)
    {
        var reading = RewardFile.Read(null, text);

        Assert.That(reading.Reward, Is.Null);
        Assert.That(reading.Rewards, Is.Empty);
        Assert.That(reading.Problem, Does.Contain("reward.txt").And.Contain(named));
    }

    [TestCase("""{"reward": 0.25}""", 0.25)]
    [TestCase("""{"score": 1, "reward": 0, "speed": 3}""", 0.0)]
    [TestCase("""{"accuracy": 0.75}""", 0.75)]
    [TestCase("\uFEFF{\"reward\": -1}\r\n", -1.0)]
    public void Reads_the_reward_key_of_json_or_its_only_key(string json, double reward)
    {
        var reading = RewardFile.Read(json, null);

        Assert.That(reading.Problem, Is.Null);
        Assert.That(reading.Reward, Is.EqualTo(reward));
    }

    [TestCase("", "empty")]
    [TestCase("{", "not valid JSON")]
    [TestCase("""{"reward": NaN}""", "not valid JSON")]
    [TestCase("""{"reward": 1e999}""", "'reward'")]
    [TestCase("""{"reward": "1"}""", "text")]
    [TestCase("""{"reward": true}""", "true or false")]
    [TestCase("""{"reward": null}""", "null")]
    [TestCase("""{"reward": 1, "detail": {"a": 1}}""", "'detail' is a nested object")]
    [TestCase("""{"reward": 1, "parts": [1]}""", "'parts' is a list")]
    [TestCase("{}", "empty object")]
    [TestCase("1", "expected an object")]
    public void Json_without_a_plain_reward_is_a_problem_that_says_what_is_wrong(string json, string named)
    {
        var reading = RewardFile.Read(json, null);

        Assert.That(reading.Reward, Is.Null);
        Assert.That(reading.Problem, Does.Contain("reward.json").And.Contain(named));
    }

    [Test]
    public void Json_decides_where_both_files_exist()
    {
        Assert.That(RewardFile.Read("""{"reward": 0}""", "1").Reward, Is.Zero);
        Assert.That(RewardFile.Read("""{"score": "x"}""", "1").Problem, Does.Contain("reward.txt is there too"));
    }

    [Test]
    public void A_verifier_that_wrote_nothing_gave_no_verdict() =>
        Assert.That(RewardFile.Read(null, null).Problem, Does.Contain("reward.json").And.Contain("reward.txt"));

    [Test]
    public void Of_several_rewards_without_a_plain_one_the_least_counts_and_all_are_kept()
    {
        var reading = RewardFile.FromJson("""{"style": 1, "speed": 0.25, "tests": 0.5}""");
        Assert.That((reading.Reward, reading.Rewards!.Count), Is.EqualTo((0.25, 3)));
    }
}
