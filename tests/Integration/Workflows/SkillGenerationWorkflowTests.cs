using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class SkillGenerationWorkflowTests
{
    private static SkillGenerationInput Input(FakeDeployment deployment) => new()
    {
        TaskDir = "/tasks/answer",
        Batch = "batch",
        ModelSlug = "fake",
        OutDir = deployment.OutDir,
        MaxAttempts = 6,
        Limits = new AttemptLimits { HostAwaySec = 2 },
    };

    private static Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, SkillGenerationInput input) =>
        deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow run) => run.RunAsync(input), deployment.Options("skill"));

    /// <summary>Fails until the given container, then passes. The first container is the one of the verifier hint.</summary>
    private static async Task PassFromAsync(FakeDeployment deployment, int attempt)
    {
        var (failed, passed) = (await deployment.World.VerdictAsync(0, 0, 2), await deployment.World.VerdictAsync(1, 2, 2));
        deployment.World.Verdict = container => container - 1 >= attempt ? passed : failed;
    }

    /// <summary>A model whose memos stand still, which is what interventions are for.</summary>
    private static string Stagnant(string purpose, int call, LlmRequest request) => purpose switch
    {
        LlmPurposes.Reflect => Memos.With("- the file is /answer\n- the number is even", "Try again with the same number.", call),
        LlmPurposes.Distill => Memos.Skill,
        _ => "I looked at it.",
    };

    [Test]
    public async Task It_fails_reflects_is_steered_passes_and_leaves_a_skill()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Stagnant;
        await PassFromAsync(deployment, 5);

        var run = await StartAsync(deployment, Input(deployment));
        var result = await run.GetResultAsync();
        var history = await run.QueryAsync(workflow => workflow.GetPdiHistory());
        var progress = await run.QueryAsync(workflow => workflow.GetProgress());
        var events = File.ReadAllLines(Path.Combine(result.ResultDir!, "trajectory.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToList();

        Assert.Multiple(() =>
        {
            Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed));
            Assert.That(result.Attempts, Is.EqualTo(5));
            Assert.That(File.ReadAllText(result.SkillPath!), Does.StartWith("---\nname: answer"));
            Assert.That(history, Has.Count.EqualTo(4));
            Assert.That(
                progress.Attempts.Select(attempt => attempt.Intervention),
                Is.EqualTo(new[] { InterventionLevel.None }.Concat(history.Select(snapshot => snapshot.Level))), "what the proxy says steers the next attempt");
            Assert.That(history.Select(snapshot => snapshot.Level), Does.Contain(InterventionLevel.Soft).And.Contain(InterventionLevel.Strong));
            Assert.That(events.Count(happened => happened.GetProperty("type").GetString() == "execution_result"), Is.EqualTo(5));
            Assert.That(events.Count(happened => happened.GetProperty("type").GetString() == "pdi_snapshot"), Is.EqualTo(4));
            Assert.That(events[^1].GetProperty("type").GetString(), Is.EqualTo("task_summary"));
            Assert.That(deployment.World.Containers, Is.Empty);
        });
    }

    [Test]
    public async Task Observing_only_records_and_never_intervenes()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Stagnant;
        await PassFromAsync(deployment, 5);

        var run = await StartAsync(deployment, Input(deployment) with { Pdi = new PdiSettings(ObserveOnly: true) });
        var result = await run.GetResultAsync();
        var history = await run.QueryAsync(workflow => workflow.GetPdiHistory());

        Assert.That(history.Any(snapshot => snapshot.Triggered));
        Assert.That((result.SoftInterventions, result.StrongInterventions), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task Attempts_that_run_out_leave_a_report()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Stagnant;
        await PassFromAsync(deployment, 99);

        var result = await (await StartAsync(deployment, Input(deployment) with { MaxAttempts = 2 })).GetResultAsync();

        Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Exhausted));
        Assert.That(result.Outcome, Is.EqualTo(Outcome.Fail));
        Assert.That(File.ReadAllText(Path.Combine(result.ResultDir!, "error_report.md")), Does.Contain("Exhausted").And.Contain("Exploration Memo"));
    }

    [Test]
    public async Task A_memo_refused_three_times_leaves_the_last_good_one()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (purpose, call, request) => purpose == LlmPurposes.Reflect && call > 1 ? "no memo at all" : Stagnant(purpose, call, request);
        await PassFromAsync(deployment, 3);

        var run = await StartAsync(deployment, Input(deployment));
        await run.GetResultAsync();

        Assert.That(await run.QueryAsync(workflow => workflow.GetMemo()), Does.Contain("the number is even"));
        Assert.That(deployment.World.Count("llm:reflect"), Is.EqualTo(4), "once, then three times in vain");
    }

    [Test]
    public async Task Two_infrastructure_failures_in_a_row_make_it_wait_and_use_up_no_attempt()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Stagnant;
        var broken = true;
        deployment.World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && broken
            ? throw new ApplicationFailureException("The container was lost.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;
        var run = await StartAsync(deployment, Input(deployment));
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == "waiting: infrastructure", "the run waits");
        var waiting = await run.QueryAsync(workflow => workflow.GetProgress());

        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(waiting.Attempts, Has.Count.EqualTo(2));
            Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed));
            Assert.That(result.Attempts, Is.EqualTo(1));
            Assert.That(result.InfrastructureFailures, Is.EqualTo(2));
            Assert.That(deployment.World.Count("llm:reflect"), Is.Zero);
        });
    }

    [Test]
    public async Task Guidance_goes_into_the_next_attempt_only()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Stagnant;
        await PassFromAsync(deployment, 3);
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "llm:reflect" && deployment.World.Count("llm:reflect") == 1 ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(deployment, Input(deployment));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("llm:reflect") == 1), "the first attempt failed");

        await run.ExecuteUpdateAsync(workflow => workflow.AddGuidanceAsync(new GuidanceRequest("The number is 42.")));
        gate.SetResult();
        var result = await run.GetResultAsync();
        var injections = File.ReadAllLines(Path.Combine(result.ResultDir!, "trajectory.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(happened => happened.GetProperty("type").GetString() == "execution_result")
            .Select(happened => happened.GetProperty("retry_injection").GetString()!.Contains("The number is 42."));

        Assert.That(injections, Is.EqualTo(new[] { false, true, false }));
    }

    [TestCase("", "empty")]
    [TestCase(null, "empty")]
    public async Task Guidance_without_text_is_refused_before_it_is_accepted(string? text, string why)
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Stagnant;
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "packages.hint" ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(deployment, Input(deployment));

        var refused = await Assert.ThrowsAsync<WorkflowUpdateFailedException>(() => run.ExecuteUpdateAsync(workflow => workflow.AddGuidanceAsync(new GuidanceRequest(text!))));

        Assert.That(refused!.InnerException!.Message, Does.Contain(why));
        gate.SetResult();
        await run.GetResultAsync();
    }

    [Test]
    public async Task A_task_that_does_not_build_ends_the_run_before_anything_is_paid_for()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Before = (call, _) => call == "sandbox.prepare"
            ? throw new ApplicationFailureException("RUN false: exit 1", FailureTypes.BuildFailed, nonRetryable: true)
            : Task.CompletedTask;

        var result = await (await StartAsync(deployment, Input(deployment))).GetResultAsync();

        Assert.That(result.Status, Is.EqualTo(SkillRunStatus.TaskBroken));
        Assert.That(result.Error, Does.Contain("RUN false"));
        Assert.That(deployment.World.Count("llm:"), Is.Zero);
    }

    [Test]
    public async Task Cancelling_the_run_removes_the_container_of_its_attempt()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (_, call, _) => $"$ step {call}";
        var never = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "sandbox.run_turn:1" ? never.Task : Task.CompletedTask;
        var run = await StartAsync(deployment, Input(deployment));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.run_turn") == 1), "the command runs");

        await run.CancelAsync();

        await Assert.ThatAsync(async () => await run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        Assert.That(deployment.World.Containers, Is.Empty);
        never.SetResult();
    }
}
