using System.Globalization;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Common;

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
            () => StartAsync(session, input, words, following, output, cancellationToken),
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

    private static Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(
        SparkSession session, BatchInput input, BatchWords words, BatchFollowing following, CliOutput output, CancellationToken cancellationToken)
    {
        var id = WorkflowIds.Batch(input.Batch);
        return new NamedRuns(session, output).StartAsync(
            new NamedStart<BatchInput, WorkflowHandle<BatchWorkflow, BatchResult>>
            {
                What = "batch",
                Name = input.Batch,
                Id = id,
                Input = input,
                TriesAgain = true,
                Before = () => new PreflightCheck(session, output).RunAsync(input.Batch, following.Preflight, cancellationToken),
                Attach = run => session.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(run),
                Attached = there => NoteUnused(there, input, id, following, output),
                Start = (_, options) =>
                {
                    options.StaticSummary = words.Summary;
                    options.StaticDetails = words.Details;
                    options.TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", words.ModelSlug);
                    options.Priority = new Priority(input.Priority, input.Batch, input.Weight);
                    return session.Client.StartWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), options);
                },
            },
            cancellationToken);
    }

    /// <summary>Options that an open batch does not take from a command that attaches to it.</summary>
    private static void NoteUnused(BatchInput there, BatchInput here, string id, BatchFollowing following, CliOutput output)
    {
        (string Option, bool Differs, string Remedy)[] options =
        [
            ("--parallelism", there.Parallelism != here.Parallelism, $"change it with: spark runs parallelism {id} {here.Parallelism}"),
            ("--batch-budget-usd", there.BudgetUsd != here.BudgetUsd, $"change it with: spark runs budget {id} --usd {here.BudgetUsd?.ToString(CultureInfo.InvariantCulture)}"),
            ("--batch-budget-tokens", there.BudgetTokens != here.BudgetTokens, $"change it with: spark runs budget {id} --tokens {here.BudgetTokens}"),
            ("--priority", there.Priority != here.Priority, "it keeps the one that it was started with"),
            ("--weight", there.Weight != here.Weight, "it keeps the one that it was started with"),
        ];
        foreach (var (option, _, remedy) in options.Where(option => option.Differs && following.Given.Contains(option.Option)))
        {
            output.Note($"{option} does not change a batch that runs; {remedy}");
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
