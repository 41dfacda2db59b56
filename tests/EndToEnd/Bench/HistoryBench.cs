using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>What runs leave in the server, everything at its limit and trace headers included.</summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class HistoryBench
{
    private const int Turns = 100;
    private const int Attempts = 8;

    [Test]
    public async Task Events_and_bytes_per_turn_and_per_run()
    {
        using var spans = Spans.Listen();
        var (attempt, without) = (await AttemptAsync(Turns), await AttemptAsync(0));
        await using var deployment = await FakeDeployment.StartAsync();
        var run = await MeasuredRuns.SkillRunAsync(deployment, Attempts, refused: false);
        await run.GetResultAsync();
        var skill = await HistorySize.OfAsync(deployment.Client, run);

        BenchReport.Keep(
            "history",
            new("events per turn", (attempt.Events - without.Events) / (double)Turns, "events"),
            new("bytes per turn", (attempt.Bytes - without.Bytes) / (double)Turns, "bytes"),
            new($"events of an attempt of {Turns} turns", attempt.Events, "events", 1300),
            new($"bytes of an attempt of {Turns} turns", attempt.Bytes, "bytes", 300_000),
            new($"events of a skill run of {Attempts} attempts, its children apart", skill.Events, "events", 1000),
            new($"bytes of a skill run of {Attempts} attempts, its children apart", skill.Bytes, "bytes", 1_000_000),
            new("largest payload", Math.Max(attempt.LargestPayload, skill.LargestPayload), "bytes", 64 * 1024));
    }

    private static async Task<HistorySize> AttemptAsync(int turns)
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var handle = await MeasuredRuns.AttemptAsync(deployment, turns);
        await handle.GetResultAsync();
        return await HistorySize.OfAsync(deployment.Client, handle);
    }
}
