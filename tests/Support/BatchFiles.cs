using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Converters;

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
        new TrialWork([new TrialTemplate("nop", "none", new AttemptInput { Agent = AgentNames.Nop, Arm = "nop" })]),
        Enumerable.Range(1, tasks).Select(number => $"task-{number:00}"));

    /// <summary>Skill runs of an agent that is told nothing but its task.</summary>
    public static BatchInput Skills(FakeDeployment deployment, params IEnumerable<string> names) => Input(
        deployment,
        new SkillWork(new SkillGenerationInput { TaskDir = "", Batch = "", ModelSlug = "fake", OutDir = deployment.OutDir }),
        names);

    /// <summary>Starts a batch; the handle is by id alone, as a person has it: the batch continues as new.</summary>
    public static async Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(FakeDeployment deployment, BatchInput input, string name = "batch")
    {
        var started = await deployment.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), deployment.Options(name));
        return deployment.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(started.Id);
    }

    public static Task<BatchProgress> ProgressAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch) => batch.QueryAsync(workflow => workflow.GetProgress());

    /// <summary>What the newest run of a batch has told its runs, in this order.</summary>
    public static async Task<IReadOnlyList<(string Id, HoldRequest Hold)>> HoldsAsync(FakeDeployment deployment, WorkflowHandle batch)
    {
        var told = new List<(string, HoldRequest)>();
        await foreach (var entry in batch.FetchHistoryEventsAsync())
        {
            if (entry.SignalExternalWorkflowExecutionInitiatedEventAttributes is { SignalName: BatchSignals.Hold } signal)
            {
                told.Add((signal.WorkflowExecution.WorkflowId, await deployment.Client.Options.DataConverter.ToValueAsync<HoldRequest>(signal.Input.Payloads_[0])));
            }
        }

        return told;
    }

    /// <summary>A batch of the deployment over small tasks.</summary>
    public static BatchInput Input(FakeDeployment deployment, BatchWork work, IEnumerable<string> tasks) => new()
    {
        Batch = PlainText.Slug(deployment.Prefix + "batch"),
        Work = work,
        Source = new BatchSource { TasksDir = Tasks(Path.Combine(deployment.OutDir, "tasks"), tasks) },
        OutDir = deployment.OutDir,
    };
}
