using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
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
    public async Task A_batch_goes_on_with_the_current_version_when_it_continues_and_its_open_runs_end_on_theirs()
    {
        var name = $"spark-{Guid.NewGuid():n}";
        await using var deployment = await FakeDeployment.StartAsync(version: Version(name, "1"));
        var gates = Gates(deployment, "task-01", "task-02", "task-06");
        await MakeCurrentAsync(deployment, name, "1");
        var input = BatchFiles.Trials(deployment, 6) with { Parallelism = 2, Tuning = new BatchTuning { HistoryLimit = 20 } };
        var batch = await deployment.Client.StartWorkflowAsync((BatchWorkflow run) => run.RunAsync(input), deployment.Options("batch"));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.start") == 2), "it has begun");

        deployment.AddWorkflows(Version(name, "2"));
        await MakeCurrentAsync(deployment, name, "2");
        gates["task-02"].SetResult();
        var newest = deployment.Client.GetWorkflowHandle<BatchWorkflow>(batch.Id);
        await Eventually.IsTrueAsync(async () => await StandsOnAsync(newest, "2"), "it is on the new version and pinned to it");
        await Eventually.IsTrueAsync(async () => (await newest.QueryAsync(run => run.GetProgress())).Counts.Ended == 4, "all others have ended");

        // Only the run that began on it needs the old version now; when that has ended, nothing does.
        gates["task-01"].SetResult();
        await Eventually.IsTrueAsync(async () => (await newest.QueryAsync(run => run.GetProgress())).Counts.Ended == 5, "it has ended");
        await deployment.StopFirstWorkflows();
        gates["task-06"].SetResult();
        var result = await batch.GetResultAsync();

        Assert.That(BatchFiles.Results(result).Select(item => item.Item.Name), Is.EquivalentTo(Enumerable.Range(1, 6).Select(number => $"task-{number:00}")), "every item once");
        Assert.That(result.Counts.Passed, Is.EqualTo(6));
        Assert.That((await VersionsAsync(deployment.Client.GetWorkflowHandle(batch.Id, batch.ResultRunId))).Distinct(), Is.EqualTo(new[] { "1" }), "its first run");
        Assert.That(await VersionsAsync(newest), Is.Not.Empty.And.Some.EqualTo("2").And.None.EqualTo("1").Or.Exactly(1).EqualTo("1"), "its last run: on the old version at most the first task, which moved it");
        Assert.That((await VersionsAsync(deployment.Client.GetWorkflowHandle(Item(input, 1)))).Distinct(), Is.EqualTo(new[] { "1" }), "what was open when it moved");
        Assert.That((await VersionsAsync(deployment.Client.GetWorkflowHandle(Item(input, 6)))).Distinct(), Is.EqualTo(new[] { "2" }), "what it started after that");
    }

    [Test]
    public async Task A_batch_that_cannot_be_moved_stays_says_so_and_loses_nothing()
    {
        var name = $"spark-{Guid.NewGuid():n}";
        await using var deployment = await FakeDeployment.StartAsync(version: Version(name, "1"), versions: new Refusing());
        var gates = Gates(deployment, "task-02", "task-04");
        await MakeCurrentAsync(deployment, name, "1");
        var input = BatchFiles.Trials(deployment, 4) with { Parallelism = 1, Tuning = new BatchTuning { HistoryLimit = 20 } };
        var batch = await deployment.Client.StartWorkflowAsync((BatchWorkflow run) => run.RunAsync(input), deployment.Options("batch"));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.start") == 2), "it has begun");
        deployment.AddWorkflows(Version(name, "2"));
        await MakeCurrentAsync(deployment, name, "2");
        gates["task-02"].SetResult();
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.start") == 4), "it has gone on");
        var newest = deployment.Client.GetWorkflowHandle<BatchWorkflow>(batch.Id);
        var details = (await newest.QueryAsync<Temporalio.Api.Sdk.V1.WorkflowMetadata>("__temporal_workflow_metadata", [])).CurrentDetails;
        gates["task-04"].SetResult();

        Assert.That((await batch.GetResultAsync()).Counts.Passed, Is.EqualTo(4));
        Assert.That(details, Does.Contain("**Version:** stays on version 1: it must not be moved"));
        Assert.That((await VersionsAsync(newest)).Distinct(), Is.EqualTo(new[] { "1" }));
    }

    [Test]
    public async Task An_evaluation_goes_on_with_the_current_version_too()
    {
        var name = $"spark-{Guid.NewGuid():n}";
        await using var deployment = await FakeDeployment.StartAsync(version: Version(name, "1"));
        var fixture = new EvaluationFixture(deployment);
        var input = fixture.Input("task-01", "task-02", "task-03") with { Arms = [fixture.Baseline], Parallelism = 1, Rules = new EvaluationRules { HistoryLimit = 20 } };
        var gates = Gates(deployment, "task-01");
        await MakeCurrentAsync(deployment, name, "1");
        var run = await fixture.StartAsync(input);
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.start") == 1), "it has begun");
        deployment.AddWorkflows(Version(name, "2"));
        await MakeCurrentAsync(deployment, name, "2");
        gates["task-01"].SetResult();
        var result = await run.GetResultAsync();

        Assert.That(result.Students.Single().Arms.Single().Passed, Is.EqualTo(3), "every trial once");
        Assert.That(await VersionsAsync(deployment.Client.GetWorkflowHandle(run.Id)), Does.Contain("2"), "its last run");
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

    /// <summary>Lets the containers of some tasks wait.</summary>
    private static Dictionary<string, TaskCompletionSource> Gates(FakeDeployment deployment, params string[] tasks)
    {
        var gates = tasks.ToDictionary(task => task, _ => new TaskCompletionSource());
        deployment.World.Before = (call, _) => call.StartsWith("sandbox.start", StringComparison.Ordinal)
            && tasks.FirstOrDefault(task => ActivityExecutionContext.Current.Info.WorkflowId!.Contains($"/{task}/", StringComparison.Ordinal)) is { } held
            ? gates[held].Task : Task.CompletedTask;
        return gates;
    }

    private static string Item(BatchInput input, int number) => WorkflowIds.Evaluation(input.Batch, "none", "nop", $"task-{number:00}", 1);

    /// <summary>Whether the newest run stands on a version, as the server sees it, with no override left.</summary>
    private static async Task<bool> StandsOnAsync(WorkflowHandle run, string version) =>
        (await run.Client.WorkflowService.DescribeWorkflowExecutionAsync(new() { Namespace = run.Client.Options.Namespace, Execution = new() { WorkflowId = run.Id } }))
            .WorkflowExecutionInfo.VersioningInfo is { Behavior: VersioningBehavior.Pinned, VersioningOverride: null, VersionTransition: null } info
        && info.DeploymentVersion?.BuildId == version;

    /// <summary>A server that lets nobody move a run.</summary>
    private sealed class Refusing : IVersionActivities
    {
        public Task<VersionMove> MoveAsync() => Task.FromResult(new VersionMove(false, "it must not be moved"));

        public Task PinAsync() => throw new InvalidOperationException("It has not moved.");
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
