using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Starter.Runs;

/// <summary>A person steers runs from the command line.</summary>
[Category("Server")]
public sealed class RunsSteerTests
{
    [Test]
    public async Task A_run_is_paused_guided_extended_and_resumed_and_what_was_said_goes_into_one_attempt()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        Fail(deployment.World);
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "llm:reflect" && deployment.World.Count("llm:reflect") == 1 ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(deployment, new SkillGenerationInput
        {
            TaskDir = "/tasks/answer", Batch = "batch", ModelSlug = "fake", OutDir = deployment.OutDir, MaxAttempts = 1,
            ResultsRoot = $"{deployment.OutDir}/elsewhere",
        });
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("llm:reflect") == 1), "the first attempt failed");

        var paused = await SparkAsync(deployment, "runs", "pause", run.Id);
        var late = await SparkAsync(deployment, "runs", "guide", run.Id, "The number is odd.");
        var extended = await SparkAsync(deployment, "runs", "extend", run.Id, "--attempts", "2");
        var guided = await SparkAsync(deployment, "runs", "guide", run.Id, "The number is even.", "--json");
        gate.SetResult();
        Assert.That(guided.ExitCode, Is.Zero, guided.Error);
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == "paused", "it stands still");
        var resumed = await SparkAsync(deployment, "runs", "resume", run.Id);
        var result = await run.GetResultAsync();
        var over = await SparkAsync(deployment, "runs", "pause", run.Id);

        var attempts = JsonDocument.Parse(File.ReadAllText(Path.Combine(result.ResultDir!, "attempts.json"))).RootElement.GetProperty("attempts");
        Assert.Multiple(() =>
        {
            Assert.That((paused.ExitCode, paused.Output), Is.EqualTo((0, $"{run.Id}  Pause accepted\n")), paused.Error);
            Assert.That(late.Error, Does.Contain("no attempt is left that could be told; send ExtendAttempts first."));
            Assert.That(JsonDocument.Parse(guided.Output).RootElement[0].GetProperty("accepted").GetBoolean(), guided.Error);
            Assert.That((extended.ExitCode, resumed.ExitCode), Is.EqualTo((0, 0)));
            Assert.That(result.Attempts, Is.EqualTo(3), "one, and two more");
            Assert.That(result.ResultDir, Is.EqualTo($"{deployment.OutDir}/elsewhere/fake/answer"), "where --result-dir says");
            Assert.That(
                attempts.EnumerateArray().Select(attempt => attempt.GetProperty("guidance").GetArrayLength()), Is.EqualTo(new[] { 0, 1, 0 }));
            Assert.That((over.ExitCode, over.Error), Is.EqualTo((1, $"spark: run '{run.Id}' is closed: completed; Pause needs an open run\n")));
        });
    }

    [Test]
    public async Task A_run_out_of_budget_goes_on_with_a_larger_one_and_says_what_it_refuses()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.CostPerCall = 2;
        deployment.World.Reply = (purpose, call, _) => purpose == LlmPurposes.Agent ? (call < 3 ? $"$ step {call}" : "Done.") : Memos.Skill;
        var run = await StartAsync(deployment, new SkillGenerationInput
        {
            TaskDir = "/tasks/answer", Batch = "batch", ModelSlug = "fake", OutDir = deployment.OutDir, BudgetUsd = 4,
        });
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == "waiting: budget", "it waits");

        var vain = await SparkAsync(deployment, "runs", "resume", run.Id, "--json");
        var low = await SparkAsync(deployment, "runs", "budget", run.Id, "--usd", "3.5");
        var none = await SparkAsync(deployment, "runs", "budget", run.Id);
        var attempt = await SparkAsync(deployment, "runs", "extend", $"{run.Id}/attempt-1", "--attempts", "2");
        var raised = await SparkAsync(deployment, "runs", "budget", run.Id, "--usd", "10", "--tokens", "1000000");
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(vain.ExitCode, Is.EqualTo(1));
            Assert.That(JsonDocument.Parse(vain.Output).RootElement.GetProperty("error").GetProperty("message").GetString(), Does.Contain("RaiseBudget goes on"));
            Assert.That(low.Error, Does.Contain("refuses RaiseBudget: budget_usd must be above what has been spent, $4.00."));
            Assert.That((none.ExitCode, none.Error), Is.EqualTo((2, "spark: give --usd, --tokens or both\n")));
            Assert.That(attempt.Error, Is.EqualTo($"spark: run '{run.Id}/attempt-1' takes no ExtendAttempts: it is of type Attempt\n"));
            Assert.That(raised.ExitCode, Is.Zero, raised.Error);
            Assert.That((result.Status, result.CostUsd), Is.EqualTo((SkillRunStatus.Passed, 8.0)));
        });
    }

    [Test]
    public async Task A_batch_gets_more_to_do_tries_again_what_failed_and_opens_fewer_runs()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && deployment.World.Count("sandbox.verify") > 1 ? gate.Task : Task.CompletedTask;
        deployment.World.Verification = _ => deployment.World.VerdictAsync(deployment.World.Count("sandbox.verify") > 1 ? 1 : 0, 0, 2).GetAwaiter().GetResult();
        var input = BatchFiles.Trials(deployment, 2) with { Parallelism = 1 };
        var started = await deployment.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), deployment.Options("batch"));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.verify") == 2), "the first one failed, and the second one runs");
        var more = BatchFiles.Tasks(Path.Combine(deployment.OutDir, "more"), "added", "left-out");

        var added = await SparkAsync(deployment, "runs", "add", started.Id, "--tasks-dir", more, "--tasks", "add*", "--json");
        var retried = await SparkAsync(deployment, "runs", "retry", started.Id, "--which", "failed");
        var fewer = await SparkAsync(deployment, "runs", "parallelism", started.Id, "2");
        var none = await SparkAsync(deployment, "runs", "parallelism", started.Id, "0");
        var unclear = await SparkAsync(deployment, "runs", "add", started.Id);
        gate.SetResult();
        var result = await started.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(JsonDocument.Parse(added.Output).RootElement[0].GetProperty("accepted").GetBoolean(), added.Error);
            Assert.That((retried.ExitCode, retried.Output), Is.EqualTo((0, $"{started.Id}  RetryFailed accepted\n")), retried.Error);
            Assert.That((fewer.ExitCode, fewer.Output), Is.EqualTo((0, $"{started.Id}  SetParallelism accepted\n")), fewer.Error);
            Assert.That((none.ExitCode, none.Error), Is.EqualTo((2, "spark: N is the number of runs open at once, from 1 to 2,000; it was 0\n")));
            Assert.That((unclear.ExitCode, unclear.Error), Is.EqualTo((2, "spark: give either --tasks-dir, for a batch of tasks, or --prompt-file, for one that makes tasks\n")));
            Assert.That((result.Counts.Total, result.Counts.Passed), Is.EqualTo((3, 3)), "the second, the added and the first again");
        });
    }

    private static void Fail(FakeWorld world)
    {
        world.Reply = (purpose, call, _) => purpose == LlmPurposes.Reflect ? Memos.With("- the number is even", "Try again.", call) : "Done.";
        world.Verification = _ => world.VerdictAsync(0, 0, 2).GetAwaiter().GetResult();
    }

    private static Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, SkillGenerationInput input) =>
        deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow run) => run.RunAsync(input), deployment.Options("skill"));

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, params string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
