using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>A task in steps whose worker dies within the second one.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.All)]
public sealed class StepFaultTests
{
    private const string Label = "spark.test=steps";

    [OneTimeTearDown]
    public void RemoveImages() => FaultRig.RemoveImages(Label);

    [Test]
    public Task The_worker_is_killed_during_a_command_of_the_second_step() => KilledAsync(rig =>
        rig.Containers().Any(container => FaultRig.Docker("exec", container, "cat", "/log").Contains("ran")));

    [Test]
    public Task The_worker_is_killed_during_the_verifier_of_the_first_step() => KilledAsync(rig =>
        rig.Containers().Any(container => FaultRig.Docker("exec", container, "cat", "/verifying").Contains("first")));

    private static async Task KilledAsync(Func<FaultRig, bool> isThere)
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = request => request switch
        {
            { Purpose: LlmPurposes.Distill } => FakeReply.Text(FaultTask.Skill),
            { Turn: 0 } => FakeReply.Shell("echo once >> /first"),
            { Turn: 2 } => FakeReply.Shell(FaultTask.SlowCommand),
            { Turn: 3 } => FakeReply.Shell("echo 42 > /answer"),
            _ => FakeReply.Text("Done."),
        };
        rig.StartWorker();
        var run = await rig.StartSkillAsync(Write(rig.Folder));
        await Eventually.IsTrueAsync(() => Task.FromResult(isThere(rig)), () => $"the step is at work\n{rig.WorkerLog}", TimeSpan.FromMinutes(2));

        await rig.KillWorkerAsync();
        rig.StartWorker();

        var result = await run.GetResultAsync().WaitAsync(TimeSpan.FromMinutes(4));
        Assert.Multiple(() =>
        {
            Assert.That((result.Status, result.Attempts, result.InfrastructureFailures), Is.EqualTo((SkillRunStatus.Passed, 1, 0)), () => $"{result.Error}\n{rig.WorkerLog}");
            Assert.That(rig.Model.CountByIdempotencyKey, Has.Count.EqualTo(6), "two calls of the first step, three of the second, one distillation");
            Assert.That(rig.Model.CountByIdempotencyKey.Values, Is.All.EqualTo(1), "none paid for twice");
            Assert.That(rig.Containers(), Is.Empty);
        });
    }

    /// <summary>Each step's tests see whether a command of it, or of the step before, ran twice.</summary>
    private static string Write(TemporaryFolder folder)
    {
        folder.Write(
            "tasks/steps/task.toml",
            """
            version = "1.0"
            [agent]
            timeout_sec = 120
            [verifier]
            timeout_sec = 60
            [environment]
            memory_mb = 256
            network_mode = "no-network"
            [[steps]]
            name = "first"
            min_reward = 1.0
            [[steps]]
            name = "second"
            min_reward = 1.0

            """);
        folder.Write("tasks/steps/environment/Dockerfile", $"FROM debian:bookworm-slim\nLABEL {Label}\nRUN mkdir /steps\n");
        Step("first", "Append one line to /first.", "[ \"$(cat /first)\" = once ]");
        Step("second", "Append one line to /log and write 42 to /answer.", "[ \"$(cat /first /log /answer | tr '\\n' ' ')\" = 'once ran 42 ' ]");
        return folder["tasks/steps"];

        void Step(string name, string instruction, string check)
        {
            folder.Write($"tasks/steps/steps/{name}/instruction.md", $"{instruction}\n");
            folder.Write($"tasks/steps/steps/{name}/solution/solve.sh", "#!/bin/sh\n");
            folder.Write($"tasks/steps/steps/{name}/tests/test.sh", $"#!/bin/bash\necho {name} > /verifying; sleep 3\nif {check}; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n");
        }
    }
}
