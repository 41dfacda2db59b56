using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class AttemptWorkflowTests
{
    private static AttemptInput Input(string agent = AgentNames.Terminal, AttemptLimits? limits = null) => new()
    {
        TaskDir = "/tasks/answer",
        Agent = agent,
        Limits = limits ?? new AttemptLimits { HostAwaySec = 2 },
    };

    private static Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> StartAsync(FakeDeployment deployment, AttemptInput input) =>
        deployment.Client.StartWorkflowAsync((AttemptWorkflow attempt) => attempt.RunAsync(input), deployment.Options("attempt"));

    private static string Commands(string purpose, int call, LlmRequest request) => call <= 3 ? $"$ step {call}" : "finished";

    [Test]
    public async Task An_agent_works_until_it_asks_for_nothing_more_and_is_verified()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Commands;

        var result = await (await StartAsync(deployment, Input() with { OutDir = deployment.OutDir })).GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
            Assert.That(result.Turns, Is.EqualTo(3));
            Assert.That(result.ModelCalls, Is.EqualTo(4));
            Assert.That(result.Usage.CostUsd, Is.EqualTo(0.04).Within(1e-9));
            Assert.That(deployment.World.Containers, Is.Empty);
            Assert.That(File.Exists(Path.Combine(result.TrialDir!, "result.json")));
            Assert.That(File.Exists(Path.Combine(result.TrialDir!, "agent", "trajectory.json")));
        });
    }

    [Test]
    public async Task A_verifier_that_was_cut_off_is_named_as_Harbor_does()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var cut = (await deployment.World.VerdictAsync(null, 0, 0)) with { TimedOut = true };
        deployment.World.Verdict = _ => cut;

        var result = await (await StartAsync(deployment, Input(AgentNames.Nop) with { OutDir = deployment.OutDir })).GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Error));
        Assert.That((result.Reward, result.NoVerdict), Is.EqualTo(((double?)null, true)));
        Assert.That(File.ReadAllText(Path.Combine(result.TrialDir!, "exception.txt")), Does.StartWith("VerifierTimeoutError: "));
    }

    [Test]
    public async Task The_verifier_has_a_factor_of_its_own()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var verdict = await deployment.World.VerdictAsync(1, 1, 1);
        var allowed = 0.0;
        deployment.World.Verification = request =>
        {
            allowed = request.TimeoutSec;
            return verdict;
        };
        var limits = new AttemptLimits { TimeoutMultiplier = 0.5, VerifierTimeoutMultiplier = 3 };

        var result = await (await StartAsync(deployment, Input(AgentNames.Nop, limits) with { OutDir = deployment.OutDir })).GetResultAsync();

        var config = HarborTrialConfig.Read("config.json", await File.ReadAllTextAsync(Path.Combine(result.TrialDir!, "config.json")));
        Assert.That(allowed, Is.EqualTo(3 * new TaskSettings().VerifierTimeoutSec));
        Assert.That((config.TimeoutMultiplier, config.VerifierTimeoutMultiplier), Is.EqualTo(((double?)0.5, (double?)3)));
    }

    [TestCase(1.0, 2, Outcome.Pass)]
    [TestCase(0.5, 1, Outcome.Partial)]
    [TestCase(0.0, 1, Outcome.Partial)]
    [TestCase(0.0, 0, Outcome.Fail)]
    [TestCase(null, 0, Outcome.Error)]
    public async Task The_verdict_decides_how_it_ended(double? reward, int passed, Outcome expected)
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var verdict = await deployment.World.VerdictAsync(reward, passed, 2);
        deployment.World.Verdict = _ => verdict;

        var result = await (await StartAsync(deployment, Input(AgentNames.Nop))).GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(expected));
        Assert.That(result.Error, reward is null ? Does.Contain("reward.txt") : Is.Null);
    }

    [Test]
    public async Task A_model_that_refuses_is_waited_for_with_the_container_and_nothing_said_again()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var broken = true;
        deployment.World.Reply = (_, call, _) => call < 3 ? $"$ step {call}" : "done";
        deployment.World.Before = (call, _) => call == "llm:agent" && broken && deployment.World.Count("llm:agent") >= 2
            ? throw new ApplicationFailureException("401: no such key", FailureTypes.ModelUnauthorized, nonRetryable: true)
            : Task.CompletedTask;

        var run = await StartAsync(deployment, Input());
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(attempt => attempt.GetProgress())).State == RunStates.ModelEndpoint, "it waits");
        broken = false;
        await run.ExecuteUpdateAsync(attempt => attempt.ResumeAsync());
        var result = await run.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That((result.Outcome, result.ModelCalls, result.Losses), Is.EqualTo((Outcome.Pass, 3, 0)));
            Assert.That(deployment.World.Count("llm:agent"), Is.EqualTo(4), "three replies and one refusal");
            Assert.That(deployment.World.Count("sandbox.start"), Is.EqualTo(1));
            Assert.That(deployment.World.Containers, Is.Empty);
        });
    }

    [Test]
    public async Task A_time_out_of_the_oracle_is_named_as_Harbor_does_and_the_verdict_stays()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.OracleNeverEnds = true;
        var verdict = await deployment.World.VerdictAsync(0, 0, 1);
        var allowed = 0.0;
        deployment.World.Verification = request =>
        {
            allowed = request.TimeoutSec;
            return verdict;
        };
        var limits = new AttemptLimits { HostAwaySec = 2, TimeoutMultiplier = 0.5 };

        var result = await (await StartAsync(deployment, Input(AgentNames.Oracle, limits) with { OutDir = deployment.OutDir })).GetResultAsync();

        var trial = HarborTrialResult.Read("result.json", await File.ReadAllTextAsync(Path.Combine(result.TrialDir!, "result.json")));
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Fail));
            Assert.That(trial.ExceptionInfo!.ExceptionType, Is.EqualTo("AgentTimeoutError"));
            Assert.That(trial.VerifierResult!.Rewards!["reward"], Is.Zero);
            Assert.That(File.ReadAllText(Path.Combine(result.TrialDir!, "exception.txt")), Does.StartWith("AgentTimeoutError: "));
            Assert.That(allowed, Is.EqualTo(new TaskSettings().VerifierTimeoutSec), "the multiplier is the agent's only");
        });
    }

    [Test]
    public async Task What_a_person_must_know_of_replies_is_told_once_in_the_trial()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (_, call, _) =>
        {
            deployment.World.ReplyNote = $"The endpoint seems to have read only a part: {call} tokens.";
            return call < 3 ? $"$ step {call}" : "done";
        };

        var result = await (await StartAsync(deployment, Input())).GetResultAsync();

        Assert.That(result.Notes, Is.EqualTo(new[] { "The endpoint seems to have read only a part: 1 tokens." }));
    }

    [Test]
    public async Task A_task_that_does_not_build_is_an_error_with_the_builders_words()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Before = (call, _) => call == "sandbox.prepare"
            ? throw new ApplicationFailureException("RUN false: exit 1", FailureTypes.BuildFailed, nonRetryable: true)
            : Task.CompletedTask;

        var result = await (await StartAsync(deployment, Input())).GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Error));
        Assert.That(result.Error, Does.Contain("RUN false"));
    }

    [Test]
    public async Task A_lost_container_is_rebuilt_without_asking_the_model_again()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Commands;
        var lost = false;
        deployment.World.Before = (call, _) =>
        {
            if (call == "sandbox.run_turn:2" && !lost)
            {
                lost = true;
                throw new ApplicationFailureException("no such container", FailureTypes.SandboxLost, nonRetryable: true);
            }

            return Task.CompletedTask;
        };

        var result = await (await StartAsync(deployment, Input())).GetResultAsync();
        var said = await deployment.Store.ReadConversationAsync(result.Conversation!, CancellationToken.None);

        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
            Assert.That(result.Losses, Is.EqualTo(1));
            Assert.That(result.ModelCalls, Is.EqualTo(4));
            Assert.That(deployment.World.Count("llm:agent"), Is.EqualTo(4));
            Assert.That(deployment.World.Count("sandbox.rerun"), Is.EqualTo(1));
            Assert.That(said.Count(message => message.Role == ChatRoles.Note), Is.EqualTo(1), "the trajectory says so");
            Assert.That(deployment.World.Containers, Is.Empty);
        });
    }

    [Test]
    public async Task An_oracles_work_is_done_again_in_a_new_container_before_it_is_verified()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var lost = false;
        deployment.World.Before = (call, _) =>
        {
            if (call.StartsWith("sandbox.verify", StringComparison.Ordinal) && !lost)
            {
                lost = true;
                throw new ApplicationFailureException("no such container", FailureTypes.SandboxLost, nonRetryable: true);
            }

            return Task.CompletedTask;
        };

        var result = await (await StartAsync(deployment, Input(AgentNames.Oracle))).GetResultAsync();

        Assert.That(result.Losses, Is.EqualTo(1));
        Assert.That(
            deployment.World.Calls.Where(call => call.StartsWith("sandbox.oracle", StringComparison.Ordinal) || call.StartsWith("sandbox.verify", StringComparison.Ordinal)).Select(call => call.Split(':')[0]),
            Is.EqualTo(new[] { "sandbox.oracle", "sandbox.verify", "sandbox.oracle", "sandbox.verify" }));
    }

    [Test]
    public async Task A_third_loss_ends_the_attempt_as_infrastructure()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Commands;
        deployment.World.Before = (call, _) => call.StartsWith("sandbox.run_turn", StringComparison.Ordinal)
            ? throw new ApplicationFailureException("no such container", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;

        var result = await (await StartAsync(deployment, Input())).GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Infrastructure));
        Assert.That(result.Losses, Is.EqualTo(3));
        Assert.That(deployment.World.Containers, Is.Empty);
    }

    [Test]
    public async Task A_host_that_stays_away_is_replaced_by_another()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Commands;
        var elsewhere = deployment.Prefix + TaskQueues.SandboxHost("two");
        deployment.AddHost(elsewhere);
        deployment.World.HostQueue = deployment.Prefix + TaskQueues.SandboxHost("away");
        deployment.World.Before = (call, _) =>
        {
            if (deployment.World.Count("sandbox.prepare") == 2)
            {
                deployment.World.HostQueue = elsewhere;
            }

            return Task.CompletedTask;
        };

        var result = await (await StartAsync(deployment, Input(limits: new AttemptLimits { HostAwaySec = 1 }))).GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
        Assert.That(result.Losses, Is.Zero, "nothing was lost: the first host never started a container");
    }

    [Test]
    public async Task A_host_that_comes_back_has_lost_nothing()
    {
        await using var deployment = await FakeDeployment.StartAsync(host: false);
        deployment.World.Reply = Commands;
        var attempt = await StartAsync(deployment, Input(limits: new AttemptLimits { HostAwaySec = 1 }));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.prepare") >= 2), "the workflow looked for a host again");
        deployment.AddHost(deployment.HostQueue);

        var result = await attempt.GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
        Assert.That(result.Losses, Is.Zero);
    }

    [Test]
    public async Task Cancelling_removes_the_container_without_waiting_for_the_command()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Commands;
        var never = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "sandbox.run_turn:1" ? never.Task : Task.CompletedTask;
        var attempt = await StartAsync(deployment, Input());
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.run_turn") == 1), "the command runs");

        await attempt.CancelAsync();

        await Assert.ThatAsync(async () => await attempt.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        Assert.That(deployment.World.Containers, Is.Empty);
        never.SetResult();
    }

    [Test]
    public async Task Paused_it_gives_its_container_back_and_resuming_rebuilds_it_without_a_loss()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = Commands;
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "sandbox.run_turn:1" ? gate.Task : Task.CompletedTask;
        var attempt = await StartAsync(deployment, Input(limits: new AttemptLimits { PausedContainerSec = 1 }));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("sandbox.run_turn") == 1), "the command runs");
        await attempt.ExecuteUpdateAsync(run => run.PauseAsync());
        gate.SetResult();
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Containers.IsEmpty), "the container was given back");
        var standing = await attempt.QueryAsync(run => run.GetProgress());

        await attempt.ExecuteUpdateAsync(run => run.ResumeAsync());
        var result = await attempt.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(standing.State, Is.EqualTo("paused"));
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
            Assert.That(result.Losses, Is.Zero);
            Assert.That(deployment.World.Count("sandbox.rerun"), Is.EqualTo(1));
            Assert.That(deployment.World.Count("llm:agent"), Is.EqualTo(4));
        });
    }

    [Test]
    public async Task The_agents_time_is_what_it_used_and_the_reward_still_decides()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Settings = new TaskSettings { AgentTimeoutSec = 0.022 };
        deployment.World.Reply = (_, call, _) => $"$ step {call}";

        var result = await (await StartAsync(deployment, Input())).GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(result.AgentTimedOut);
            Assert.That(result.Turns, Is.EqualTo(2), "5 ms a call and 5 ms a command");
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
        });
    }

    [Test]
    public async Task An_agent_nobody_knows_is_refused_by_name()
    {
        await using var deployment = await FakeDeployment.StartAsync();

        var result = await (await StartAsync(deployment, Input("claude"))).GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Error));
        Assert.That(result.Error, Does.Contain("'claude'").And.Contain("terminal"));
    }
}
