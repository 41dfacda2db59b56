using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Exports;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Preflight;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Histories of attempts, skill runs, batches, evaluations and exports.</summary>
[Explicit]
[Category("Record")]
public sealed class HistoryRecorder : HistoryRecording
{
    private static readonly AttemptLimits Limits = new() { HostAwaySec = 2 };

    private protected override void Prepare() => World.Reply = Model;

    [Test]
    public async Task Attempt_passed()
    {
        World.Reply = (_, call, _) => call <= 3 ? $"$ step {call}" : "finished";
        var attempt = await AttemptAsync();
        await attempt.GetResultAsync();
        await KeepAsync("attempt-passed", attempt);
    }

    [Test]
    public async Task Attempt_that_moved_to_another_container()
    {
        World.Reply = (_, call, _) => call <= 3 ? $"$ step {call}" : "finished";
        var lost = 0;
        World.Before = (call, _) => call == "sandbox.run_turn:2" && Interlocked.Increment(ref lost) == 1
            ? throw new ApplicationFailureException("No such container.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;
        var attempt = await AttemptAsync();
        await attempt.GetResultAsync();
        await KeepAsync("attempt-moved", attempt);
    }

    [Test]
    public async Task Attempt_cancelled_while_a_command_runs()
    {
        World.Reply = (_, call, _) => $"$ step {call}";
        var attempt = await AttemptAsync();
        await CancelDuringAsync("sandbox.run_turn:1", attempt);
        await KeepAsync("attempt-cancelled", attempt);
    }

    [Test]
    public async Task Attempt_of_an_installed_agent_that_moved_and_may_spend_more()
    {
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call switch
        {
            "agents.run:container-1" => throw new ApplicationFailureException("No such container.", FailureTypes.SandboxLost, nonRetryable: true),
            "agents.run:container-2" => gate.Task,
            _ => Task.CompletedTask,
        };
        var attempt = await AttemptAsync(new AttemptInput { TaskDir = "/tasks/answer", Agent = "codex", BudgetUsd = 1, OutDir = _deployment.OutDir, Limits = Limits });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("agents.run:container-2") == 1), "it runs again");
        await attempt.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(5)));
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("agents.budget") == 1), "it is told");
        gate.SetResult();
        await attempt.GetResultAsync();
        await KeepAsync("attempt-installed", attempt);
    }

    [Test]
    public async Task Recorded_run_re_enacted()
    {
        var folder = _deployment.OutDir + "/recorded/answer";
        Directory.CreateDirectory(folder);
        object[] events =
        [
            new { type = "execution_result", attempt = 0, status = "FAIL", reward = 0, n_passed = 0, n_tests = 2, agent_commands = "echo 41 > /answer", test_summary = "FAILED tests.py::test_1" },
            new { type = "reflect_call", attempt = 0, memo_before = "", memo_after = Memos.With("- the file is /answer", "Write an even number.", 1) },
            new { type = "pdi_snapshot", attempt = 0, step = 0 },
            new { type = "execution_result", attempt = 1, status = "PASS", reward = 1, n_passed = 2, n_tests = 2, agent_commands = "echo 42 > /answer", test_summary = "" },
            new { type = "skill_gen_call", attempt = 1, response = Memos.Skill },
        ];
        await File.WriteAllLinesAsync(folder + "/trajectory.jsonl", events.Select(line => JsonSerializer.Serialize(line)));
        var run = await SkillAsync(Skill() with { TaskDir = folder, Agent = AgentNames.Replay });
        await run.GetResultAsync();
        await KeepAsync("skill-replayed", run);
        await KeepAsync("attempt-replayed", _deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-2"));
    }

    [Test]
    public async Task Skill_run_that_is_steered_and_passes()
    {
        await FailUntilAsync(5);
        var run = await SkillAsync(Skill());
        await run.GetResultAsync();
        await KeepAsync("skill-passed", run);
    }

    [Test]
    public async Task Skill_run_whose_attempts_run_out_and_whose_memo_is_refused()
    {
        await FailUntilAsync(99);
        World.Reply = (purpose, call, request) => purpose == LlmPurposes.Reflect && call == 1 ? "no memo" : Model(purpose, call, request);
        var run = await SkillAsync(Skill() with { MaxAttempts = 2 });
        await run.GetResultAsync();
        await KeepAsync("skill-exhausted", run);
    }

    [Test]
    public async Task Skill_run_that_fails_because_its_skill_is_refused()
    {
        World.Reply = (purpose, call, request) => purpose == LlmPurposes.Distill ? "---\nname: Wrong\n---\n" : Model(purpose, call, request);
        var run = await SkillAsync(Skill());
        await Assert.ThatAsync(() => run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        await KeepAsync("skill-refused", run);
    }

    [Test]
    public async Task Skill_run_cancelled_in_an_attempt()
    {
        World.Reply = (_, call, _) => $"$ step {call}";
        var run = await SkillAsync(Skill());
        await CancelDuringAsync("sandbox.run_turn:1", run);
        await KeepAsync("skill-cancelled", run);
    }

    [Test]
    public async Task Skill_run_paused_guided_extended_and_resumed()
    {
        await FailUntilAsync(3);
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call == "llm:reflect" && World.Count("llm:reflect") == 1 ? gate.Task : Task.CompletedTask;
        var run = await SkillAsync(Skill() with { MaxAttempts = 2 });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:reflect") == 1), "the first attempt failed");
        await run.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        await run.ExecuteUpdateAsync(workflow => workflow.AddGuidanceAsync(new GuidanceRequest("The number is even.")));
        await run.ExecuteUpdateAsync(workflow => workflow.ExtendAttemptsAsync(new ExtendRequest(2)));
        gate.SetResult();
        await WaitsAsync(run, "paused");
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await run.GetResultAsync();
        await KeepAsync("skill-steered", run);
    }

    [Test]
    public async Task Skill_run_that_waits_for_a_budget()
    {
        World.CostPerCall = 1;
        World.Reply = (purpose, call, request) => purpose == LlmPurposes.Agent ? $"$ step {call}" : Model(purpose, call, request);
        var run = await SkillAsync(Skill() with { BudgetUsd = 3 });
        await WaitsAsync(run, "waiting: budget");
        await KeepAsync("skill-waiting-budget", run);
        await run.TerminateAsync();
    }

    [Test]
    public async Task Skill_run_that_waits_for_infrastructure()
    {
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal)
            ? throw new ApplicationFailureException("The container was lost.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;
        var run = await SkillAsync(Skill());
        await WaitsAsync(run, "waiting: infrastructure");
        await KeepAsync("skill-waiting-infrastructure", run);
        await run.TerminateAsync();
    }

    [Test]
    public async Task Skill_run_that_waits_for_its_model_endpoint()
    {
        var broken = true;
        World.Before = (call, _) => call == "llm:agent" && broken
            ? throw new ApplicationFailureException("401: no such key", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : Task.CompletedTask;
        var run = await SkillAsync(Skill());
        await WaitsAsync(run, "waiting: model endpoint");
        await KeepAsync("skill-waiting-endpoint", run);
        var attempt = _deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-1");
        await KeepAsync("attempt-waiting-endpoint", attempt);
        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await run.GetResultAsync();
        await KeepAsync("skill-waited", run);
        await KeepAsync("attempt-waited", attempt);
    }

    [Test]
    public async Task Skill_run_whose_attempt_was_terminated()
    {
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call == "llm:agent" && World.Count("llm:agent") == 1 ? gate.Task : Task.CompletedTask;
        var run = await SkillAsync(Skill());
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:agent") == 1), "the first attempt works");
        await _deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-1").TerminateAsync();
        gate.SetResult();
        await run.GetResultAsync();
        await KeepAsync("skill-attempt-terminated", run);
    }

    [Test]
    public async Task Batch_that_continues_as_new_with_runs_open()
    {
        BatchFiles.Tasks(_deployment.OutDir + "/tasks", "answer", "answer-again", "answer-last", "answer-more");
        var input = new BatchInput
        {
            Batch = _deployment.Prefix + "batch",
            Work = new SkillWork(Skill()),
            Source = new BatchSource { TasksDir = _deployment.OutDir + "/tasks" },
            OutDir = _deployment.OutDir,
            Parallelism = 2,
            Tuning = new BatchTuning { HistoryLimit = 30 },
        };
        var batch = await _deployment.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("batch"));
        await batch.GetResultAsync();
        await KeepAsync("batch", _deployment.Client.GetWorkflowHandle(batch.Id, batch.ResultRunId));
        await KeepAsync("batch-continued", _deployment.Client.GetWorkflowHandle(batch.Id));
    }

    [Test]
    public async Task Evaluation_that_continued_as_new()
    {
        var fixture = new EvaluationFixture(_deployment);
        var input = fixture.Input("answer", "answer-again", "answer-more") with { Arms = [fixture.Baseline], Parallelism = 1, Limits = Limits };
        var run = await fixture.StartAsync(input with { Rules = new EvaluationRules { HistoryLimit = 20 } });
        await run.GetResultAsync();
        await KeepAsync("evaluation-continued", _deployment.Client.GetWorkflowHandle(run.Id));
    }

    [Test]
    public async Task Export_of_an_artifact()
    {
        var request = new ExportRequest { OutDir = _deployment.OutDir, Artifacts = [await _deployment.Store.PutTextAsync("exported", CancellationToken.None)] };
        var run = await _deployment.Client.StartWorkflowAsync((ExportWorkflow workflow) => workflow.RunAsync(request), _deployment.Options("export"));
        await run.GetResultAsync();
        await KeepAsync("export", run);
    }

    [Test]
    public async Task Preflight_of_a_model_and_a_folder()
    {
        var request = new PreflightRequest { Models = [new ModelChoice()], Folders = [_deployment.OutDir] };
        var run = await _deployment.Client.StartWorkflowAsync((PreflightWorkflow workflow) => workflow.RunAsync(request), _deployment.Options("preflight"));
        await run.GetResultAsync();
        await KeepAsync("preflight", run);
    }

    [Test]
    public async Task Evaluation_with_a_trial_run_again_and_one_skipped()
    {
        var fixture = new EvaluationFixture(_deployment).Skill("generated/fake/answer", "answer");
        var failures = 0;
        World.Before = (call, _) => call == "sandbox.prepare" && Interlocked.Increment(ref failures) == 1
            ? throw new ApplicationFailureException("The container was lost.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;
        var run = await fixture.StartAsync(fixture.Input("answer") with { Parallelism = 2, Limits = Limits });
        await run.GetResultAsync();
        await KeepAsync("evaluation", run);
    }

    [Test]
    public async Task Evaluation_paused_resumed_and_cancelled()
    {
        var fixture = new EvaluationFixture(_deployment);
        var run = await fixture.StartAsync(fixture.Input("answer", "answer-again") with { Arms = [fixture.Baseline], Parallelism = 1, Limits = Limits });
        World.Reply = (_, call, _) => $"$ step {call}";
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.run_turn") >= 1), "the agent acts");
        await run.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await run.CancelAsync();
        await Assert.ThatAsync(() => run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        await KeepAsync("evaluation-cancelled", run);
    }

    private static string Model(string purpose, int call, LlmRequest request) => purpose switch
    {
        LlmPurposes.Reflect => Memos.With("- the file is /answer\n- the number is even", "Try again with the same number.", call),
        LlmPurposes.Distill => Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal),
        _ => "I looked at it.",
    };

    private SkillGenerationInput Skill() => new()
    {
        TaskDir = "/tasks/answer",
        Batch = "batch",
        ModelSlug = "fake",
        OutDir = _deployment.OutDir,
        Limits = Limits,
    };

    private Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> SkillAsync(SkillGenerationInput input) =>
        _deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow run) => run.RunAsync(input), _deployment.Options("skill"));

    private Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> AttemptAsync() =>
        AttemptAsync(new AttemptInput { TaskDir = "/tasks/answer", Agent = AgentNames.Terminal, OutDir = _deployment.OutDir, Limits = Limits });

    private Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> AttemptAsync(AttemptInput input) =>
        _deployment.Client.StartWorkflowAsync((AttemptWorkflow attempt) => attempt.RunAsync(input), _deployment.Options("attempt"));

    /// <summary>Fails until the given attempt. The first container of a run is that of the verifier hint.</summary>
    private async Task FailUntilAsync(int attempt)
    {
        var (failed, passed) = (await World.VerdictAsync(0, 0, 2), await World.VerdictAsync(1, 2, 2));
        World.Verdict = container => container - 1 >= attempt ? passed : failed;
    }

    private static Task WaitsAsync(WorkflowHandle<SkillGenerationWorkflow> run, string state) => Eventually.IsTrueAsync(
        async () => (await run.QueryAsync(workflow => workflow.GetProgress())).State == state, state);
}
