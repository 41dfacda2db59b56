using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>Neighbours that stay away longer than a step's own retries: the run waits in place, and goes on with the same container and nothing asked again.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class OutageFaultTests
{
    /// <summary>Calls of the agent in two attempts, a reflection, a distillation.</summary>
    private const int Calls = 6;

    private static readonly AttemptLimits Limits = new() { WaitUnitSec = 600, ModelTries = 2 };

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Test]
    public async Task The_engine_is_cut_off_during_a_command_and_its_container_is_used_again()
    {
        await using var rig = await FaultRig.StartAsync();
        using var engine = new EngineGate();
        rig.Model.Script = FaultTask.Model(null);
        rig.StartWorker(variables: new Dictionary<string, string?> { ["DOCKER_HOST"] = engine.Address });
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder), Limits);
        await Eventually.IsTrueAsync(
            () => Task.FromResult(rig.Model.Requests.Any(request => request.Run.EndsWith("/attempt-2", StringComparison.Ordinal))
                && rig.Containers().Any(container => FaultRig.Docker("exec", container, "cat", "/log").Contains("ran"))),
            "the command of the second attempt runs",
            Patience);
        var containers = rig.Containers();

        engine.Close();
        await WaitsAsync(run, RunStates.Engine);
        engine.Open();
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());

        await EndsWellAsync(rig, run);
        Assert.That(containers, Has.Count.EqualTo(1));
        Assert.That(Trajectories(rig.Folder["out"]), Has.None.Contains("was lost"));
    }

    [Test]
    public async Task A_key_that_expires_in_the_middle_is_waited_for_with_the_providers_words()
    {
        await using var rig = await FaultRig.StartAsync();
        var expired = true;
        rig.Model.Script = FaultTask.Model(request => expired && request.Turn == 1 && request.Purpose == LlmPurposes.Agent
            ? FakeReply.Error(401, "Your key has expired.", "invalid_api_key") : null);
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder), Limits);

        var words = await WaitsAsync(run, RunStates.ModelEndpoint);
        var asked = rig.Model.Requests.Count;
        expired = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());

        await EndsWellAsync(rig, run, refused: 1);
        Assert.That(words, Does.Contain("Your key has expired.").And.Contain("OPENAI_API_KEY").And.Contain($"spark runs resume {run.Id}"));
        Assert.That(asked, Is.EqualTo(4), "one call of the first attempt, a reflection, one of the second, and one refusal: known at once");
    }

    [Test]
    public async Task A_disk_that_is_full_is_waited_for_and_nothing_is_lost()
    {
        await using var rig = await FaultRig.StartAsync();
        using var disk = new SmallDisk(64);
        var full = new TaskCompletionSource();
        rig.Model.Script = FaultTask.Model(request => request.Purpose == LlmPurposes.Reflect && !full.Task.IsCompleted
            ? FaultTask.Model(null)(request) with { Until = full.Task } : null);
        rig.StartWorker(variables: new Dictionary<string, string?> { ["SPARK_ARTIFACT_FOLDER"] = disk["artifacts"], ["SPARK_DISK__LEAST_FREE_MB"] = "0" });
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder), Limits, disk["out"]);
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Model.Requests.Any(request => request.Purpose == LlmPurposes.Reflect)), "it is reflected on", Patience);

        // The reply is under way, and there is no room for it.
        disk.Fill();
        full.SetResult();
        var words = await WaitsAsync(run, RunStates.Results);
        disk.Free();
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());

        await EndsWellAsync(rig, run);
        Assert.That(words, Does.Contain("No space left on device").And.Contain("Free space on that disk"));
    }

    /// <returns>What it waits for.</returns>
    private static async Task<string> WaitsAsync(WorkflowHandle<SkillGenerationWorkflow> run, string state)
    {
        var words = "";
        await Eventually.PassesAsync(
            async () =>
            {
                var progress = await run.QueryAsync(workflow => workflow.GetProgress());
                words = progress.WaitsFor;
                Assert.That(progress.State, Is.EqualTo(state), () => words);
            },
            Patience);
        return words;
    }

    private static async Task EndsWellAsync(FaultRig rig, WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult> run, int refused = 0)
    {
        var ends = run.GetResultAsync();
        if (await Task.WhenAny(ends, Task.Delay(Patience)) != ends)
        {
            var progress = await run.QueryAsync(workflow => workflow.GetProgress());
            Assert.Fail($"It does not end: {progress.Step}, {progress.State}, {progress.WaitsFor}; the worker says:\n{rig.WorkerLog}");
        }

        var result = await ends;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((result.Status, result.Attempts, result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, 2, 0)), () => $"{result.Error}\n{rig.WorkerLog}");
            Assert.That((result.ModelCalls, rig.Model.Requests.Count - refused), Is.EqualTo((Calls, Calls)), "each reply is paid for once");
            Assert.That(rig.Containers(), Is.Empty);
        }
    }

    private static List<string> Trajectories(string outDir) =>
        [.. Directory.EnumerateFiles(Path.Combine(outDir, "spark-jobs"), "trajectory.json", SearchOption.AllDirectories).Select(File.ReadAllText)];
}
