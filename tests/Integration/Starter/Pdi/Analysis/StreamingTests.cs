using System.Text;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Analysis;
using Spark.Temporal.Starter.Pdi.Trajectories;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Pdi.Analysis;

/// <summary>The published layout, <c>&lt;model&gt;/&lt;task&gt;/</c>, with hundreds of runs and large files: read as a stream.</summary>
[NonParallelizable]
public sealed class StreamingTests
{
    private const int MiB = 1024 * 1024;

    [Test]
    public async Task A_trajectory_of_4_MB_is_never_in_memory_whole()
    {
        using var folder = new TemporaryFolder();
        var small = folder.Write("small/a/trajectory.jsonl", Trajectory(attempts: 8, outputBytes: 100));
        var large = folder.Write("large/a/trajectory.jsonl", Trajectory(attempts: 8, outputBytes: MiB / 2));
        Assert.That(new FileInfo(large).Length, Is.GreaterThan(4 * MiB));
        await TrajectoryFiles.ReadAsync(small, CancellationToken.None);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        var run = await TrajectoryFiles.ReadAsync(large, CancellationToken.None);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        // Even everything that reading it ever asked for is less than the file: one line, half a megabyte, is the most that is held.
        Assert.That(allocated, Is.LessThan(2 * MiB));
        Assert.That(run.Executions, Has.Count.EqualTo(8));
    }

    [Test]
    public async Task Hundreds_of_runs_leave_numbers_behind_and_no_texts()
    {
        using var folder = new TemporaryFolder();
        for (var at = 0; at < 300; at++)
        {
            folder.Write($"all/model-{at % 3}/task-{at}/trajectory.jsonl", Trajectory(attempts: 4, outputBytes: 60_000));
            folder.Write($"all/model-{at % 3}/task-{at}/SKILL.md", $"# Skill\n\nrun step {at} and check the result\n");
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        var runs = await RunAnalyzer.ReadAllAsync([folder["all"]], WithoutPlan.Leave, new CliOutput(TextWriter.Null, TextWriter.Null), CancellationToken.None);
        var held = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.That(runs, Has.Count.EqualTo(300));
        Assert.That(runs.Select(run => run.LeftOut), Has.All.Null);
        Assert.That(runs.Select(run => run.Model).Distinct(), Is.EquivalentTo(new[] { "model-0", "model-1", "model-2" }));
        Assert.That(held, Is.LessThan(4 * MiB), "72 MB of trajectories were read");
    }

    [Test]
    public async Task Damaged_lines_are_counted_and_named_with_their_file_and_the_rest_is_read()
    {
        using var folder = new TemporaryFolder();
        var lines = Trajectory(attempts: 3, outputBytes: 10).Split('\n');
        lines[1] = lines[1][..20];
        lines[3] = "null";
        var file = folder.Write("model/task/trajectory.jsonl", string.Join('\n', lines));
        folder.Write("model/task/SKILL.md", "# Skill\n\nrun step 1\n");
        using var errors = new StringWriter();

        var runs = await RunAnalyzer.ReadAllAsync([folder.Path], WithoutPlan.Zero, new CliOutput(TextWriter.Null, errors), CancellationToken.None);

        Assert.That(runs.Single().Damaged.Select(damaged => damaged.Line), Is.EqualTo(new[] { 2, 4 }));
        Assert.That(errors.ToString(), Does.Contain($"{file}, line 2:").And.Contain($"{file}, line 4:"));
        Assert.That(runs.Single().LeftOut, Is.Null);
    }

    /// <summary>Attempts that fail, each reflected on, and a last one that passes, with outputs of a size.</summary>
    private static string Trajectory(int attempts, int outputBytes)
    {
        var text = new StringBuilder();
        var output = new string('x', outputBytes);
        for (var at = 0; at < attempts; at++)
        {
            var passed = at == attempts - 1;
            text.Append($$"""{"type":"execution_result","attempt":{{at}},"success":{{(passed ? "true" : "false")}},"reward":{{(passed ? 1 : 0)}},"status":"x","agent_commands":"run step {{at}}\ncheck the result","test_summary":"✗ a test","agent_stdout_full":"{{output}}"}""").Append('\n');
            if (!passed)
            {
                text.Append($$"""{"type":"reflect_call","attempt":{{at}},"memo_before":"","memo_after":"### Verified Facts\nstep {{at}} works\n### Next Strategy\nrun step {{at + 1}}","user_prompt":"{{output}}"}""").Append('\n');
            }
        }

        return text.ToString();
    }
}
