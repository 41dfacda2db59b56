using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Activities.TaskPackages;

public class TaskPackageActivitiesTests
{
    [Test]
    public async Task Fails_for_good_with_every_finding_of_a_broken_task()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t/task.toml", "[agent]\ntimeout_sec = \"soon\"\n[environment]\ngpus = 2\n");
        folder.Write("t/instruction.md", "Do it.");
        var activities = new TaskPackageActivities(new FileArtifactStore(folder["store"]), new NoPython());
        var failure = await Assert.ThrowsAsync<ApplicationFailureException>(
            () => new ActivityEnvironment().RunAsync(() => activities.ReadAsync(new ReadPackageRequest(folder["t"]))));
        Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.InvalidTask));
        Assert.That(failure.NonRetryable);
        Assert.That(failure.Message.Split('\n').Skip(1), Is.EqualTo(new[]
        {
            "task.toml:2: error: [agent] timeout_sec is a string where a number is expected; write it without quotes",
            "task.toml:4: error: a task that needs GPUs ([environment] gpus) is not supported yet; run it on a machine with Harbor and GPUs, or set gpus = 0",
            "environment/Dockerfile: error: is missing; write one, or name docker_image under [environment] in task.toml",
            "tests/test.sh: error: is missing; write the script that checks the result and writes /logs/verifier/reward.txt",
            "solution/solve.sh: warning: is missing; without it the oracle cannot run",
        }));
    }

    private sealed class NoPython : IPythonRunner
    {
        public Task<PythonResult> RunAsync(
            string script, IReadOnlyDictionary<string, byte[]> files, TimeSpan timeout, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Reading a task needs no Python.");
    }
}
