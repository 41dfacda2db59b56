using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Worker;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Two versions of the worker side by side on a real server.</summary>
[Category("Server")]
public sealed class VersioningTests
{
    [Test]
    public async Task A_run_ends_on_the_version_it_began_on_and_new_ones_begin_on_the_new_one()
    {
        var name = $"spark-{Guid.NewGuid():n}";
        await using var deployment = await FakeDeployment.StartAsync(version: Version(name, "1"));
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "packages.read" && deployment.World.Count("packages.read") == 1 ? gate.Task : Task.CompletedTask;
        deployment.World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}") : "done";
        await MakeCurrentAsync(deployment, name, "1");
        var before = await StartAsync(deployment, "before");
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("packages.read") == 1), "it has begun");

        deployment.AddWorkflows(Version(name, "2"));
        await MakeCurrentAsync(deployment, name, "2");
        var after = await StartAsync(deployment, "after");
        await after.GetResultAsync();
        gate.SetResult();
        await before.GetResultAsync();

        Assert.That((await VersionsAsync(before)).Distinct(), Is.EqualTo(new[] { "1" }));
        Assert.That((await VersionsAsync(deployment.Client.GetWorkflowHandle($"{before.Id}/attempt-1"))).Distinct(), Is.EqualTo(new[] { "1" }), "its attempt, begun later, too");
        Assert.That((await VersionsAsync(after)).Distinct(), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task A_batch_is_moved_on_to_the_current_version_by_hand_and_each_item_counts_once()
    {
        var name = $"spark-{Guid.NewGuid():n}";
        await using var deployment = await FakeDeployment.StartAsync(version: Version(name, "1"));
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call.StartsWith("sandbox.start", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        await MakeCurrentAsync(deployment, name, "1");
        var input = BatchFiles.Trials(deployment, 4) with { Parallelism = 1, Tuning = new BatchTuning { HistoryLimit = 20 } };
        var batch = await deployment.Client.StartWorkflowAsync((BatchWorkflow run) => run.RunAsync(input), deployment.Options("batch"));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.start") == 1), "it has begun");

        deployment.AddWorkflows(Version(name, "2"));
        await MakeCurrentAsync(deployment, name, "2");

        // It may continue as new just then, and its run that was asked for is closed.
        await Eventually.PassesAsync(() => deployment.Client.WorkflowService.UpdateWorkflowExecutionOptionsAsync(new()
        {
            Namespace = deployment.Client.Options.Namespace,
            WorkflowExecution = new() { WorkflowId = batch.Id },
            WorkflowExecutionOptions = new() { VersioningOverride = new() { AutoUpgrade = true } },
            UpdateMask = new() { Paths = { "versioning_override" } },
        }));
        gate.SetResult();
        var result = await batch.GetResultAsync();

        Assert.That(result.Counts.Passed, Is.EqualTo(4), "every item once");
        Assert.That((await batch.QueryAsync(run => run.GetProgress())).Runs, Is.GreaterThan(1), "it continued as new");
        Assert.That(await VersionsAsync(deployment.Client.GetWorkflowHandle(batch.Id)), Is.Not.Empty.And.All.EqualTo("2"), "its last run");
    }

    [Test]
    public async Task An_attempt_of_100_turns_stays_within_its_bounds_on_a_versioned_worker()
    {
        var name = $"spark-{Guid.NewGuid():n}";
        await using var deployment = await FakeDeployment.StartAsync(version: Version(name, "10.20.30"));
        await MakeCurrentAsync(deployment, name, "10.20.30");
        var handle = await MeasuredRuns.AttemptAsync(deployment, 100);
        await handle.GetResultAsync();
        var size = await HistorySize.OfAsync(deployment.Client, handle);
        TestContext.Out.WriteLine(size);
        TestContext.Out.WriteLine(await HistorySize.WeightsAsync(handle));

        Assert.That(size.Bytes, Is.LessThanOrEqualTo(320_000));
    }

    private static WorkerDeploymentOptions Version(string name, string version) => new(new(name, version), useWorkerVersioning: true)
    {
        DefaultVersioningBehavior = WorkerRegistration.VersionOf(version, versioned: true).DefaultVersioningBehavior,
    };

    private static Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, string name) =>
        deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow run) => run.RunAsync(Skill(deployment, name)), deployment.Options($"skill/{name}"));

    private static SkillGenerationInput Skill(FakeDeployment deployment, string name) => new()
    {
        TaskDir = $"/tasks/{name}",
        Batch = "versions",
        ModelSlug = "fake",
        Model = new ModelChoice(),
        MaxAttempts = 1,
        OutDir = deployment.OutDir,
    };

    /// <summary>What <c>temporal worker deployment set-current-version</c> does, once the server has seen the version poll.</summary>
    private static Task MakeCurrentAsync(FakeDeployment deployment, string name, string version) => Eventually.PassesAsync(async () =>
        await deployment.Client.WorkflowService.SetWorkerDeploymentCurrentVersionAsync(
            new() { Namespace = deployment.Client.Options.Namespace, DeploymentName = name, BuildId = version }, new() { Retry = false }));

    private static async Task<IReadOnlyList<string>> VersionsAsync(WorkflowHandle run) =>
    [
        .. (await run.FetchHistoryAsync()).Events.Select(happened => happened.WorkflowTaskCompletedEventAttributes?.DeploymentVersion?.BuildId).OfType<string>(),
    ];
}
