using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A construction that is paused, out of budget, out of a model or of containers waits, and goes on in place.</summary>
[Category("Server")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ConstructionOperatingTests : DeploymentFixture
{
    private protected override void Prepare()
    {
        World.Reply = (purpose, _, _) => purpose == LlmPurposes.Critique ? """{"findings": []}""" : Blueprints.Json(Blueprints.Good);

        // Three containers a proof: nothing, oracle, oracle again.
        World.Verification = request => World.VerdictAsync(
            (int.Parse(request.Container.Split('-')[1]) % 3) switch { 1 => 0, 2 => request.Round is 3 or 4 or 5 ? 0 : 1, _ => 1 }, 1, 2).GetAwaiter().GetResult();
    }

    [Test]
    public async Task Paused_it_lets_the_call_in_flight_end_and_stands_still_until_it_is_resumed()
    {
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call == "llm:blueprint" ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(Input());
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:blueprint") == 1), "the blueprint is asked for");

        await run.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        gate.SetResult();
        await WaitsAsync(run, RunStates.Paused);
        Assert.That((World.Count("llm:critique"), World.Count("sandbox.")), Is.EqualTo((0, 0)));

        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        Assert.That((await run.GetResultAsync()).Status, Is.EqualTo(ConstructionStatus.Accepted));
        Assert.That(World.Count("llm:blueprint"), Is.EqualTo(1), "nothing is asked again");
    }

    [Test]
    public async Task Out_of_budget_it_waits_refuses_a_limit_below_what_is_spent_and_goes_on_with_more()
    {
        World.CostPerCall = 1;
        var run = await StartAsync(Input() with { BudgetUsd = 1 });
        await WaitsAsync(run, RunStates.Budget);
        var refused = await Try(() => run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(0.5))));

        await run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(10)));
        var result = await run.GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused, Is.InstanceOf<WorkflowUpdateFailedException>());
            Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), result.Error);
            Assert.That((result.CostUsd, result.ModelCalls), Is.EqualTo((2.0, 2)));
        }
    }

    [Test]
    public async Task Without_a_model_it_waits_for_a_person_and_asks_again_when_told()
    {
        var broken = true;
        World.Before = (call, _) => call == "llm:blueprint" && broken
            ? throw new ApplicationFailureException("no such model", FailureTypes.ModelRefused, nonRetryable: true)
            : Task.CompletedTask;
        var run = await StartAsync(Input());
        var progress = await WaitsAsync(run, "waiting: model endpoint");
        Assert.That(progress.WaitsFor, Does.Contain("no such model"));

        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());

        Assert.That((await run.GetResultAsync()).Status, Is.EqualTo(ConstructionStatus.Accepted));
    }

    [Test]
    public async Task Without_containers_it_waits_blames_no_blueprint_and_proves_again_when_told()
    {
        var broken = true;
        World.Before = (call, _) => call.StartsWith("sandbox.oracle", StringComparison.Ordinal) && broken
            ? throw new ApplicationFailureException("engine broke", FailureTypes.SandboxUnavailable, nonRetryable: true)
            : Task.CompletedTask;
        var (solved, oracles) = (false, 0);
        var before = World.Before;
        World.Before = async (call, token) =>
        {
            await before(call, token);
            (solved, oracles) = call.StartsWith("sandbox.start", StringComparison.Ordinal) ? (false, oracles)
                : call == "sandbox.oracle" ? (true, oracles + 1) : (solved, oracles);
        };
        World.Verification = request => World.VerdictAsync(solved && !(oracles == 1 && request.Round is 3 or 4 or 5) ? 1 : 0, 1, 2).GetAwaiter().GetResult();
        var run = await StartAsync(Input());
        var progress = await WaitsAsync(run, "waiting: engine");
        Assert.That(progress.WaitsFor, Does.Contain("engine broke"));

        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        var result = await run.GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), result.Error);
            Assert.That((result.Rounds, World.Count("llm:repair")), Is.EqualTo((0, 0)));
            Assert.That(World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Cancelled_in_a_proof_it_leaves_no_container_and_no_task()
    {
        World.Before = (call, token) => call.StartsWith("sandbox.oracle", StringComparison.Ordinal) ? Task.Delay(Timeout.Infinite, token) : Task.CompletedTask;
        var run = await StartAsync(Input());
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.oracle") == 1), "the oracle runs");

        await run.CancelAsync();

        await Assert.ThatAsync(() => run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Containers.IsEmpty), "the container is gone");
        Assert.That(Directory.Exists(Path.Combine(_deployment.OutDir, "generated_tasks", "wav-peaks")), Is.False);
    }

    [Test]
    public async Task More_rounds_of_repair_are_allowed_while_it_is_open()
    {
        World.Reply = (purpose, _, _) => purpose switch
        {
            LlmPurposes.Critique => """{"findings": []}""",
            LlmPurposes.Repair => Blueprints.Json(Blueprints.Good),
            _ => Blueprints.Json(Blueprints.WrongOutputPath),
        };
        World.Findings = number => number == 1 ? [new CritiqueFinding("output-path-drift", CritiqueSeverity.Blocking, "oracle_python", "It writes elsewhere.")] : [];
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call == "llm:blueprint" ? gate.Task : Task.CompletedTask;
        var run = await StartAsync(Input() with { MaxRevisions = 0 });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:blueprint") == 1), "the blueprint is asked for");

        var refused = await Try(() => run.ExecuteUpdateAsync(workflow => workflow.ExtendAttemptsAsync(new ExtendRequest(0))));
        var allowed = await run.ExecuteUpdateAsync(workflow => workflow.ExtendAttemptsAsync(new ExtendRequest(1)));
        gate.SetResult();
        var result = await run.GetResultAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(refused, Is.InstanceOf<WorkflowUpdateFailedException>());
            Assert.That(allowed, Is.EqualTo(1));
            Assert.That((result.Status, result.Rounds), Is.EqualTo((ConstructionStatus.Accepted, 1)), result.Error);
        }
    }

    private ConstructionInput Input()
    {
        Directory.CreateDirectory(_deployment.OutDir);
        var file = Path.Combine(_deployment.OutDir, "peaks.json");
        File.WriteAllText(file, JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options));
        return new ConstructionInput { PromptFile = file, Name = "peaks", Batch = "batch", ModelSlug = "fake", OutDir = _deployment.OutDir };
    }

    private Task<WorkflowHandle<TaskConstructionWorkflow, ConstructionResult>> StartAsync(ConstructionInput input) =>
        _deployment.Client.StartWorkflowAsync((TaskConstructionWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("construction"));

    private static async Task<ConstructionProgress> WaitsAsync(WorkflowHandle<TaskConstructionWorkflow> run, string state)
    {
        ConstructionProgress? progress = null;
        await Eventually.IsTrueAsync(async () => (progress = await run.QueryAsync(workflow => workflow.GetProgress())).State == state, $"it says '{state}'");
        return progress!;
    }

    private static async Task<Exception?> Try(Func<Task> work)
    {
        try
        {
            await work();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }
}
