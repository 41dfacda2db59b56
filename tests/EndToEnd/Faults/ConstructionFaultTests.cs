using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>Whatever is killed, a construction ends as it would have ended, and nothing is paid for twice.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class ConstructionFaultTests
{
    /// <summary>The blueprint, which a rule stops, the repair, and the critique of the mended one.</summary>
    private const int Calls = 3;

    [Test]
    public async Task The_worker_is_killed_during_a_model_call()
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = Model(request => request.Purpose == LlmPurposes.Repair && !held.Task.IsCompleted ? FakeReply.Text(Blueprints.Json(Blueprints.Good)) with { Until = held.Task } : null);
        rig.StartWorker();
        var run = await StartAsync(rig);
        await AskedAsync(rig, LlmPurposes.Repair);

        await rig.KillWorkerAsync();
        held.SetResult();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 1);
    }

    [Test]
    public async Task The_worker_is_killed_between_a_reply_and_its_completion()
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = Model(request => request.Purpose == LlmPurposes.Blueprint ? FakeReply.Text(Blueprints.Json(Blueprints.WrongOutputPath)) with { Until = held.Task } : null);
        var gate = rig.StartWorker(gated: true)!;
        var run = await StartAsync(rig);
        await AskedAsync(rig, LlmPurposes.Blueprint);

        // From here the worker can receive and keep the reply, but not say so.
        gate.Close();
        var kept = rig.RepliesKept;
        held.SetResult();
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.RepliesKept > kept), "the reply is kept");
        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_worker_is_killed_while_the_rules_look()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();
        var run = await StartAsync(rig);
        await rig.ActivityRunsAsync("construction.critique");

        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_worker_is_killed_in_the_oracle_of_a_proof()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();
        var run = await StartAsync(rig);
        await rig.ActivityRunsAsync("sandbox.oracle");

        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_server_is_killed_and_comes_back()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();
        var run = await StartAsync(rig);
        await rig.ActivityRunsAsync("sandbox.verify");

        await rig.KillAndRestartServerAsync();

        await EndsWellAsync(rig, run, resent: 0);
    }

    /// <summary>The model: a first blueprint with a fault that a rule sees, and a good one to mend it.</summary>
    private static Func<FakeModelRequest, FakeReply> Model(Func<FakeModelRequest, FakeReply?>? instead = null) => request =>
        instead?.Invoke(request) ?? FakeReply.Text(request.Purpose switch
        {
            LlmPurposes.Blueprint => Blueprints.Json(Blueprints.WrongOutputPath),
            LlmPurposes.Repair => Blueprints.Json(Blueprints.Good),
            _ => """{"findings": []}""",
        });

    private static Task AskedAsync(FaultRig rig, string purpose) => Eventually.IsTrueAsync(
        () => Task.FromResult(rig.Model.Requests.Any(request => request.Purpose == purpose)), $"{purpose} is asked for; the worker says:\n{rig.WorkerLog}", TimeSpan.FromMinutes(2));

    private static Task<WorkflowHandle<TaskConstructionWorkflow, ConstructionResult>> StartAsync(FaultRig rig)
    {
        Requires.Image(Blueprints.Good.Environment.BaseImage);
        var prompt = rig.Folder.Write("peaks.json", JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options));
        return rig.StartConstructionAsync(new ConstructionInput { PromptFile = prompt, Name = "peaks", Batch = "faults", ModelSlug = "fake", OutDir = rig.Folder["out"] });
    }

    private static async Task EndsWellAsync(FaultRig rig, WorkflowHandle<TaskConstructionWorkflow, ConstructionResult> run, int resent)
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
