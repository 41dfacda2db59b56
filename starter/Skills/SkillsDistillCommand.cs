using System.CommandLine;
using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Skills;

/// <summary><c>spark skills distill</c>: the skill of a finished run, written again from its evidence.</summary>
internal static class SkillsDistillCommand
{
    public static Command Create(CliOutput output)
    {
        var runs = new Argument<string>("RUN") { Description = "The result folder of a run whose attempt passed (it holds trajectory.jsonl), or a folder with several at any depth." };
        var results = new Option<string?>("--result-dir") { Description = "Folder for skills and their records, with one folder per model. Default: skills_distilled/ under --out." };
        var batches = new BatchSettings("distill", parallelism: 4);
        var json = CommonOptions.Json();
        var run = new RunSettings();
        var preflight = new PreflightSettings();
        var command = new Command(
            "distill",
            """
            Write the skill of a finished run again, from the evidence that the run recorded: no attempt is made and no container started.
            Exits 0 if every run got its skill, 3 if some did not or need review.

            Example: spark skills distill skills_gen_result/gpt-5-mini/my-task --model gpt-5
            """)
        {
            runs, results, json,
        };
        batches.AddTo(command);
        preflight.AddTo(command);
        run.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var batch = batches.Name(parsed);
            var source = batches.Source(parsed, RecordedRuns.Source(new Dictionary<string, string> { [AgentNames.TrajectoryKwarg] = parsed.GetValue(runs)! }));
            var model = run.Model(parsed);
            var outDir = run.OutDir(parsed);
            var template = new SkillGenerationInput
            {
                TaskDir = "",
                Batch = batch,
                Agent = AgentNames.Replay,
                Model = model,
                ModelSlug = RunSettings.Slug(model),
                Limits = run.Limits(parsed),
                OutDir = outDir,
                ResultsRoot = Path.GetFullPath(parsed.GetValue(results) ?? Path.Combine(outDir, "skills_distilled")),
                Redistill = true,
            };
            var recordings = TaskFolders.Recordings(source);
            var input = batches.Input(parsed, batch, outDir, new SkillWork(template), source);
            if (batches.DryRun(parsed))
            {
                return await SkillsRunCommand.PrintPlanAsync(
                    input, [.. recordings.Select(recording => (recording.Name, recording.Folder))], [], parsed.GetValue(json), output, cancellationToken);
            }

            var plan = preflight.Plan(parsed, [model], input.OutDir, template.ResultsRoot)?.Within(input.BudgetUsd, template.BudgetUsd);
            var following = batches.Following(parsed, parsed.GetValue(json)) with { Preflight = plan };
            return await BatchRunner.RunAsync(input, BatchWords.Of(input, recordings.Count), following, new SessionOptions(), output, cancellationToken);
        });
        return command;
    }
}
