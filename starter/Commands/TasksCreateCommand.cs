using System.CommandLine;
using Spark.Temporal.Starter.Runs;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.Domain.Construction;
using Spark.Temporal.Workflows.TaskConstruction;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Commands;

/// <summary><c>spark tasks create</c>: proven Harbor tasks from prompt files.</summary>
internal static class TasksCreateCommand
{
    public static Command Create(CliOutput output)
    {
        var prompts = new Option<string[]>("--prompt-file") { Description = "Prompt files (JSON).", Required = true, AllowMultipleArgumentsPerToken = true };
        var parallelism = RunSettings.Positive(new Option<int>("--parallelism") { Description = "Constructions open at once.", DefaultValueFactory = _ => 2 });
        var revisions = new Option<int>("--max-revisions") { Description = "Rounds of repair.", DefaultValueFactory = _ => 3 };
        var retries = new Option<int>("--schema-retries") { Description = "How often a reply that breaks the schema is asked for again.", DefaultValueFactory = _ => 2 };
        var references = new Option<string?>("--reference-tasks-dir") { Description = "A folder of Harbor tasks whose shape the author sees, beside those accepted before." };
        var topK = new Option<int>("--top-k-references") { Description = "How many of them.", DefaultValueFactory = _ => 3 };
        var exclude = new Option<string[]>("--exclude-reference-task") { Description = "Names that must not be among them.", AllowMultipleArgumentsPerToken = true };
        var budget = RunSettings.Positive(new Option<double?>("--budget-usd") { Description = "Dollars a task may cost before its run waits." });
        var batchName = new Option<string?>("--batch") { Description = "Name of the batch; naming one that runs attaches to it. Default: made up." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check the prompt files and say what would run; start nothing." };
        var json = CommonOptions.Json();
        var run = new RunSettings();
        var command = new Command(
            "create",
            """
            Make Harbor tasks: a model writes a blueprint, rules and the model criticise it, and it is accepted only when its
            proof holds in fresh containers. Accepted tasks land in generated_tasks/, reports in generated_tasks/_artifacts/.
            Exits 0 if every prompt got its task, 3 if some did not.

            Example:
              spark tasks create --prompt-file weather.json --model gpt-5-mini
            """)
        {
            prompts, parallelism, revisions, retries, references, topK, exclude, budget, batchName, dryRun, json,
        };
        run.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var batch = Text.Slug(parsed.GetValue(batchName) ?? BatchNames.New("tasks", DateTimeOffset.UtcNow));
            var model = run.Model(parsed);
            var items = parsed.GetValue(prompts)!.Select(file => new ConstructionInput
            {
                PromptFile = Path.GetFullPath(file),
                Name = Name(file),
                Batch = batch,
                Model = model,
                ModelSlug = RunSettings.Slug(model),
                MaxRevisions = parsed.GetValue(revisions),
                SchemaRetries = parsed.GetValue(retries),
                ReferenceTasksDir = parsed.GetValue(references) is { } folder ? Existing(folder) : null,
                TopKReferences = parsed.GetValue(topK),
                ExcludeReferenceTasks = parsed.GetValue(exclude) ?? [],
                BudgetUsd = parsed.GetValue(budget),
                OutDir = run.OutDir(parsed),
                Limits = run.Limits(parsed),
            }).ToList();
            if (items.GroupBy(item => item.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            {
                throw new CliException($"two prompt files are called '{twice.Key}'; give each a name of its own", ExitCodes.Usage);
            }

            if (parsed.GetValue(dryRun))
            {
                Plan(items, parsed.GetValue(json), output);
                return ExitCodes.Good;
            }

            var input = new ConstructionBatchInput(batch, items, parsed.GetValue(parallelism));
            return await RunAsync(input, parsed.GetValue(json), new SessionOptions(), output, cancellationToken);
        });
        return command;
    }

    /// <summary>Starts a batch, or attaches to it where it runs, and follows it.</summary>
    public static async Task<int> RunAsync(
        ConstructionBatchInput input, bool json, SessionOptions options, CliOutput output, CancellationToken cancellationToken)
    {
        await using var session = await SparkSession.OpenAsync(output, options, cancellationToken);
        var id = WorkflowIds.Batch(input.Batch);
        var batch = await session.Client.StartWorkflowAsync(
            (ConstructionBatchWorkflow workflow) => workflow.RunAsync(input),
            new WorkflowOptions(id, SparkSession.Queue)
            {
                StaticSummary = $"tasks from {input.Items.Count} prompts",
                TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", input.Items[0].ModelSlug),
                IdConflictPolicy = WorkflowIdConflictPolicy.UseExisting,
            });
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        try
        {
            var result = await batch.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
            Print(result, json, output);
            return result.Results.All(task => task.Status == ConstructionStatus.Accepted) ? ExitCodes.Good : ExitCodes.SomeFailed;
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the batch failed: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            output.Note($"Interrupted. Run the command again with --batch {input.Batch} to go on.");
            throw new OperationCanceledException(cancellationToken);
        }
    }

    private static void Print(ConstructionBatchResult result, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(result.Results);
            return;
        }

        foreach (var task in result.Results)
        {
            ConstructionReport.Print(task, output);
        }
    }

    private static void Plan(List<ConstructionInput> items, bool json, CliOutput output)
    {
        foreach (var item in items)
        {
            try
            {
                var spec = PromptSpecReader.Parse(File.ReadAllText(item.PromptFile), Path.GetFileName(item.PromptFile));
                if (ToolCatalogue.Resolve(spec.AvailableTools).Unknown is { Count: > 0 } unknown)
                {
                    throw new CliException($"{item.PromptFile}: $.available_tools: '{unknown[0].Name}' is not known"
                        + (unknown[0].Near.Count > 0 ? $", did you mean {string.Join(" or ", unknown[0].Near)}?" : ""), ExitCodes.Usage);
                }
            }
            catch (Exception wrong) when (wrong is FormatException or IOException or UnauthorizedAccessException)
            {
                throw new CliException(wrong.Message, ExitCodes.Usage);
            }
        }

        if (json)
        {
            output.Json(items);
            return;
        }

        items.ForEach(item => output.Line($"{item.Name}  {item.PromptFile}"));
        output.Note($"{items.Count} prompts, model {items[0].ModelSlug}. Nothing was started.");
    }

    private static string Name(string file)
    {
        if (!File.Exists(file))
        {
            throw new CliException($"there is no prompt file '{file}'", ExitCodes.Usage);
        }

        return Text.Slug(Path.GetFileNameWithoutExtension(file));
    }

    private static string Existing(string folder) => Directory.Exists(folder)
        ? Path.GetFullPath(folder)
        : throw new CliException($"there is no folder '{folder}'; name a folder of Harbor tasks", ExitCodes.Usage);
}
