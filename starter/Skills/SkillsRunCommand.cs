using System.CommandLine;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Starter.Skills;

/// <summary><c>spark skills run</c>: a batch of skill runs, followed to its end.</summary>
internal static class SkillsRunCommand
{
    public static Command Create(CliOutput output)
    {
        var tasksDir = new Option<string?>("--tasks-dir") { Description = "A folder of Harbor tasks, or one task. Not for --agent replay, which needs none." };
        var tasks = new Option<string[]>("--tasks") { Description = "Only these, by name; * and ? match, @FILE reads one name per line.", AllowMultipleArgumentsPerToken = true };
        var batches = new BatchSettings("skills", parallelism: 4);
        var strict = TaskFolders.Strict();
        var json = CommonOptions.Json();
        var run = new RunSettings();
        var skill = new SkillSettings();
        var preflight = new PreflightSettings();
        var command = new Command(
            "run",
            """
            Make skills: an agent works on each task until the verifier passes, learning from every failure; what it verified
            becomes a SKILL.md. A task that cannot run is left out. Exits 0 if every task got its
            skill, 3 if some did not or were left out.

            Example:
              spark skills run --tasks-dir tasks --model gpt-5-mini --max-retries 5 --parallelism 8
              spark skills run --agent replay --agent-kwarg trajectory=all_model_pdi/some-model
            """)
        {
            tasksDir, tasks, strict, json,
        };
        batches.AddTo(command);
        preflight.AddTo(command);
        skill.AddTo(command);
        run.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var batch = batches.Name(parsed);
            var recordings = skill.Recordings(parsed);
            var source = batches.Source(parsed, (recordings ?? new BatchSource { TasksDir = Named(parsed.GetValue(tasksDir)) }) with { Names = parsed.GetValue(tasks) ?? [] });
            var choice = recordings is null ? TaskFolders.Select(source, parsed.GetValue(strict)) : TaskChoice.None;
            TaskFolders.Tell(choice, output);
            var tasksThere = choice.Tasks;
            IReadOnlyList<(string Name, string Directory)> chosen = recordings is null
                ? [.. tasksThere.Select(task => (task.Name, task.Directory))]
                : [.. TaskFolders.Recordings(source).Select(recording => (recording.Name, recording.Folder))];
            var input = batches.Input(parsed, batch, run.OutDir(parsed), new SkillWork(skill.Template(parsed, run, batch)), source);
            if (batches.DryRun(parsed))
            {
                return await PrintPlanAsync(input, chosen, choice.LeftOut, parsed.GetValue(json), output, cancellationToken);
            }

            var template = ((SkillWork)input.Work).Run;
            var plan = preflight.Plan(parsed, Models(input), input.OutDir, template.ResultsRoot)
                ?.Within(input.BudgetUsd, template.BudgetUsd)
                .Telling([PreflightSettings.AgentModel(template.Agent, template.Model)], tasksThere.Select(task => (task.Name, task.InstructionTokens)));
            var following = batches.Following(parsed, parsed.GetValue(json)) with { Preflight = plan, LeftOut = choice.LeftOut };
            return await BatchRunner.RunAsync(input, BatchWords.Of(input, chosen.Count), following, new SessionOptions(), output, cancellationToken);
        });
        return command;
    }

    /// <summary>Models that its runs will ask: whatever agent works, reflections and skills are a model's; only recorded runs have theirs.</summary>
    private static IEnumerable<ModelChoice?> Models(BatchInput input)
    {
        var run = ((SkillWork)input.Work).Run;
        return run.Agent == AgentNames.Replay ? [] : [PreflightSettings.AgentModel(run.Agent, run.Model), run.SummaryModel ?? run.Model];
    }

    private static string Named(string? tasksDir) =>
        Path.GetFullPath(tasksDir ?? throw new CliException("--tasks-dir is missing; name a folder of Harbor tasks", ExitCodes.Usage));

    /// <summary>What a batch would do.</summary>
    internal static async Task<int> PrintPlanAsync(
        BatchInput input,
        IReadOnlyList<(string Name, string Directory)> tasks,
        IReadOnlyList<LeftOutTasks> leftOut,
        bool json,
        CliOutput output,
        CancellationToken cancellationToken)
    {
        var exitCode = leftOut.Count > 0 ? ExitCodes.SomeFailed : ExitCodes.Good;
        var template = ((SkillWork)input.Work).Run;
        var cost = await PastCosts.OfAsync(
            nameof(SkillGenerationWorkflow), template.ModelSlug, tasks.Count, template.BudgetUsd, input.BudgetUsd, cancellationToken);
        if (json)
        {
            output.Json(new
            {
                input.Batch,
                Model = template.ModelSlug,
                input.Parallelism,
                template.MaxAttempts,
                EstimatedCost = cost,
                Tasks = tasks.Select(task => new { task.Name, TaskDir = task.Directory }),
                LeftOut = leftOut,
            });
            return exitCode;
        }

        foreach (var task in tasks)
        {
            output.Line($"{task.Name}  {task.Directory}");
        }

        output.Note($"{tasks.Count} tasks, at most {template.MaxAttempts} attempts each, model {template.ModelSlug}. {cost} Nothing was started.");
        return exitCode;
    }
}
