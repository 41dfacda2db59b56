using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Starter.Demo;

/// <summary>One prompt becomes a proven task: the first blueprint has a blocking fault, and repair fixes it.</summary>
internal static class DemoConstruction
{
    public static async Task<ConstructionResult> RunAsync(DemoStage stage, CancellationToken cancellationToken)
    {
        var input = new ConstructionInput
        {
            PromptFile = DemoSamples.Prompt,
            Name = Path.GetFileNameWithoutExtension(DemoSamples.Prompt),
            Batch = stage.Name,
            Model = stage.Model,
            ModelSlug = RunSettings.Slug(stage.Model),
            ReferenceTasksDir = DemoSamples.TasksDir,
            OutDir = stage.Folder,
        };
        var id = WorkflowIds.Construction(input.Batch, input.Name);
        stage.Output.Note($"{id}: a task from the prompt {Path.GetFileName(input.PromptFile)}");
        var run = await stage.Session.Client.StartWorkflowAsync(
            (TaskConstructionWorkflow workflow) => workflow.RunAsync(input),
            new WorkflowOptions(id, SparkSession.Queue)
            {
                StaticSummary = $"task from {input.Name}",
                TypedSearchAttributes = SearchAttributes.Started(input.Batch, input.Name, input.ModelSlug),
            });
        var result = await ConstructionView.FollowAsync(run, input.Name, stage.Output, cancellationToken);
        if (!stage.Json)
        {
            ConstructionReport.Print(result, stage.Output);
        }

        return result;
    }
}
