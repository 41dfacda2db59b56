using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Trajectories;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter;

public sealed class TrajectoryFilesTests
{
    [Test]
    public void A_file_that_is_not_there_is_a_mistake_with_a_name() => Assert.That(
        () => TrajectoryFiles.ReadAsync("/nowhere/trajectory.jsonl", CancellationToken.None),
        Throws.InstanceOf<CliException>().With.Message.Contains("/nowhere/trajectory.jsonl"));

    [Test]
    public void A_file_of_a_newer_program_is_refused_with_its_name_and_version()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("trajectory.jsonl", """{"type": "task_summary", "schema_version": 7}""");

        Assert.That(
            () => TrajectoryFiles.ReadAsync(path, CancellationToken.None),
            Throws.InstanceOf<CliException>().With.Message.Contains(path).And.Message.Contains("schema_version").And.Message.Contains("version 7"));
    }
}
