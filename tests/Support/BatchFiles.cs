using System.Text.Json;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.Wire;

namespace Spark.Temporal.Tests.Support;

/// <summary>What a batch reads and writes on disk.</summary>
internal static class BatchFiles
{
    /// <summary>Small Harbor tasks; content differs by name unless it is given.</summary>
    /// <returns>The folder.</returns>
    public static string Tasks(string folder, params IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            Task(Path.Combine(folder, name), $"Write {name} to /answer.");
        }

        return folder;
    }

    public static void Task(string folder, string instruction)
    {
        Directory.CreateDirectory(Path.Combine(folder, "environment"));
        Directory.CreateDirectory(Path.Combine(folder, "tests"));
        File.WriteAllText(Path.Combine(folder, "instruction.md"), instruction);
        File.WriteAllText(Path.Combine(folder, "task.toml"), "version = \"1.0\"\n");
        File.WriteAllText(Path.Combine(folder, "environment", "Dockerfile"), "FROM debian:bookworm-slim\n");
        File.WriteAllText(Path.Combine(folder, "tests", "test.sh"), "echo 1 > /logs/verifier/reward.txt\n");
    }

    /// <summary>Every line of a batch's results, in the order in which they ended.</summary>
    public static IReadOnlyList<ItemResult> Results(BatchResult result) => Results(result.ResultsPath!);

    public static IReadOnlyList<ItemResult> Results(string path) =>
        [.. File.ReadLines(path).Select(line => JsonSerializer.Deserialize<ItemResult>(line, SparkJson.Options)!)];

    /// <summary>Trials that only start a container and verify it.</summary>
    public static BatchInput Trials(FakeDeployment deployment, int tasks) => Input(
        deployment,
        new BatchWork { Trials = [new TrialTemplate("nop", "none", new AttemptInput { Agent = AgentNames.Nop, Arm = "nop" })] },
        Enumerable.Range(1, tasks).Select(number => $"task-{number:00}"));

    /// <summary>A batch of the deployment over small tasks.</summary>
    public static BatchInput Input(FakeDeployment deployment, BatchWork work, IEnumerable<string> tasks) => new()
    {
        Batch = Text.Slug(deployment.Prefix + "batch"),
        Work = work,
        Source = new BatchSource { TasksDir = Tasks(Path.Combine(deployment.OutDir, "tasks"), tasks) },
        OutDir = deployment.OutDir,
    };
}
