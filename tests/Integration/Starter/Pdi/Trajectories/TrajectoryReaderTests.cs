using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Trajectories;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Pdi.Trajectories;

public sealed class TrajectoryReaderTests
{
    [Test]
    public async Task Reads_a_line_longer_than_any_buffer_and_skips_what_it_does_not_need()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("trajectory.jsonl", $$"""
            {"type": "execution_result", "agent_stdout_full": "{{new string('x', 5_000_000)}}", "ctrf_json": {"type": "nested", "attempt": 7}, "attempt": 0, "agent_commands": "ls \u2713"}
            {"type": "reflect_call", "attempt": 0, "memo_before": null, "memo_after": "m"}
            """);

        var run = await TrajectoryReader.ReadAsync(path, CancellationToken.None);

        Assert.That(run.DamagedLines, Is.Empty);
        Assert.That(run.Executions[0].Commands, Is.EqualTo("ls ✓"));
        Assert.That(run.Reflections[0], Is.EqualTo(new RecordedReflection(0, "", "m")));
        Assert.That(run.Task, Is.EqualTo(Path.GetFileName(folder.Path)));
    }

    [Test]
    public async Task Accepts_a_byte_order_mark_windows_line_ends_and_empty_lines()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("trajectory.jsonl", "\uFEFF{\"type\": \"task_summary\", \"task_name\": \"t\"}\r\n\r\n \n{\"type\": \"other\", \"level\": 3, \"status\": [1]}\r\n");

        var run = await TrajectoryReader.ReadAsync(path, CancellationToken.None);

        Assert.That((run.Task, run.Events, run.DamagedLines.Count), Is.EqualTo(("t", 2, 0)));
    }

    [TestCase("{\"type\": \"reflect_call\", \"attempt\"")]
    [TestCase("[1]")]
    [TestCase("{\"attempt\": 1}")]
    [TestCase("{\"type\": \"x\"} {\"type\": \"y\"}")]
    [TestCase("{\"type\": \"execution_result\"}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": \"0\"}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": 0.5}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": 0, \"test_summary\": 7}")]
    [TestCase("{\"type\": \"pdi_snapshot\", \"attempt\": 0, \"step\": 0}")]
    [TestCase("{\"type\": \"execution_result\", \"attempt\": 0, \"agent_commands\": \"\\ud800\"}")]
    [TestCase("\0\0\0")]
    public async Task Names_a_damaged_line_and_reads_the_rest(string damaged)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("trajectory.jsonl", $"{{\"type\": \"a\"}}\n{damaged}\n{{\"type\": \"b\"}}");

        var run = await TrajectoryReader.ReadAsync(path, CancellationToken.None);

        Assert.That(run.Events, Is.EqualTo(2));
        Assert.That(run.DamagedLines.Single().Line, Is.EqualTo(2));
        Assert.That(run.DamagedLines.Single().Problem, Is.Not.Empty);
        Assert.That(run.Executions, Is.Empty);
    }

    [Test]
    public void A_file_that_is_not_there_is_a_mistake_with_a_name() => Assert.That(
        () => TrajectoryReader.ReadAsync("/nowhere/trajectory.jsonl", CancellationToken.None),
        Throws.InstanceOf<CliException>().With.Message.Contains("/nowhere/trajectory.jsonl"));
}
