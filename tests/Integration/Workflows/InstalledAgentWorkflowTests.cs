using System.Text.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Installed agents as the workflow sees them: what becomes of one whose container is lost, or whose budget changes.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class InstalledAgentWorkflowTests
{
    [Test]
    public async Task In_a_new_container_it_starts_anew_which_the_trajectory_says_and_what_it_paid_before_is_asked_for()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Before = (call, _) => call == "agents.run:container-1"
            ? throw new ApplicationFailureException("No such container.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;

        var result = await (await StartAsync(deployment, budget: null)).GetResultAsync();

        var trajectory = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(result.TrialDir!, "agent", "trajectory.json"))).RootElement;
        var said = trajectory.GetProperty("extra").GetProperty("spark");
        Assert.Multiple(() =>
        {
            Assert.That((result.Outcome, result.Losses), Is.EqualTo((Outcome.Pass, 1)), result.Error);
            Assert.That(deployment.Agents.Runs.Select(run => (run.Container, string.Join(',', run.Lost))), Is.EqualTo(new[] { ("container-1", ""), ("container-2", "container-1") }));
            Assert.That(said.GetProperty("containers_lost").GetInt32(), Is.EqualTo(1));
            Assert.That(said.GetProperty("notes").EnumerateArray().Select(note => note.GetString()), Has.Some.StartsWith("codex starts anew in a new container"));
        });
    }

    [Test]
    public async Task A_budget_raised_while_it_works_reaches_it()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "agents.run:container-1" ? gate.Task : Task.CompletedTask;
        var attempt = await StartAsync(deployment, budget: 1);
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.Agents.Runs.Count == 1), "it works");

        await attempt.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(5)));
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.Agents.Budgets.Count == 1), "it is told");
        gate.SetResult();
        var result = await attempt.GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), result.Error);
        Assert.That((deployment.Agents.Runs[0].BudgetUsd, deployment.Agents.Budgets.Single().BudgetUsd), Is.EqualTo(((double?)1, (double?)5)));
        Assert.That(deployment.Agents.Budgets.Single().Container, Is.EqualTo("container-1"));
    }

    [Test]
    public async Task While_its_model_answers_nothing_it_waits_and_runs_again_in_the_same_container()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.Agents.Away = request => request.Try < 2 ? "no credit left" : null;
        var attempt = await StartAsync(deployment, budget: null, new AttemptLimits { HostAwaySec = 2, WaitUnitSec = 0.3 });
        await Eventually.PassesAsync(async () => Assert.That(
            (await attempt.DescribeAsync()).TypedSearchAttributes.Get(SearchAttributes.State), Is.AnyOf(RunStates.ModelEndpoint, RunStates.Done)));
        var result = await attempt.GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), result.Error);
            Assert.That(deployment.Agents.Runs.Select(run => (run.Container, run.Try)), Is.EqualTo(new[] { ("container-1", 0), ("container-1", 1), ("container-1", 2) }));
            Assert.That((result.ModelCalls, result.Turns, result.Losses), Is.EqualTo((1, 1, 0)));
            Assert.That(result.Notes, Has.Some.EqualTo("codex ran 2 times in vain before: its model's endpoint answered nothing"));
        });
    }

    [Test]
    public async Task A_container_that_waits_for_long_is_given_back_since_nothing_was_done_in_it()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.Agents.Away = request => request.Container == "container-1" ? "no credit left" : null;
        var attempt = await StartAsync(deployment, budget: null, new AttemptLimits { HostAwaySec = 2, WaitUnitSec = 3, PausedContainerSec = 1 });
        var result = await attempt.GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), result.Error);
        Assert.That(deployment.Agents.Runs.Select(run => (run.Container, run.Try, run.Lost.Count)), Is.EqualTo(new[] { ("container-1", 0, 0), ("container-2", 0, 0) }));
        Assert.That(result.Losses, Is.Zero);
    }

    private static Task<WorkflowHandle<AttemptWorkflow, AttemptResult>> StartAsync(FakeDeployment deployment, double? budget, AttemptLimits? limits = null)
    {
        var input = new AttemptInput { TaskDir = "/tasks/answer", Agent = "codex", BudgetUsd = budget, OutDir = deployment.OutDir, Limits = limits ?? new AttemptLimits { HostAwaySec = 2 } };
        return deployment.Client.StartWorkflowAsync((AttemptWorkflow attempt) => attempt.RunAsync(input), deployment.Options("attempt"));
    }
}
