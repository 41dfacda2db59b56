using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>The construction of a task.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class ConstructionFaultTests : FaultFixture<WorkflowHandle<TaskConstructionWorkflow, ConstructionResult>>
{
    /// <summary>The blueprint, which a rule stops, the repair, and the critique of the mended one.</summary>
    private const int Calls = 3;

    private protected override (Func<FakeModelRequest, bool> IsIt, FakeReply Reply) Held =>
        (request => request.Purpose == LlmPurposes.Repair, FakeReply.Text(Blueprints.Json(Blueprints.Good)));

    [Test]
    public Task The_worker_is_killed_while_the_rules_look() => KilledAsync(rig => rig.ActivityRunsAsync("construction.critique"));

    [Test]
    public Task The_worker_is_killed_in_the_oracle_of_a_proof() => KilledAsync(rig => rig.ActivityRunsAsync("sandbox.oracle"));

    private protected override Task AtWorkAsync(FaultRig rig) => rig.ActivityRunsAsync("sandbox.verify");

    /// <summary>The model: a first blueprint with a fault that a rule sees, and a good one to mend it.</summary>
    private protected override Func<FakeModelRequest, FakeReply> Model(Func<FakeModelRequest, FakeReply?>? instead = null) => request =>
        instead?.Invoke(request) ?? FakeReply.Text(request.Purpose switch
        {
            LlmPurposes.Blueprint => Blueprints.Json(Blueprints.WrongOutputPath),
            LlmPurposes.Repair => Blueprints.Json(Blueprints.Good),
            _ => """{"findings": []}""",
        });

    private protected override Task<WorkflowHandle<TaskConstructionWorkflow, ConstructionResult>> StartAsync(FaultRig rig)
    {
        Requires.Image(Blueprints.Good.Environment.BaseImage);
        var prompt = rig.Folder.Write("peaks.json", JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options));
        return rig.StartConstructionAsync(new ConstructionInput { PromptFile = prompt, Name = "peaks", Batch = "faults", ModelSlug = "fake", OutDir = rig.Folder["out"] });
    }

    private protected override async Task EndsWellAsync(FaultRig rig, WorkflowHandle<TaskConstructionWorkflow, ConstructionResult> run, int resent)
    {
        var result = await run.GetResultAsync().WaitAsync(TimeSpan.FromMinutes(6));
        var paid = rig.Model.CountByIdempotencyKey;

        Assert.Multiple(() =>
        {
            Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), () => $"{result.Error}\n{rig.WorkerLog}");
            Assert.That((result.Rounds, result.TaskId), Is.EqualTo((1, "wav-peaks")));
            Assert.That(File.ReadAllText(Path.Combine(result.TaskDir!, "task.toml")), Does.Contain("oracle_reward = 1").And.Contain("oracle_runs = 2"));
            Assert.That(Directory.EnumerateDirectories(rig.Folder["out/generated_tasks"]).Select(Path.GetFileName), Is.EquivalentTo((string[])["wav-peaks", "_artifacts"]));

            // As many different requests as calls, each paid for once but for one in flight.
            Assert.That(paid, Has.Count.EqualTo(Calls));
            Assert.That(paid.Values.Sum() - paid.Count, Is.EqualTo(resent), "requests sent again");
            Assert.That((result.ResentInFlight, result.ModelCalls), Is.EqualTo((resent, Calls)));
            Assert.That(rig.Containers(), Is.Empty);
        });
    }
}
