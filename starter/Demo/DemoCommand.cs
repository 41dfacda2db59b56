using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Demo;

/// <summary>
/// <c>spark demo</c>: the main job on the sample tasks. Containers, verifiers, rewards and the PDI proxy are real; only
/// the model is a script, and every reply says so.
/// </summary>
internal static class DemoCommand
{
    public static Command Create(CliOutput output)
    {
        var live = new Option<bool>("--live") { Description = "Ask the real model of OPENAI_API_KEY instead of the script." };
        var model = new Option<string?>("--model") { Description = "Model of --live; default OPENAI_MODEL." };
        var json = CommonOptions.Json();
        var command = new Command(
            "demo",
            """
            Runs the main job offline with a scripted model. A prompt becomes a proven task, after repair fixes a fault in
            its first blueprint. That task and three samples become skills, with failures, memos, soft and strong
            interventions. The samples are evaluated without a skill, with those skills, and with human ones, one of which harms.
            Writes to .spark/demo/. Needs Docker; see infra/setup.sh.

            Example:
              spark demo
            """)
        {
            live, model, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = Path.GetFullPath(Path.Combine(".spark", "demo"));
            Directory.CreateDirectory(folder);
            if (parsed.GetValue(live))
            {
                return await LiveAsync(folder, parsed.GetValue(model), parsed.GetValue(json), output, cancellationToken);
            }

            await using var scripted = ScriptedModelServer.Start(DemoSamples.ScriptsDir);
            output.Note($"No language model is called: a script answers at {scripted.BaseAddress} (model '{ScriptedModel.Name}').");
            output.Note("Containers, verifiers, rewards and the PDI proxy are real.");

            // For the worker that this command starts; it inherits them. The key is a placeholder: the script asks for no key.
            Environment.SetEnvironmentVariable("OPENAI_BASE_URL", scripted.BaseAddress.ToString());
            Environment.SetEnvironmentVariable("OPENAI_API_KEY", "scripted-model-needs-no-key");
            return await RunAsync(folder, new ModelChoice(Name: ScriptedModel.Name), parsed.GetValue(json), output, cancellationToken);
        });
        return command;
    }

    private static Task<int> LiveAsync(string folder, string? model, bool json, CliOutput output, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable("OPENAI_API_KEY")))
        {
            throw new CliException("--live needs OPENAI_API_KEY in the environment (and OPENAI_BASE_URL for another endpoint); to use the script, leave --live out", ExitCodes.Usage);
        }

        model ??= Environment.GetEnvironmentVariable("OPENAI_MODEL");
        return string.IsNullOrWhiteSpace(model)
            ? throw new CliException("--live needs a model: --model NAME, or OPENAI_MODEL in the environment", ExitCodes.Usage)
            : RunAsync(folder, new ModelChoice(Name: model), json, output, cancellationToken);
    }

    private static async Task<int> RunAsync(string folder, ModelChoice model, bool json, CliOutput output, CancellationToken cancellationToken)
    {
        var options = new SessionOptions { OwnServer = true, StateFolder = Path.Combine(folder, "state") };
        await using var session = await SparkSession.OpenAsync(output, options, cancellationToken);
        var stage = new DemoStage(BatchNames.New("demo", DateTimeOffset.UtcNow), folder, model, json, session, output);
        var made = await DemoConstruction.RunAsync(stage, cancellationToken);
        var skills = await DemoSkills.RunAsync(stage, made.TaskDir, cancellationToken);
        await DemoEvaluation.RunAsync(stage, cancellationToken);
        output.Note($"Everything is in {folder}: generated_tasks/ (the task and how it came about), skills_gen_result/ (skills, memos, trajectories), skills_eval_result/ (the evaluation and its report), spark-jobs/ (trials).");
        return made.Status == ConstructionStatus.Accepted ? skills : ExitCodes.SomeFailed;
    }
}
