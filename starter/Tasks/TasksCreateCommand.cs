using System.CommandLine;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks create</c>: proven Harbor tasks from prompt files.</summary>
internal static class TasksCreateCommand
{
    public static Command Create(CliOutput output)
    {
        var prompts = new Option<string[]>("--prompt-file") { Description = "Prompt files (JSON), folders of them, or @FILE with one path per line.", Required = true, AllowMultipleArgumentsPerToken = true };
        var batches = new BatchSettings("tasks", parallelism: 2);
        var revisions = RunSettings.Between(0, 100, new Option<int>("--max-revisions") { Description = "Rounds of repair.", DefaultValueFactory = _ => 3 });
        var retries = RunSettings.Between(0, 100, new Option<int>("--schema-retries") { Description = "How often a new reply is requested after one that breaks the schema.", DefaultValueFactory = _ => 2 });
        var references = new Option<string?>("--reference-tasks-dir") { Description = "A folder of Harbor tasks that the author sees as examples, besides tasks accepted before." };
        var topK = RunSettings.Between(0, 100, new Option<int>("--top-k-references") { Description = "How many reference tasks the author sees.", DefaultValueFactory = _ => 3 });
        var exclude = new Option<string[]>("--exclude-reference-task") { Description = "Names of tasks that the author must not see.", AllowMultipleArgumentsPerToken = true };
        var budget = RunSettings.Positive(new Option<double?>("--budget-usd") { Description = "Dollars that a task may cost; then its run waits." });
        var tokens = RunSettings.Positive(new Option<long?>("--budget-tokens") { Description = "Tokens that a task may send and receive; then its run waits." });
        var json = CommonOptions.Json();
        var run = new RunSettings();
        var preflight = new PreflightSettings();
        var command = new Command(
            "create",
            """
            Make Harbor tasks: a model writes a blueprint, rules and the model criticise it. It is accepted only when its
            proof holds in fresh containers. Accepted tasks land in generated_tasks/, reports in generated_tasks/_artifacts/.
            Exits 0 if every prompt got its task, 3 if some did not.

            Example:
              spark tasks create --prompt-file weather.json --model gpt-5-mini
            """)
        {
            prompts, revisions, retries, references, topK, exclude, budget, tokens, json,
        };
        batches.AddTo(command);
        preflight.AddTo(command);
        run.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var batch = batches.Name(parsed);
            var model = run.Model(parsed);
            var template = new ConstructionInput
            {
                PromptFile = "",
                Name = "",
                Batch = batch,
                Model = model,
                ModelSlug = RunSettings.Slug(model),
                MaxRevisions = parsed.GetValue(revisions),
                SchemaRetries = parsed.GetValue(retries),
                ReferenceTasksDir = parsed.GetValue(references) is { } folder ? Existing(folder) : null,
                TopKReferences = parsed.GetValue(topK),
                ExcludeReferenceTasks = parsed.GetValue(exclude) ?? [],
                BudgetUsd = parsed.GetValue(budget),
                BudgetTokens = parsed.GetValue(tokens),
                OutDir = run.OutDir(parsed),
                Limits = run.Limits(parsed),
            };
            var source = batches.Source(parsed, new BatchSource { Files = [.. parsed.GetValue(prompts)!.Select(Absolute)] });
            var chosen = TaskFolders.Prompts(source);
            Check(chosen);
            if (batches.DryRun(parsed))
            {
                var cost = await PastCosts.OfAsync(
                    nameof(TaskConstructionWorkflow), template.ModelSlug, chosen.Count, template.BudgetUsd, batches.BudgetUsd(parsed), cancellationToken);
                Plan(chosen, template, cost, parsed.GetValue(json), output);
                return ExitCodes.Good;
            }

            var input = batches.Input(parsed, batch, template.OutDir, new ConstructionWork(template), source);
            var following = batches.Following(parsed, parsed.GetValue(json)) with { Preflight = preflight.Plan(parsed, [model], input.OutDir)?.Within(input.BudgetUsd, template.BudgetUsd) };
            return await BatchRunner.RunAsync(input, BatchWords.Of(input, chosen.Count), following, new SessionOptions(), output, cancellationToken);
        });
        return command;
    }

    /// <exception cref="CliException">A file is not a valid prompt; the message says which, and where.</exception>
    private static void Check(IReadOnlyList<PromptPath> prompts)
    {
        foreach (var prompt in prompts)
        {
            try
            {
                var spec = PromptSpecReader.Parse(File.ReadAllText(prompt.File), Path.GetFileName(prompt.File));
                if (ToolCatalogue.Resolve(spec.AvailableTools).Unknown is { Count: > 0 } unknown)
                {
                    throw new CliException($"{prompt.File}: $.available_tools: '{unknown[0].Name}' is not known"
                        + (unknown[0].Near.Count > 0 ? $", did you mean {string.Join(" or ", unknown[0].Near)}?" : ""), ExitCodes.Usage);
                }
            }
            catch (Exception wrong) when (wrong is FormatException or IOException or UnauthorizedAccessException)
            {
                throw new CliException(wrong.Message, ExitCodes.Usage);
            }
        }
    }

    private static void Plan(IReadOnlyList<PromptPath> prompts, ConstructionInput template, PastCosts cost, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(prompts.Select(prompt => template with { Name = prompt.Name, PromptFile = prompt.File }));
            return;
        }

        foreach (var prompt in prompts)
        {
            output.Line($"{prompt.Name}  {prompt.File}");
        }

        output.Note($"{prompts.Count} prompts, model {template.ModelSlug}. {cost} Nothing was started.");
    }

    private static string Absolute(string file) => file.StartsWith('@') ? BatchSettings.AbsoluteList(file) : Path.GetFullPath(file);

    private static string Existing(string folder) => Directory.Exists(folder)
        ? Path.GetFullPath(folder)
        : throw new CliException($"there is no folder '{folder}'; name a folder of Harbor tasks", ExitCodes.Usage);
}
