using System.CommandLine;
using Spark.Temporal.Starter.Runs;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.SkillGeneration;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Commands;

/// <summary><c>spark skills run</c>: a batch of skill runs, followed to its end.</summary>
internal static class SkillsRunCommand
{
    public static Command Create(CliOutput output)
    {
        var tasksDir = new Option<string>("--tasks-dir") { Description = "A folder of Harbor tasks, or one task.", Required = true };
        var tasks = new Option<string[]>("--tasks") { Description = "Only these, by name; * and ? match.", AllowMultipleArgumentsPerToken = true };
        var limit = RunSettings.Positive(new Option<int?>("--limit") { Description = "At most so many tasks." });
        var parallelism = RunSettings.Positive(new Option<int>("--parallelism") { Description = "Runs open at once.", DefaultValueFactory = _ => 4 });
        var batchName = new Option<string?>("--batch") { Description = "Name of the batch; naming one that runs attaches to it. Default: made up." };
        var detach = new Option<bool>("--detach") { Description = "Start and return; follow with spark runs watch." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would run; start nothing." };
        var cancel = new Option<bool>("--cancel-on-interrupt") { Description = "Ctrl-C cancels the batch instead of leaving it." };
        var json = CommonOptions.Json();
        var run = new RunSettings();
        var skill = new SkillSettings();
        var command = new Command(
            "run",
            """
            Make skills: an agent works on each task until the verifier passes, learning from every failure; what it verified
            becomes a SKILL.md. Exits 0 if every task got its skill, 3 if some did not.

            Example:
              spark skills run --tasks-dir tasks --model gpt-5-mini --max-retries 5 --parallelism 8
            """)
        {
            tasksDir, tasks, limit, parallelism, batchName, detach, dryRun, cancel, json,
        };
        skill.AddTo(command);
        run.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var chosen = TaskFolders.Select(parsed.GetValue(tasksDir)!, parsed.GetValue(tasks) ?? [], parsed.GetValue(limit));
            var batch = parsed.GetValue(batchName) ?? BatchNames.New("skills", DateTimeOffset.UtcNow);
            var input = new BatchInput
            {
                Batch = Workflows.Domain.Text.Slug(batch),
                Items = [.. chosen.Select(task => new BatchItem(task.Name, task.Directory))],
                Template = skill.Template(parsed, run, Workflows.Domain.Text.Slug(batch)),
                Parallelism = parsed.GetValue(parallelism),
            };
            if (parsed.GetValue(dryRun))
            {
                return PrintPlan(input, parsed.GetValue(json), output);
            }

            return await RunAsync(input, parsed.GetValue(detach), parsed.GetValue(cancel), parsed.GetValue(json), new SessionOptions(), output, cancellationToken);
        });
        return command;
    }

    /// <summary>Starts a batch, or attaches to it where it runs, and follows it.</summary>
    public static async Task<int> RunAsync(
        BatchInput input, bool detach, bool cancelOnInterrupt, bool json, SessionOptions options, CliOutput output, CancellationToken cancellationToken)
    {
        await using var session = await SparkSession.OpenAsync(output, options, cancellationToken);
        return await RunAsync(session, input, detach, cancelOnInterrupt, json, output, cancellationToken);
    }

    /// <summary>The same in a session that goes on afterwards.</summary>
    public static async Task<int> RunAsync(
        SparkSession session, BatchInput input, bool detach, bool cancelOnInterrupt, bool json, CliOutput output, CancellationToken cancellationToken)
    {
        if (detach && session.Source == ServerSource.Embedded)
        {
            throw new CliException("--detach needs a server that goes on: start one with 'spark up', or set TEMPORAL_ADDRESS", ExitCodes.Usage);
        }

        var id = WorkflowIds.Batch(input.Batch);
        var batch = await StartAsync(session, input, id);
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        if (detach)
        {
            if (json)
            {
                output.Json(new { input.Batch, WorkflowId = id, Tasks = input.Items.Select(item => item.Name) });
            }
            else
            {
                output.Line(id);
            }

            return ExitCodes.Good;
        }

        try
        {
            var result = await BatchView.FollowAsync(session, batch, input, output, cancellationToken);
            BatchReport.Print(result, json, output);
            return BatchReport.ExitCode(result);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the batch failed: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (cancelOnInterrupt)
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

    private static async Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(SparkSession session, BatchInput input, string id)
    {
        try
        {
            return await session.Client.StartWorkflowAsync(
                (BatchWorkflow workflow) => workflow.RunAsync(input),
                new WorkflowOptions(id, SparkSession.Queue)
                {
                    StaticSummary = $"skills for {input.Items.Count} tasks",
                    StaticDetails = $"Model `{input.Template.ModelSlug}`, agent `{input.Template.Agent}`, {input.Template.MaxAttempts} attempts a task, results under `{input.Template.OutDir}`.",
                    TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", input.Template.ModelSlug),
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

    private static int PrintPlan(BatchInput input, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(new { input.Batch, Model = input.Template.ModelSlug, input.Parallelism, input.Template.MaxAttempts, Tasks = input.Items });
            return ExitCodes.Good;
        }

        foreach (var item in input.Items)
        {
            output.Line($"{item.Name}  {item.TaskDir}");
        }

        output.Note($"{input.Items.Count} tasks, at most {input.Template.MaxAttempts} attempts each, model {input.Template.ModelSlug}. Nothing was started.");
        return ExitCodes.Good;
    }
}
