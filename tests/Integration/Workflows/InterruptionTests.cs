using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>
/// What people do to runs from outside: end an attempt, hold, reset, steer in the last moment. Replies come from a real endpoint and
/// are kept by the product, so what was asked is what was paid for.
/// </summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class InterruptionTests
{
    /// <summary>Two commands and an end, a reflection, two commands and an end, a skill.</summary>
    private const int Calls = 8;

    private const double CostOfCall = 0.11;

    [TestCase(true)]
    [TestCase(false)]
    public async Task An_attempt_that_somebody_ends_is_infrastructure_and_what_it_paid_for_is_taken_over(bool terminate)
    {
        await using var model = await RealModel.StartAsync();
        await using var deployment = await FakeDeployment.StartAsync(llm: model.On);
        var inFlight = new TaskCompletionSource();
        Script(model, deployment, "attempt-2", request => request.Number == 3 ? inFlight.Task : null);
        var run = await StartAsync(deployment);
        await Eventually.IsTrueAsync(() => Task.FromResult(model.Server.Requests.Count == 3), "the third request is in flight");

        var attempt = deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-1");
        await (terminate ? attempt.TerminateAsync() : attempt.CancelAsync());
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).Attempt == 2, "another attempt is made");
        inFlight.SetResult();
        var result = await run.GetResultAsync();
        var progress = await run.QueryAsync(workflow => workflow.GetProgress());

        using (Assert.EnterMultipleScope())
        {
            Assert.That((result.Status, result.Attempts, result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, 2, 1)));
            Assert.That(progress.Attempts[0].Error, Does.Contain(terminate ? "terminated" : "cancelled"));
            Assert.That(model.Server.Requests, Has.Count.EqualTo(Calls), "even the request in flight brought its reply home");
            Assert.That(result.CostUsd, Is.EqualTo(Calls * CostOfCall).Within(1e-9), "every reply is counted once");


            // A terminated attempt gives no command any more: its container is removed by the host's sweep.
            Assert.That(deployment.World.Containers, Has.Count.EqualTo(terminate ? 1 : 0));
        }
    }

    [Test]
    public async Task A_hold_that_meets_the_end_of_an_attempt_in_one_task_fails_nothing()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var gate = new TaskCompletionSource();
        Script(deployment);
        deployment.World.Before = (call, _) => call == "llm:agent" && deployment.World.Count("llm:agent") == 1 ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(deployment);
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("llm:agent") == 1), "the agent works");

        // With no worker up, both wait for the same task.
        await deployment.StopFirstWorkflows();
        await deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-1").TerminateAsync();
        await run.SignalAsync(workflow => workflow.HoldAsync(new HoldRequest(RunStates.Paused)));
        await run.SignalAsync(workflow => workflow.HoldAsync(new HoldRequest(null)));
        gate.SetResult();
        deployment.AddWorkflows(WorkerRegistration.Version);

        Assert.That((await run.GetResultAsync()).Status, Is.EqualTo(SkillRunStatus.Passed));
    }

    [Test]
    public async Task A_reset_at_any_task_asks_for_no_reply_again()
    {
        await using var model = await RealModel.StartAsync();
        await using var deployment = await FakeDeployment.StartAsync(llm: model.On);
        Script(model, deployment, "attempt-1", _ => null);
        var run = await StartAsync(deployment);
        var first = await run.GetResultAsync();
        var tasks = new List<long>();
        await foreach (var happened in deployment.Client.GetWorkflowHandle(run.Id).FetchHistoryEventsAsync())
        {
            if (happened.EventType == EventType.WorkflowTaskCompleted)
            {
                tasks.Add(happened.EventId);
            }
        }

        var runId = run.ResultRunId!;
        foreach (var task in tasks.Where((_, index) => index % Math.Max(1, tasks.Count / 5) == 0))
        {
            var reset = await deployment.Client.WorkflowService.ResetWorkflowExecutionAsync(new()
            {
                Namespace = deployment.Client.Options.Namespace,
                WorkflowExecution = new() { WorkflowId = run.Id, RunId = runId },
                WorkflowTaskFinishEventId = task,
                RequestId = Guid.NewGuid().ToString(),
                Reason = "test",
            });
            var again = await deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>(run.Id, reset.RunId).GetResultAsync();

            Assert.That((again.Status, again.Attempts), Is.EqualTo((first.Status, first.Attempts)), $"reset to event {task}");
            Assert.That(again.CostUsd, Is.EqualTo(first.CostUsd).Within(1e-9), $"reset to event {task}");
            Assert.That(model.Server.Requests, Has.Count.EqualTo(Calls), $"reset to event {task}");
        }
    }

    [Test]
    public async Task Attempts_added_while_the_last_records_are_written_are_made()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var (gate, writes) = (new TaskCompletionSource(), 0);
        Script(deployment);
        deployment.Around = (name, _) => name == "records.write_run" && Interlocked.Increment(ref writes) == 2 ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(deployment, maxAttempts: 1);
        await Eventually.IsTrueAsync(() => Task.FromResult(writes == 2), "the last records are written");

        var refused = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(() => run.ExecuteUpdateAsync(workflow => workflow.AddGuidanceAsync(new GuidanceRequest("too late"))));
        await run.ExecuteUpdateAsync(workflow => workflow.ExtendAttemptsAsync(new ExtendRequest(1)));
        await run.ExecuteUpdateAsync(workflow => workflow.AddGuidanceAsync(new GuidanceRequest("The number is 42.")));
        gate.SetResult();
        var result = await run.GetResultAsync();

        Assert.That(refused!.InnerException!.Message, Does.Contain("ExtendAttempts"));
        Assert.That((result.Status, result.Attempts), Is.EqualTo((SkillRunStatus.Passed, 2)));
        Assert.That(File.ReadAllText(Path.Combine(result.ResultDir!, "trajectory.jsonl")), Does.Contain("The number is 42."));
    }

    [Test]
    public async Task A_run_that_fails_says_so_in_lists()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.Around = (name, _) => name == "packages.read"
            ? throw new ApplicationFailureException("no such setting", FailureTypes.InvalidInput, nonRetryable: true)
            : Task.CompletedTask;
        var run = await StartAsync(deployment);

        await Assert.ThatAsync(() => run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());

        Assert.That((await run.DescribeAsync()).TypedSearchAttributes.Get(SearchAttributes.State), Is.EqualTo(RunStates.Failed));
    }

    [Test]
    public async Task A_held_run_goes_on_when_a_person_resumes_it_though_its_batch_is_gone()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        Script(deployment);
        var run = await StartAsync(deployment, parent: new ParentBatch(deployment.Id("gone"), RunStates.Paused));
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == RunStates.Paused, "it is held");

        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());

        Assert.That((await run.GetResultAsync()).Status, Is.EqualTo(SkillRunStatus.Passed));
    }

    private static void Script(FakeDeployment deployment)
    {
        var failed = deployment.World.VerdictAsync(0, 0, 2).GetAwaiter().GetResult();
        deployment.World.Verification = _ => deployment.World.Count("llm:reflect") == 0 ? failed : null;
        deployment.World.Reply = (purpose, call, request) => purpose switch
        {
            LlmPurposes.Reflect => Memos.With("- the file is /answer", "Try again.", call),
            LlmPurposes.Distill => Memos.Skill,
            _ => request.Call < 3 ? $"$ step {request.Call}" : "done",
        };
    }

    /// <param name="model">The endpoint.</param>
    /// <param name="deployment">The other neighbours.</param>
    /// <param name="failing">The attempt that fails; the others pass.</param>
    /// <param name="until">What a reply waits for; null for nothing.</param>
    private static void Script(RealModel model, FakeDeployment deployment, string failing, Func<FakeModelRequest, Task?> until)
    {
        var failed = deployment.World.VerdictAsync(0, 0, 2).GetAwaiter().GetResult();
        deployment.World.Verification = _ => ActivityExecutionContext.Current.Info.WorkflowId!.EndsWith(failing, StringComparison.Ordinal) ? failed : null;
        model.Server.Script = request => (request.Purpose switch
        {
            LlmPurposes.Reflect => FakeReply.Text(Memos.With("- the file is /answer", "Try again.", 1)),
            LlmPurposes.Distill => FakeReply.Text(Memos.Skill),
            _ => request.Turn < 2 ? FakeReply.Shell($"step {request.Turn}") : FakeReply.Text("done"),
        }) with { Until = until(request) };
    }

    private static Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, int maxAttempts = 4, ParentBatch? parent = null)
    {
        var input = new SkillGenerationInput
        {
            TaskDir = "/tasks/answer",
            Batch = "batch",
            ModelSlug = "fake",
            OutDir = deployment.OutDir,
            MaxAttempts = maxAttempts,
            Limits = new AttemptLimits { HostAwaySec = 5 },
            Parent = parent,
        };
        return deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow workflow) => workflow.RunAsync(input), deployment.Options("skill"));
    }
}
