using System.Diagnostics;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>
/// Skill runs open at once in one worker process: real workflows, records and model client, a scripted model behind HTTP
/// that takes its time, no containers. Two attempts a run, the first of which fails.
/// </summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class OpenRunsBench
{
    private static readonly TimeSpan ModelTakes = TimeSpan.FromMilliseconds(200);

    private static IReadOnlyList<int> Sizes =>
        [.. (Environment.GetEnvironmentVariable("SPARK_BENCH_OPEN") ?? "100,500,1000").Split(',').Select(int.Parse)];

    [Test]
    public async Task Skill_runs_open_at_once()
    {
        List<BenchRow> rows = [];
        List<Measured> all = [];
        foreach (var runs in Sizes)
        {
            var measured = await MeasureAsync(runs);
            all.Add(measured);
            rows.AddRange(
            [
                new($"{runs} runs: most in an attempt at once", measured.Open, "runs"),
                new($"{runs} runs: throughput", runs / measured.Seconds, "runs/s"),
                new($"{runs} runs: throughput", measured.Activities / measured.Seconds, "activities/s"),
                new($"{runs} runs: peak memory of the worker", measured.PeakMb, "MB"),
            ]);

            // The larger sizes take minutes: what is measured stays, should one of them be interrupted.
            BenchReport.Write("open-runs", rows);
        }

        var (first, last) = (all[0], all[^1]);
        if (last.Runs > first.Runs)
        {
            var each = (last.PeakMb - first.PeakMb) / (last.Runs - first.Runs);
            rows.Add(new($"memory of one more run, from {first.Runs} to {last.Runs}", each, "MB", 1));
            rows.AddRange(all[1..^1].Select(between => new BenchRow(
                $"{between.Runs} runs: peak memory over the line from {first.Runs} to {last.Runs}",
                between.PeakMb / (first.PeakMb + (each * (between.Runs - first.Runs))),
                "x",
                1.15)));
        }

        BenchReport.Keep("open-runs", rows);
        Assert.That(all.Select(measured => measured.Open), Is.EqualTo(all.Select(measured => measured.Runs)), "all runs were open at once");
    }

    private static async Task<Measured> MeasureAsync(int runs)
    {
        using var folder = new TemporaryFolder();
        var client = await TemporalServer.NewNamespaceAsync();
        await using var model = ScriptedModelServer.Start(Path.Combine(AppContext.BaseDirectory, "Bench", "Scripts"), delay: ModelTakes);
        await Parallel.ForEachAsync(Enumerable.Range(0, runs), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (run, _) =>
            await client.StartWorkflowAsync((SkillGenerationWorkflow workflow) => workflow.RunAsync(Input(folder, run)), new(Id(run), TaskQueues.Workflows)));

        var clock = Stopwatch.StartNew();
        using var worker = await BenchWorker.StartAsync(folder.Path, new Dictionary<string, string>
        {
            ["TEMPORAL_ADDRESS"] = client.Connection.Options.TargetHost!,
            ["TEMPORAL_NAMESPACE"] = client.Options.Namespace,
            ["OPENAI_BASE_URL"] = model.BaseAddress.ToString(),
            ["OPENAI_API_KEY"] = "key-of-nobody",
            ["OPENAI_MODEL"] = ScriptedModel.Name,
        });
        var open = 0;
        // Seldom: to count is work for the server, which has enough.
        using var look = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await CountAsync(client, "ExecutionStatus != 'Running'") < runs)
        {
            Assert.That(clock.Elapsed, Is.LessThan(MostTime(runs)), $"{runs} runs end");
            open = Math.Max(open, await CountAsync(client, "SparkAttempt >= 1 AND ExecutionStatus = 'Running'"));
            await look.WaitForNextTickAsync();
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var peak = worker.Megabytes("VmHWM");
        await worker.StopAsync();

        Assert.That(await CountAsync(client, "ExecutionStatus = 'Completed'"), Is.EqualTo(runs));
        Assert.That((await client.GetWorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>(Id(0)).GetResultAsync()).Status, Is.EqualTo(SkillRunStatus.Passed));
        return new Measured(runs, open, seconds, runs * await ActivitiesAsync(client), peak);
    }

    private static TimeSpan MostTime(int runs) => TimeSpan.FromMinutes(5) + (TimeSpan.FromSeconds(3) * runs);

    private static SkillGenerationInput Input(TemporaryFolder folder, int run) => new()
    {
        TaskDir = "/tasks/answer",
        Batch = "bench",
        ModelSlug = "scripted",
        OutDir = folder[$"out/{run}"],
    };

    private static string Id(int run) => $"skill/bench/scripted/answer-{run}";

    private static async Task<int> CountAsync(ITemporalClient client, string query) =>
        (int)(await client.CountWorkflowsAsync($"WorkflowType = '{nameof(SkillGenerationWorkflow)}' AND {query}")).Count;

    /// <summary>Activities of one run and its attempts; all runs are alike.</summary>
    private static async Task<int> ActivitiesAsync(ITemporalClient client)
    {
        var count = 0;
        foreach (var id in (string[])[Id(0), $"{Id(0)}/attempt-1", $"{Id(0)}/attempt-2"])
        {
            var history = await client.GetWorkflowHandle(id).FetchHistoryAsync();
            count += history.Events.Count(happened => happened.EventType == EventType.ActivityTaskCompleted);
        }

        return count;
    }

    private sealed record Measured(int Runs, int Open, double Seconds, int Activities, double PeakMb);
}
