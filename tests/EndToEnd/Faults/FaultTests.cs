using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>Whatever is killed, a run ends as it would have ended, and nothing is paid for twice.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class FaultTests
{
    [OneTimeTearDown]
    public void RemoveImages()
    {
        foreach (var image in FaultRig.Docker("images", "-q", "--filter", $"label={FaultTask.Label}").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            FaultRig.Docker("rmi", "-f", image);
        }
    }

    [Test]
    public async Task Undisturbed()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model();
        rig.StartWorker();

        await EndsWellAsync(rig, await rig.StartSkillAsync(FaultTask.Write(rig.Folder)), resent: 0);
    }

    [Test]
    public async Task A_container_that_vanishes_is_rebuilt_without_asking_the_model_again()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model();
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await CommandRunsAsync(rig);

        foreach (var container in rig.Containers())
        {
            FaultRig.Docker("rm", "-f", container);
        }

        await EndsWellAsync(rig, run, resent: 0);
        var trajectory = Directory.EnumerateFiles(rig.Folder["out/spark-jobs"], "trajectory.json", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Assert.That(trajectory.Count(text => text.Contains("was lost")), Is.EqualTo(1), "the trajectory says so");
    }

    [Test]
    public async Task A_cancelled_run_leaves_no_container_after_five_seconds()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model(request => request.Turn == 0 && request.Purpose == LlmPurposes.Agent ? FakeReply.Shell("trap '' TERM; echo ran >> /log; sleep 100") : null);
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await CommandRunsAsync(rig, attempt: 1);

        await run.CancelAsync();

        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Containers().Count == 0), "the container is gone", TimeSpan.FromSeconds(5));
        await Assert.ThatAsync(async () => await run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
    }

    [Test]
    public async Task The_worker_is_killed_during_a_model_call()
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = FaultTask.Model(request =>
            request.Turn == 1 && request.Purpose == LlmPurposes.Agent && !held.Task.IsCompleted ? FakeReply.Shell("echo 42 > /answer") with { Until = held.Task } : null);
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Model.Requests.Any(request => request.Turn == 1)), "the model is asked", TimeSpan.FromMinutes(2));

        await rig.KillWorkerAsync();
        held.SetResult();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 1);
    }

    [Test]
    public async Task The_worker_is_killed_during_a_shell_command()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model();
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await CommandRunsAsync(rig);

        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_worker_is_killed_during_an_image_build()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model();
        rig.StartWorker();
        var mark = Guid.NewGuid().ToString("n");
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder, $"RUN sleep 4 && echo {mark} > /mark"));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(FaultRig.Docker("ps", "--no-trunc", "--format", "{{.Command}}").Contains(mark)), "the image is being built", TimeSpan.FromMinutes(1));

        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_worker_is_killed_between_a_reply_and_its_completion()
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = FaultTask.Model(request =>
            request.Turn == 1 && request.Purpose == LlmPurposes.Agent ? FakeReply.Shell("echo 42 > /answer") with { Until = held.Task } : null);
        var gate = rig.StartWorker(gated: true)!;
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Model.Requests.Any(request => request.Turn == 1)), "the model is asked", TimeSpan.FromMinutes(2));

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
    public async Task The_worker_is_killed_during_the_verifier()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model();
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Model.Requests.Any(request => request.Turn == 2)), "the agent is done", TimeSpan.FromMinutes(2));
        await rig.ActivityRunsAsync("sandbox.verify");
        await Eventually.IsTrueAsync(
            () => Task.FromResult(rig.Containers().Any(container => FaultRig.Docker("exec", container, "ls", "/tests").Contains("test.sh"))), "the verifier runs");

        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_worker_is_killed_during_distillation()
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = FaultTask.Model(request =>
            request.Purpose == LlmPurposes.Distill && !held.Task.IsCompleted ? FakeReply.Text(FaultTask.Skill) with { Until = held.Task } : null);
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await Eventually.IsTrueAsync(
            () => Task.FromResult(rig.Model.Requests.Any(request => request.Purpose == LlmPurposes.Distill)), "the skill is asked for", TimeSpan.FromMinutes(2));

        await rig.KillWorkerAsync();
        held.SetResult();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 1);
    }

    [Test]
    public async Task The_server_is_killed_and_comes_back()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = FaultTask.Model();
        rig.StartWorker();
        var run = await rig.StartSkillAsync(FaultTask.Write(rig.Folder));
        await CommandRunsAsync(rig);

        await rig.KillAndRestartServerAsync();

        await EndsWellAsync(rig, run, resent: 0);
    }

    /// <summary>The slow command of an attempt has begun.</summary>
    private static Task CommandRunsAsync(FaultRig rig, int attempt = 2) => Eventually.IsTrueAsync(
        () => Task.FromResult(rig.Model.Requests.Any(request => request.Run.EndsWith($"/attempt-{attempt}", StringComparison.Ordinal))
            && rig.Containers().Any(container => FaultRig.Docker("exec", container, "cat", "/log").Contains("ran"))),
        "the command runs",
        TimeSpan.FromMinutes(2));

    private static async Task EndsWellAsync(FaultRig rig, WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult> run, int resent)
    {
        var result = await run.GetResultAsync().WaitAsync(TimeSpan.FromMinutes(4));
        var paid = rig.Model.CountByIdempotencyKey;

        Assert.Multiple(() =>
        {
            Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed), () => $"{result.Error}\n{rig.WorkerLog}");
            Assert.That(result.Reward, Is.EqualTo(1));
            Assert.That((result.Attempts, result.InfrastructureFailures), Is.EqualTo((2, 0)));
            Assert.That(File.ReadAllText(result.SkillPath!).Trim(), Is.EqualTo(FaultTask.Skill.Trim()));

            // 1 + 3 calls of the agent, one reflection, one distillation: as many different requests, each paid for once.
            Assert.That(paid, Has.Count.EqualTo(6));
            Assert.That(paid.Values.Sum() - paid.Count, Is.EqualTo(resent), "requests sent again");
            Assert.That(result.ResentInFlight, Is.EqualTo(resent));
            Assert.That(result.ModelCalls, Is.EqualTo(6));
            Assert.That(rig.Containers(), Is.Empty);
        });
    }
}
