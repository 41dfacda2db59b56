using System.CommandLine;
using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks vary</c>: new variants of an accepted task, each proven.</summary>
internal static class TasksVaryCommand
{
    public static Command Create(CliOutput output)
    {
        var task = new Argument<string>("TASK") { Description = "Name of a task in generated_tasks/, made by spark tasks create." };
        var count = RunSettings.Positive(new Option<int>("--count") { Description = $"How many variants, at most {FamilyInput.MostCount} in one run.", DefaultValueFactory = _ => 3 });
        var template = new Option<string?>("--template")
        {
            Description = "File of the template that says what may change. Default: generated_tasks/_artifacts/TASK/family.json, else a template made from the seeds of the data builder.",
        };
        var seed = new Option<int>("--seed") { Description = "Number that selects the first of all combinations.", DefaultValueFactory = _ => 1 };
        var parallelism = RunSettings.Positive(new Option<int>("--parallelism") { Description = "Variants open at once.", DefaultValueFactory = _ => 2 });
        var batchName = new Option<string?>("--batch") { Description = "Name of the run. Naming one that runs attaches to it; one with other options is refused. Default: made up." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Print the template and what its first variants choose; start nothing." };
        var json = CommonOptions.Json();
        var run = new RunSettings();
        var command = new Command(
            "vary",
            """
            Make variants of an accepted task by layered templates: other data, other answers, the same skill. Each is judged
            by the rules and proven like any task; a variant with the content, data or answer of another task of its family is
            refused. No model is called. Exits 0 if all were made, 3 if fewer were.

            A template is JSON: {"layers": [{"name": "rate", "kind": "value", "from": "8000",
              "choices": ["8000", "11025", "16000"], "fields": ["data_builder_python"]}, …]}
            A layer replaces the text 'from' (whole words) by one of its choices, in all its fields at once, so that
            instruction, data, solution and tests stay in step. Layers combine; each variant is one combination.
              kind    value    a number or name the data or the question is made of: a seed, a threshold, a unit
                      file     the name of a file or folder; leave 'fields' out, so that it changes wherever it appears
                      size     how much data there is: rows, seconds, samples
                      wording  how the instruction says it; it never makes a variant by itself, since the data stays
              fields  title, instruction_md, output_path, support_files, data_builder_python, oracle_python,
                      verifier.test_code; without 'fields': all that hold the text

            Example:
              spark tasks vary wav-peaks --count 5
              spark tasks vary wav-peaks --count 20 --template peaks.json --parallelism 4
            """)
        {
            task, count, template, seed, parallelism, batchName, dryRun, json,
        };
        run.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var input = new FamilyInput
            {
                Task = parsed.GetValue(task)!,
                Count = parsed.GetValue(count),
                Seed = parsed.GetValue(seed),
                TemplateFile = parsed.GetValue(template) is { } file ? Path.GetFullPath(file) : null,
                Batch = PlainText.Slug(parsed.GetValue(batchName) ?? BatchNames.New("vary", DateTimeOffset.UtcNow)),
                Parallelism = parsed.GetValue(parallelism),
                OutDir = run.OutDir(parsed),
                Limits = run.Limits(parsed),
            };
            var (accepted, layers) = Check(input);
            if (parsed.GetValue(dryRun))
            {
                return Plan(accepted, layers, input, parsed.GetValue(json), output);
            }

            await using var session = await SparkSession.OpenAsync(output, new SessionOptions(), cancellationToken);
            var result = await RunAsync(session, input, output, cancellationToken);
            Print(result, parsed.GetValue(json), output);
            return result.Error is null ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    /// <summary>Checks the input as a run would, before a server is started for it.</summary>
    private static (TaskBlueprint Accepted, FamilyTemplate Template) Check(FamilyInput input)
    {
        if (input.Count > FamilyInput.MostCount)
        {
            throw new CliException($"--count is at most {FamilyInput.MostCount} in one run; run it again for more; existing variants are not made again", ExitCodes.Usage);
        }

        if (input.Task != PlainText.Slug(input.Task))
        {
            throw new CliException($"'{PlainText.OneLine(input.Task)}' is not the name of a task; see spark tasks list", ExitCodes.Usage);
        }

        var folder = Path.Combine(input.OutDir, "generated_tasks", "_artifacts", input.Task);
        try
        {
            if (!Directory.Exists(Path.Combine(input.OutDir, "generated_tasks", input.Task)))
            {
                throw new FormatException($"there is no accepted task '{input.Task}' in {Path.Combine(input.OutDir, "generated_tasks")}; see spark tasks list, or --out");
            }

            var accepted = JsonSerializer.Deserialize<TaskBlueprint>(File.ReadAllText(Path.Combine(folder, "blueprint.json")), SparkJson.Options)!;
            var file = input.TemplateFile ?? (Path.Combine(folder, "family.json") is var own && File.Exists(own) ? own : null);
            var template = file is null ? FamilyTemplateReader.Derive(accepted) : FamilyTemplateReader.Parse(File.ReadAllText(file), Path.GetFileName(file));
            Variation.UpTo(accepted, template, 1, input.Seed, new HashSet<string>());
            return (accepted, template);
        }
        catch (Exception wrong) when (wrong is FormatException or JsonException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(wrong.Message, ExitCodes.Usage);
        }
    }

    private static async Task<FamilyResult> RunAsync(SparkSession session, FamilyInput input, CliOutput output, CancellationToken cancellationToken)
    {
        var id = WorkflowIds.Family(input.Batch, input.Task);
        var family = await new NamedRuns(session, output).StartAsync(
            new NamedStart<FamilyInput, WorkflowHandle<FamilyWorkflow, FamilyResult>>
            {
                What = "family",
                Name = input.Batch,
                Id = id,
                Input = input,
                Again = true,
                Attach = run => session.Client.GetWorkflowHandle<FamilyWorkflow, FamilyResult>(run),
                Start = (_, options) =>
                {
                    options.StaticSummary = $"{input.Count} variants of {input.Task}";
                    options.TypedSearchAttributes = SearchAttributes.Started(input.Batch, input.Task, "none");
                    return session.Client.StartWorkflowAsync((FamilyWorkflow workflow) => workflow.RunAsync(input), options);
                },
            },
            cancellationToken);
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        return await LineView.FollowAsync(
            family,
            family.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken }),
            async options => (await family.QueryAsync(workflow => workflow.GetProgress(), options)).Variants
                .Select(variant => $"{variant.Name}: {PlainText.Words(variant.Status)}{(variant.Error is { } why ? $": {why}" : "")}"),
            output,
            cancellationToken);
    }

    private static void Print(FamilyResult result, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(result);
            return;
        }

        foreach (var variant in result.Variants)
        {
            output.Line($"{PlainText.Words(variant.Status),-12} {variant.Name}{(variant.Error is { } why ? $"  {why}" : "")}");
        }

        output.Line($"{result.Accepted} of {result.Asked} variants of {result.Task}{(result.Error is { } error ? $": {error}" : "")}");
    }

    private static int Plan(TaskBlueprint accepted, FamilyTemplate template, FamilyInput input, bool json, CliOutput output)
    {
        var variants = Variation.UpTo(accepted, template, input.Count, input.Seed, new HashSet<string>());
        if (json)
        {
            output.Json(new { Template = template, Variants = variants.Select(variant => new { variant.Choices, variant.Digest }) });
            return ExitCodes.Good;
        }

        foreach (var layer in template.Layers)
        {
            output.Line($"{layer.Kind.ToString().ToLowerInvariant(),-8} {layer.Name}: '{PlainText.OneLine(layer.From)}', {layer.Choices.Count} choices, in {(layer.Fields.Count == 0 ? "every field that holds it" : string.Join(", ", layer.Fields))}");
        }

        foreach (var variant in variants)
        {
            output.Line(string.Join(", ", variant.Choices.Select(choice => $"{choice.Key} = {PlainText.OneLine(choice.Value)}")));
        }

        output.Note($"{variants.Count} of {input.Count}; a run does not make existing variants again. Nothing was started.");
        return ExitCodes.Good;
    }
}
