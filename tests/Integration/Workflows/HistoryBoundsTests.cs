using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Tests.Support;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Histories stay small with everything at its limit, trace headers included.</summary>
[Category("Server")]
public sealed class HistoryBoundsTests
{
    internal const int LargestPayload = 64 * 1024;

    [Test]
    public async Task An_attempt_of_100_turns_stays_within_1300_events_and_300_KB()
    {
        using var spans = Spans.Listen();
        await using var deployment = await FakeDeployment.StartAsync();
        var handle = await MeasuredRuns.AttemptAsync(deployment, 100);
        var result = await handle.GetResultAsync();
        var size = await SizeAsync(deployment, handle);

        Assert.That(result.Turns, Is.EqualTo(100));
        Assert.Multiple(() =>
        {
            Assert.That(size.Events, Is.LessThanOrEqualTo(1300));
            Assert.That(size.Bytes, Is.LessThanOrEqualTo(300_000));
            Assert.That(size.LargestPayload, Is.LessThanOrEqualTo(LargestPayload), size.LargestEvent);
        });
    }

    [TestCase(false, TestName = "A_skill_run_of_8_attempts_stays_within_1000_events_and_1_MB")]
    [TestCase(true, TestName = "A_skill_run_of_8_attempts_stays_within_1000_events_and_1_MB_with_every_memo_refused_twice")]
    public async Task A_skill_run_of_8_attempts_stays_within_its_bounds(bool refused)
    {
        using var spans = Spans.Listen();
        await using var deployment = await FakeDeployment.StartAsync();
        var handle = await MeasuredRuns.SkillRunAsync(deployment, 8, refused);
        var result = await handle.GetResultAsync();
        var size = await SizeAsync(deployment, handle);

        Assert.That(result.Attempts, Is.EqualTo(8));
        Assert.That(await handle.QueryAsync(run => run.GetMemo()), Has.Length.GreaterThan(MemoRules.MaxCharacters - 100), "the memo is as long as it may be");
        Assert.That(deployment.World.Count("llm:reflect"), Is.EqualTo(refused ? 24 : 8));
        Assert.Multiple(() =>
        {
            Assert.That(size.Events, Is.LessThanOrEqualTo(1000));
            Assert.That(size.Bytes, Is.LessThanOrEqualTo(1_000_000));
            Assert.That(size.LargestPayload, Is.LessThanOrEqualTo(LargestPayload), size.LargestEvent);
        });
    }

    private static async Task<HistorySize> SizeAsync(FakeDeployment deployment, WorkflowHandle handle)
    {
        var size = await HistorySize.OfAsync(deployment.Client, handle);
        TestContext.Out.WriteLine(size);
        TestContext.Out.WriteLine(await HistorySize.WeightsAsync(handle));
        return size;
    }
}
