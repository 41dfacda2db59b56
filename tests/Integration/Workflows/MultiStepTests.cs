using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Tasks with steps: one container, one conversation, a verdict for each step.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class MultiStepTests
{
    [Test]
    public async Task A_step_whose_verifier_ran_out_of_time_leaves_the_whole_without_a_verdict()
    {
        await using var deployment = await StartAsync(new TaskStep { Name = "one" }, new TaskStep { Name = "two" });
        var cut = (await deployment.World.VerdictAsync(null, 0, 0)) with { TimedOut = true, RewardProblem = "the verifier did not end" };
        deployment.World.Verification = request => request.Step == "two" ? cut : null;

        var result = await RunAsync(deployment);

        Assert.That((result.Outcome, result.Reward, result.ErrorType, result.NoVerdict), Is.EqualTo((Outcome.Error, (double?)null, FailureTypes.VerifierTimeout, true)));
        Assert.That(result.Steps!.Select(step => step.Reward), Is.EqualTo(new[] { (double?)1, null }));
    }

    [Test]
    public async Task Each_step_has_its_instruction_its_verdict_and_its_folder()
    {
        await using var deployment = await StartAsync(new TaskStep { Name = "one" }, new TaskStep { Name = "two" });
        var half = await deployment.World.VerdictAsync(0.5, 1, 2);
        deployment.World.Verification = request => request.Step == "two" ? half : null;

        var result = await RunAsync(deployment);

        var said = await deployment.Store.ReadConversationAsync(result.Conversation!, CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Partial));
            Assert.That(result.Reward, Is.EqualTo(0.75), "the mean");
            Assert.That((result.TestsPassed, result.TestsTotal), Is.EqualTo((3, 4)));
            Assert.That(result.Steps!.Select(step => (step.Name, step.Reward)), Is.EqualTo(new[] { ("one", (double?)1), ("two", (double?)0.5) }));
            Assert.That(said.Where(message => message.Role == ChatRoles.User).Select(message => message.Content.Contains("Do step two", StringComparison.Ordinal)), Is.EqualTo(new[] { false, true }));
            Assert.That(result.Turns, Is.EqualTo(2));
            Assert.That(InOrder(deployment), Is.EqualTo(new[] { "begin_step:one", "run_turn:1", "verify:container-1", "begin_step:two", "run_turn:2", "verify:container-1" }));
        });
        var steps = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(result.TrialDir!, "result.json"))).RootElement.GetProperty("step_results");
        Assert.That(steps.EnumerateArray().Select(step => step.GetProperty("step_name").GetString()), Is.EqualTo(new[] { "one", "two" }));
        Assert.That(File.Exists(Path.Combine(result.TrialDir!, "steps", "two", "verifier", "test-stdout.txt")));
    }

    [TestCase(0.4, 0.4, Outcome.Partial, "step 'one' has reward 0.4, less than its min_reward 0.5; 1 later step did not begin")]
    [TestCase(null, null, Outcome.Error, "step 'one' has no reward")]
    public async Task A_step_below_its_least_reward_ends_the_attempt(double? reward, double? whole, Outcome outcome, string why)
    {
        await using var deployment = await StartAsync(new TaskStep { Name = "one", MinReward = new Dictionary<string, double> { ["reward"] = 0.5 } }, new TaskStep { Name = "two" });
        var low = await deployment.World.VerdictAsync(reward, 0, 2);
        deployment.World.Verification = _ => low;

        var result = await RunAsync(deployment);

        Assert.Multiple(() =>
        {
            Assert.That(result.Reward, Is.EqualTo(whole));
            Assert.That(result.Outcome, Is.EqualTo(outcome == Outcome.Partial ? Outcome.Fail : outcome).Or.EqualTo(outcome));
            Assert.That(result.Error, Does.StartWith(why));
            Assert.That(result.Steps, Has.Count.EqualTo(1));
            Assert.That(deployment.World.Count("sandbox.begin_step"), Is.EqualTo(1));
        });
    }

    [Test]
    public async Task Who_did_not_get_through_all_steps_has_not_passed_whatever_the_mean_is()
    {
        await using var deployment = await StartAsync(new TaskStep { Name = "one" }, new TaskStep { Name = "two" });
        var none = await deployment.World.VerdictAsync(null, 0, 0);
        deployment.World.Verification = request => request.Step == "two" ? none : null;

        var result = await RunAsync(deployment);

        Assert.That((result.Reward, result.Outcome), Is.EqualTo(((double?)1, Outcome.Fail)));
        Assert.That(result.Error, Does.StartWith("step 'two' has no reward"));
    }

    [Test]
    public async Task A_container_lost_in_a_later_step_is_made_anew_step_by_step_and_no_model_is_asked_again()
    {
        await using var deployment = await StartAsync(new TaskStep { Name = "one" }, new TaskStep { Name = "two" });
        var lost = false;
        deployment.World.Before = (call, _) =>
        {
            if (call != "sandbox.run_turn:2" || lost)
            {
                return Task.CompletedTask;
            }

            lost = true;
            throw new ApplicationFailureException("no such container", FailureTypes.SandboxLost, nonRetryable: true);
        };

        var result = await RunAsync(deployment);

        Assert.Multiple(() =>
        {
            Assert.That((result.Outcome, result.Losses), Is.EqualTo((Outcome.Pass, 1)));
            Assert.That(result.ModelCalls, Is.EqualTo(4));
            Assert.That(InOrder(deployment), Is.EqualTo(new[]
            {
                "begin_step:one", "run_turn:1", "verify:container-1", "begin_step:two", "run_turn:2",
                "begin_step:one", "rerun", "begin_step:two", "rerun", "run_turn:2", "verify:container-2",
            }));
        });
    }

    [Test]
    public async Task The_oracle_solves_each_step_and_in_a_new_container_again()
    {
        await using var deployment = await StartAsync(new TaskStep { Name = "one" }, new TaskStep { Name = "two" });
        var lost = false;
        deployment.World.Before = (call, _) =>
        {
            if (lost || !call.StartsWith("sandbox.verify", StringComparison.Ordinal) || deployment.World.Count("sandbox.oracle") < 2)
            {
                return Task.CompletedTask;
            }

            lost = true;
            throw new ApplicationFailureException("no such container", FailureTypes.SandboxLost, nonRetryable: true);
        };

        var result = await RunAsync(deployment, AgentNames.Oracle);

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass));
        Assert.That(InOrder(deployment), Is.EqualTo(new[]
        {
            "begin_step:one", "oracle", "verify:container-1", "begin_step:two", "oracle", "verify:container-1",
            "begin_step:one", "oracle", "begin_step:two", "oracle", "verify:container-2",
        }));
    }

    private static IEnumerable<string> InOrder(FakeDeployment deployment) => deployment.World.Calls
        .Where(call => call.StartsWith("sandbox.", StringComparison.Ordinal) && !call.Contains("prepare") && !call.Contains("start:") && !call.Contains("remove")).Select(call => call["sandbox.".Length..]);

    private static async Task<FakeDeployment> StartAsync(params TaskStep[] steps)
    {
        var deployment = await FakeDeployment.StartAsync();
        List<StepPackage> packages = [];
        foreach (var step in steps)
        {
            packages.Add(new StepPackage(
                step.Name, await deployment.Store.PutTextAsync($"Do step {step.Name}.", CancellationToken.None), await deployment.Store.PutTextAsync($"tests of {step.Name}", CancellationToken.None, MediaTypes.Tar),
                await deployment.Store.PutTextAsync($"solution of {step.Name}", CancellationToken.None, MediaTypes.Tar), null));
        }

        deployment.World.Package = package => package with { Settings = package.Settings with { Steps = steps }, Steps = packages };
        deployment.World.Reply = (_, call, _) => call % 2 == 1 ? $"$ do {call}" : "finished";
        return deployment;
    }

    private static Task<AttemptResult> RunAsync(FakeDeployment deployment, string agent = AgentNames.Terminal)
    {
        var input = new AttemptInput { TaskDir = "/tasks/answer", Agent = agent, Limits = new AttemptLimits { HostAwaySec = 2 }, OutDir = deployment.OutDir };
        return deployment.Client.ExecuteWorkflowAsync((AttemptWorkflow attempt) => attempt.RunAsync(input), deployment.Options("attempt"));
    }
}
