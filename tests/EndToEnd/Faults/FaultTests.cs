using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>The generation of a skill.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class FaultTests : FaultFixture<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>>
{
    private protected override (Func<FakeModelRequest, bool> IsIt, FakeReply Reply) Held =>
        (request => request.Turn == 1 && request.Purpose == LlmPurposes.Agent, FakeReply.Shell("echo 42 > /answer"));

    [OneTimeTearDown]
    public void RemoveImages() => FaultRig.RemoveImages(FaultTask.Label);

    [Test]
    public async Task Undisturbed()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();

        await EndsWellAsync(rig, await StartAsync(rig), resent: 0);
    }

    [Test]
    public async Task A_container_that_vanishes_is_rebuilt_without_asking_the_model_again()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();
        var run = await StartAsync(rig);
        await AtWorkAsync(rig);

        foreach (var container in rig.Containers())
        {
            FaultRig.Docker("rm", "-f", container);
        }

        await EndsWellAsync(rig, run, resent: 0);
        var trajectory = Directory.EnumerateFiles(rig.Folder["out/spark-jobs"], "trajectory.json", SearchOption.AllDirectories).Select(File.ReadAllText).ToList();
        Assert.That(trajectory.Count(text => text.Contains("was lost")), Is.EqualTo(1), "the trajectory says so");
    }

    [Test]
    public async Task A_cancelled_run_has_no_container_left_when_it_ends()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model(request => request.Turn == 0 && request.Purpose == LlmPurposes.Agent ? FakeReply.Shell("trap '' TERM; echo ran >> /log; sleep 100") : null);
        rig.StartWorker();
        var run = await StartAsync(rig);
        await CommandRunsAsync(rig, attempt: 1);

        await run.CancelAsync();

        await Assert.ThatAsync(async () => await run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>());
        Assert.That(rig.Containers(), Is.Empty, "though its command ignores signals for 100 s");
    }

    [Test]
    public Task The_worker_is_killed_during_a_shell_command() => KilledAsync(AtWorkAsync);

    [Test]
    public Task The_worker_is_killed_during_an_image_build()
    {
        var mark = Guid.NewGuid().ToString("n");
        return KilledAsync(
            _ => Eventually.IsTrueAsync(
                () => Task.FromResult(FaultRig.Docker("ps", "--no-trunc", "--format", "{{.Command}}").Contains(mark)), "the image is being built", TimeSpan.FromMinutes(1)),
            rig => rig.StartSkillAsync(FaultTask.Write(rig.Folder, $"RUN sleep 4 && echo {mark} > /mark")));
    }

    [Test]
    public Task The_worker_is_killed_during_the_verifier() => KilledAsync(async rig =>
    {
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Model.Requests.Any(request => request.Turn == 2)), "the agent is done", TimeSpan.FromMinutes(2));
        await rig.ActivityRunsAsync("sandbox.verify");
        await Eventually.IsTrueAsync(
            () => Task.FromResult(rig.Containers().Any(container => FaultRig.Docker("exec", container, "ls", "/tests").Contains("test.sh"))), "the verifier runs");
    });

    [Test]
    public Task The_worker_is_killed_during_distillation() =>
        KilledInCallAsync(request => request.Purpose == LlmPurposes.Distill, FakeReply.Text(FaultTask.Skill));

    private protected override Task<WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FaultRig rig) =>
        rig.StartSkillAsync(FaultTask.Write(rig.Folder));

    private protected override Func<FakeModelRequest, FakeReply> Model(Func<FakeModelRequest, FakeReply?>? instead = null) => FaultTask.Model(instead);

    /// <summary>The slow command of the second attempt has begun.</summary>
    private protected override Task AtWorkAsync(FaultRig rig) => CommandRunsAsync(rig, attempt: 2);

    /// <summary>The slow command of an attempt has begun.</summary>
    private static Task CommandRunsAsync(FaultRig rig, int attempt) => Eventually.IsTrueAsync(
        () => Task.FromResult(rig.Model.Requests.Any(request => request.Run.EndsWith($"/attempt-{attempt}", StringComparison.Ordinal))
            && rig.Containers().Any(container => FaultRig.Docker("exec", container, "cat", "/log").Contains("ran"))),
        "the command runs",
        TimeSpan.FromMinutes(2));

    private protected override async Task EndsWellAsync(FaultRig rig, WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult> run, int resent)
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
