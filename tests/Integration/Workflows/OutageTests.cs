using System.Collections.Concurrent;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>
/// Every neighbour that a skill run has, failing at every step that meets it: the run waits in place, says what for and what goes
/// on, and asks for nothing twice. What was seen is printed as a table at the end.
/// </summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class OutageTests
{
    /// <summary>Model calls of the run when nothing fails: two turns and an end, a reflection, two turns and an end, a skill.</summary>
    private const int Calls = 8;

    private static readonly ConcurrentQueue<string> Seen = new();

    private static readonly Dictionary<string, (string Type, string Words, string State)> Faults = new()
    {
        ["key refused (401)"] = (FailureTypes.ModelUnauthorized, "401: invalid_api_key", RunStates.ModelEndpoint),
        ["no quota (402, 429)"] = (FailureTypes.ModelRefused, "429: insufficient_quota", RunStates.ModelEndpoint),
        ["endpoint away"] = (FailureTypes.ModelUnavailable, "503: overloaded", RunStates.ModelEndpoint),
        ["engine away"] = (FailureTypes.SandboxUnavailable, "no engine answers", RunStates.Engine),
        ["disk full"] = (FailureTypes.ResultsUnavailable, "no space left on device", RunStates.Results),
        ["artifact lost"] = (FailureTypes.ArtifactLost, "artifact 12ab is missing", RunStates.Results),
    };

    /// <summary>What meets each neighbour: the activity, and which of its calls.</summary>
    private static IEnumerable<TestCaseData> Cells()
    {
        (string Phase, string Activity, int Nth)[] model =
            [("first turn", "llm.complete", 1), ("second turn", "llm.complete", 2), ("reflection", "llm.complete", 4), ("second attempt", "llm.complete", 6), ("skill", "llm.complete", 8)];
        (string Phase, string Activity, int Nth)[] engine =
        [
            ("image for the hint", "sandbox.prepare", 1), ("container for the hint", "sandbox.start", 1), ("oracle for the hint", "sandbox.oracle", 1), ("image", "sandbox.prepare", 2),
            ("container", "sandbox.start", 2), ("first command", "sandbox.run_turn", 1), ("second command", "sandbox.run_turn", 2), ("verifier", "sandbox.verify", 1),
            ("command of the second attempt", "sandbox.run_turn", 3),
        ];
        (string Phase, string Activity, int Nth)[] records =
        [
            ("read the task", "packages.read", 1), ("hint", "packages.hint", 1), ("instruction", "records.begin", 1), ("turn", "llm.complete", 2), ("command", "sandbox.run_turn", 2),
            ("verdict", "sandbox.verify", 1), ("trial folder", "records.write_trial", 1), ("judge", "records.judge", 1), ("what to reflect on", "records.reflect", 1),
            ("keep the attempt", "records.write_run", 1), ("evidence", "records.distill", 1), ("check the skill", "records.check_skill", 1), ("write the results", "records.write_run", 3),
        ];
        return
        [
            .. from fault in new[] { "key refused (401)", "no quota (402, 429)", "endpoint away" } from phase in model select new TestCaseData(fault, phase.Phase, phase.Activity, phase.Nth),
            .. from phase in engine select new TestCaseData("engine away", phase.Phase, phase.Activity, phase.Nth),
            .. from fault in new[] { "disk full", "artifact lost" } from phase in records select new TestCaseData(fault, phase.Phase, phase.Activity, phase.Nth),
        ];
    }

    [OneTimeTearDown]
    public void Print()
    {
        TestContext.Progress.WriteLine($"| fault | phase | it waits for | model calls | asked again | attempts lost |\n|---|---|---|---|---|---|");
        foreach (var row in Seen.Order(StringComparer.Ordinal))
        {
            TestContext.Progress.WriteLine(row);
        }
    }

    [TestCaseSource(nameof(Cells))]
    public async Task It_waits_in_place_says_why_and_goes_on_when_told(string fault, string phase, string activity, int nth)
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var (type, words, state) = Faults[fault];
        var (broken, calls) = (true, 0);
        deployment.Around = (name, _) => name == activity && Interlocked.Increment(ref calls) >= nth && broken
            ? throw new ApplicationFailureException(words, type, nonRetryable: true)
            : Task.CompletedTask;

        var run = await StartAsync(deployment, waitUnitSec: 3600);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(run)).State == state, $"it says {state}");
        var waiting = await ProgressAsync(run);
        var listed = (await run.DescribeAsync()).TypedSearchAttributes.Get(SearchAttributes.State);
        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        var result = await run.GetResultAsync();

        var paid = deployment.World.Count("llm:");
        Seen.Enqueue($"| {fault} | {phase} | {waiting.State} | {paid} | {paid - Calls} | {result.InfrastructureFailures} |");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(waiting.WaitsFor, Does.Contain(words).And.Contain("tried again by itself at").And.Contain("spark runs resume"));
            Assert.That(listed, Is.EqualTo(state));
            Assert.That((result.Status, result.Attempts, result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, 2, 0)));
            Assert.That(paid, Is.EqualTo(Calls), "nothing is asked for again");
            Assert.That(result.ModelCalls, Is.EqualTo(Calls));
            Assert.That(deployment.World.Count("sandbox.start"), Is.EqualTo(3), "the hint's container, and one for each attempt: none is lost");
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }

    [TestCase("llm.complete", FailureTypes.ModelUnavailable, 2)]
    [TestCase("sandbox.run_turn", FailureTypes.SandboxUnavailable, 2)]
    [TestCase("records.write_run", FailureTypes.ResultsUnavailable, 2)]
    public async Task It_goes_on_by_itself_when_the_trouble_is_over(string activity, string type, int nth)
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var calls = 0;
        deployment.Around = (name, _) => name == activity && Interlocked.Increment(ref calls) - nth is >= 0 and < 3
            ? throw new ApplicationFailureException("away", type, nonRetryable: true)
            : Task.CompletedTask;

        var result = await (await StartAsync(deployment, waitUnitSec: 0.1)).GetResultAsync();

        Assert.That((result.Status, result.ModelCalls, deployment.World.Count("llm:"), result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, Calls, Calls, 0)));
    }

    [Test]
    public async Task A_try_that_is_paid_for_is_left_to_a_person()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        await using var other = await FakeDeployment.StartAsync();
        var (broken, calls, others) = (true, 0, 0);
        deployment.Around = (name, _) => name == "llm.complete" && Interlocked.Increment(ref calls) >= 1 && broken
            ? throw new ApplicationFailureException("no choice with a message", FailureTypes.ModelUnreadable, nonRetryable: true)
            : Task.CompletedTask;
        other.Around = (name, _) => name == "llm.complete" && Interlocked.Increment(ref others) < 4
            ? throw new ApplicationFailureException("away", FailureTypes.ModelUnavailable, nonRetryable: true)
            : Task.CompletedTask;

        var run = await StartAsync(deployment, waitUnitSec: 0.1);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(run)).State == RunStates.ModelEndpoint, "it waits");
        await (await StartAsync(other, waitUnitSec: 0.1)).GetResultAsync();
        var (asked, waiting) = (calls, await ProgressAsync(run));
        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        var result = await run.GetResultAsync();

        Assert.That(asked, Is.EqualTo(1), "another run tried four times meanwhile");
        Assert.That(waiting.WaitsFor, Does.Contain("no choice").And.Contain("only by Resume: spark runs resume").And.Not.Contain("by itself"));
        Assert.That((result.Status, result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, 0)));
    }

    [Test]
    public async Task After_ten_minutes_the_container_goes_and_is_rebuilt_without_a_loss()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var (broken, calls) = (true, 0);
        deployment.Around = (name, _) => name == "llm.complete" && Interlocked.Increment(ref calls) >= 2 && broken
            ? throw new ApplicationFailureException("401", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : Task.CompletedTask;

        var run = await StartAsync(deployment, waitUnitSec: 3600, keepSec: 0.2);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(run)).State == RunStates.ModelEndpoint && deployment.World.Containers.IsEmpty, "it waits without a container");
        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        var result = await run.GetResultAsync();

        Assert.That((result.Status, result.InfrastructureFailures, deployment.World.Count("llm:")), Is.EqualTo((SkillRunStatus.Passed, 0, Calls)));
        Assert.That((deployment.World.Count("sandbox.start"), deployment.World.Count("sandbox.rerun")), Is.EqualTo((4, 1)));
    }

    [Test]
    public async Task A_run_that_is_held_while_its_time_to_try_comes_tries_when_it_is_let_go()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var (broken, calls) = (true, 0);
        deployment.Around = (name, _) => name == "llm.complete" && Interlocked.Increment(ref calls) >= 2 && broken
            ? throw new ApplicationFailureException("401", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : Task.CompletedTask;
        var run = await StartAsync(deployment, waitUnitSec: 0.5);
        await Eventually.IsTrueAsync(async () => (await ProgressAsync(run)).State == RunStates.ModelEndpoint, "it waits");
        await run.SignalAsync(workflow => workflow.HoldAsync(new HoldRequest(RunStates.ModelEndpoint)));

        // Its timer of at most 7.5 s is over when the container's, of an hour, is the one that runs.
        var attempt = deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-1");
        await Eventually.IsTrueAsync(
            async () => (await attempt.FetchHistoryAsync()).Events.LastOrDefault(happened => happened.TimerStartedEventAttributes is not null)
                ?.TimerStartedEventAttributes.StartToFireTimeout.Seconds > 3000,
            "its time to try has come while it is held");
        broken = false;
        await run.SignalAsync(workflow => workflow.HoldAsync(new HoldRequest(null)));

        Assert.That((await run.GetResultAsync()).Status, Is.EqualTo(SkillRunStatus.Passed));
    }

    [Test]
    public async Task A_filtered_conversation_ends_the_agents_part_and_is_verified()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var calls = 0;
        deployment.Around = (name, _) => name == "llm.complete" && Interlocked.Increment(ref calls) == 2
            ? throw new ApplicationFailureException("content_filter", FailureTypes.ModelFiltered, nonRetryable: true)
            : Task.CompletedTask;

        var result = await (await StartAsync(deployment, waitUnitSec: 3600)).GetResultAsync();

        Assert.That((result.Status, result.Attempts, result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, 2, 0)));
    }

    private static Task<SkillProgress> ProgressAsync(WorkflowHandle<SkillGenerationWorkflow> run) => run.QueryAsync(workflow => workflow.GetProgress());

    /// <summary>An attempt of two commands that fails, a memo, another that passes, a skill.</summary>
    private static async Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, double waitUnitSec, double keepSec = 3600)
    {
        var failed = await deployment.World.VerdictAsync(0, 0, 2);
        deployment.World.Verdict = container => deployment.World.Count("llm:reflect") == 0 ? failed : null;
        deployment.World.Reply = (purpose, call, request) => purpose switch
        {
            LlmPurposes.Reflect => Memos.With("- the file is /answer", "Try again.", call),
            LlmPurposes.Distill => Memos.Skill,
            _ => request.Call < 3 ? $"$ step {request.Call}" : "done",
        };
        var input = new SkillGenerationInput
        {
            TaskDir = "/tasks/answer",
            Batch = "batch",
            ModelSlug = "fake",
            OutDir = deployment.OutDir,
            MaxAttempts = 3,
            Limits = new AttemptLimits { HostAwaySec = 5, WaitUnitSec = waitUnitSec, PausedContainerSec = keepSec, ModelTries = 1 },
        };
        return await deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow workflow) => workflow.RunAsync(input), deployment.Options("skill"));
    }
}
