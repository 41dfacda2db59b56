using System.Text.Json;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary>Starts a batch, or attaches to it where it runs, and follows it to its end.</summary>
internal static class BatchRunner
{
    /// <summary>Bytes of a batch's input: what does not fit belongs into a file that the input names.</summary>
    private const int MostInputBytes = 60_000;

    public static async Task<int> RunAsync(
        BatchInput input, BatchWords words, BatchFollowing following, SessionOptions options, CliOutput output, CancellationToken cancellationToken)
    {
        if (JsonSerializer.SerializeToUtf8Bytes(input, SparkJson.Options).Length > MostInputBytes)
        {
            throw new CliException("there are more names or files than fit into a batch's input; write them into a file, one a line, and give @FILE", ExitCodes.Usage);
        }

        await using var session = await SparkSession.OpenAsync(output, options, cancellationToken);
        return await RunAsync(session, input, words, following, output, cancellationToken);
    }

    /// <summary>The same in a session that goes on afterwards.</summary>
    public static async Task<int> RunAsync(
        SparkSession session, BatchInput input, BatchWords words, BatchFollowing following, CliOutput output, CancellationToken cancellationToken)
    {
        if (following.Detach && session.Source == ServerSource.Embedded)
        {
            throw new CliException("--detach needs a server that goes on: start one with 'spark up', or set TEMPORAL_ADDRESS", ExitCodes.Usage);
        }

        var id = WorkflowIds.Batch(input.Batch);
        var batch = await StartAsync(session, input, words, id);
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        if (following.Detach)
        {
            if (following.Json)
            {
                output.Json(new { input.Batch, WorkflowId = id });
            }
            else
            {
                output.Line(id);
            }

            return ExitCodes.Good;
        }

        await using var dashboard = DashboardHost.TryStart(session, input.Batch, following.Dashboard, output);
        try
        {
            var result = await BatchView.FollowAsync(session, batch, input.Work.Kind, output, cancellationToken);
            BatchReport.Print(result, input.Work.Kind, following.Json, output);
            return BatchReport.ExitCode(result);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException(failure.InnerException is CanceledFailureException
                ? $"the batch was cancelled; what ended before is under {input.OutDir}"
                : $"the batch failed: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (following.CancelOnInterrupt)
            {
                await batch.CancelAsync();
                output.Note("Interrupted: the batch is cancelled.");
            }
            else
            {
                output.Note(session.Source == ServerSource.Embedded
                    ? $"Interrupted. The batch is kept in .spark/; run the command again with --batch {input.Batch} to go on."
                    : $"Interrupted. The batch goes on; follow it with: spark runs watch {id}");
            }

            throw;
        }
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
            // Done before: its result is there, nothing is paid for again.
            return session.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(id);
        }
    }
}

/// <summary>What lists and pages say of a batch.</summary>
internal sealed record BatchWords(string Summary, string Details, string ModelSlug)
{
    public static BatchWords Of(BatchInput input, int items) => input.Work switch
    {
        { Skill: { } skill } => new(
            $"skills for {items} tasks",
            $"Model `{skill.ModelSlug}`, agent `{skill.Agent}`, {skill.MaxAttempts} attempts a task, results under `{input.OutDir}`.",
            skill.ModelSlug),
        { Construction: { } task } => new(
            $"tasks from {items} prompts",
            $"Model `{task.ModelSlug}`, {task.MaxRevisions} rounds of repair, results under `{input.OutDir}`.",
            task.ModelSlug),
        var trials => new(
            $"{items} trials",
            $"Templates {string.Join(", ", trials.Trials.Select(trial => $"`{trial.Key}`"))}, results under `{input.OutDir}`.",
            trials.Trials[0].ModelSlug),
    };
}
