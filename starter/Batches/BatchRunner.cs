using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Batches;

/// <summary>Starts a batch, or attaches to it where it runs, and follows it to its end.</summary>
internal static class BatchRunner
{
    /// <summary>Most bytes of a batch's input; a longer list goes into a file that the input names.</summary>
    private const int MostInputBytes = 60_000;

    public static async Task<int> RunAsync(
        BatchInput input, BatchWords words, BatchFollowing following, SessionOptions options, CliOutput output, CancellationToken cancellationToken)
    {
        if (JsonSerializer.SerializeToUtf8Bytes(input, SparkJson.Options).Length > MostInputBytes)
        {
            throw new CliException("the names or files are too many for a batch's input; write them into a file, one per line, and give @FILE", ExitCodes.Usage);
        }

        await using var session = await SparkSession.OpenAsync(output, options, cancellationToken);
        return await RunAsync(session, input, words, following, output, cancellationToken);
    }

    /// <summary>The same in a session that goes on afterwards.</summary>
    public static Task<int> RunAsync(
        SparkSession session, BatchInput input, BatchWords words, BatchFollowing following, CliOutput output, CancellationToken cancellationToken)
    {
        var id = WorkflowIds.Batch(input.Batch);

        // Addressed by id alone, because the batch continues as a new run.
        var newest = session.Client.GetWorkflowHandle<BatchWorkflow>(id);
        return RunFollower.RunAsync(
            session,
            new FollowedRun("batch", input.Batch, id, input.OutDir),
            () => StartAsync(session, input, words, id),
            batch => BatchView.FollowAsync(
                session,
                batch,
                input.Work.Kind,
                async options => new WindowProgress(await newest.QueryAsync(workflow => workflow.GetProgress(), options)),
                output,
                cancellationToken),
            result =>
            {
                BatchReport.Print(result, input.Work.Kind, following.Json, output);
                return BatchReport.ExitCode(result);
            },
            following,
            output,
            cancellationToken);
    }

    private static async Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(SparkSession session, BatchInput input, BatchWords words, string id)
    {
        try
        {
            return await session.Client.StartWorkflowAsync(
                (BatchWorkflow workflow) => workflow.RunAsync(input),
                new WorkflowOptions(id, SparkSession.Queue)
                {
                    StaticSummary = words.Summary,
                    StaticDetails = words.Details,
                    TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", words.ModelSlug),
                    Priority = new Priority(input.Priority, input.Batch, input.Weight),
                    IdConflictPolicy = WorkflowIdConflictPolicy.UseExisting,
                    IdReusePolicy = WorkflowIdReusePolicy.AllowDuplicateFailedOnly,
                });
        }
        catch (WorkflowAlreadyStartedException)
        {
            // It ran before: its result exists, so nothing is paid for again.
            return session.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(id);
        }
    }
}

/// <summary>The description of a batch in lists and on pages.</summary>
internal sealed record BatchWords(string Summary, string Details, string ModelSlug)
{
    public static BatchWords Of(BatchInput input, int items) => input.Work switch
    {
        SkillWork { Run: var skill } => new(
            $"skills for {(items == 1 ? "1 task" : $"{items} tasks")}",
            $"Model `{skill.ModelSlug}`, agent `{skill.Agent}`, {skill.MaxAttempts} attempts a task, results under `{input.OutDir}`.",
            skill.ModelSlug),
        ConstructionWork { Run: var task } => new(
            $"tasks from {(items == 1 ? "1 prompt" : $"{items} prompts")}",
            $"Model `{task.ModelSlug}`, {task.MaxRevisions} rounds of repair, results under `{input.OutDir}`.",
            task.ModelSlug),
        TrialWork { Trials: var trials } => new(
            $"{items} trials",
            $"Templates {string.Join(", ", trials.Select(trial => $"`{trial.Key}`"))}, results under `{input.OutDir}`.",
            trials[0].ModelSlug),
        _ => throw new NotSupportedException($"{input.Work.GetType().Name} has no words."),
    };
}
