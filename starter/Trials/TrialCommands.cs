using System.CommandLine;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Trials;

/// <summary>The group <c>spark trial</c>.</summary>
internal static class TrialCommands
{
    public static Command Create(CliOutput output) => new("trial", "One attempt on one task.") { Run(output) };

    private static Command Run(CliOutput output)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of a Harbor task." };
        var agent = new AgentSettings();
        var json = CommonOptions.Json();
        var settings = new RunSettings();
        var preflight = new PreflightSettings();
        var command = new Command(
            "run",
            """
            Build the task's image, let an agent work in a container, verify, and write a trial folder.
            Exits 0 if the task is solved, 3 if it is verified and not solved, 1 if there is no verdict.

            Example:
              spark trial run tasks/3d-scan-calc --agent oracle
            """)
        {
            folder, json,
        };
        agent.AddTo(command);
        settings.AddTo(command);
        preflight.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var task = TaskFolders.One(parsed.GetValue(folder)!);
            if (agent.Agent(parsed) == AgentNames.Replay)
            {
                throw new CliException("the agent replay re-enacts whole runs: spark skills run --agent replay --agent-kwarg trajectory=FILE", ExitCodes.Usage);
            }

            var batch = BatchNames.New("trial", DateTimeOffset.UtcNow);
            var input = new AttemptInput
            {
                TaskDir = task.Directory,
                Agent = agent.Agent(parsed),
                AgentKwargs = agent.Kwargs(parsed),
                Model = settings.Model(parsed),
                Batch = batch,
                Limits = settings.Limits(parsed),
                OutDir = settings.OutDir(parsed),
            };
            await using var session = await SparkSession.OpenAsync(output, new SessionOptions(), cancellationToken);
            ModelChoice?[] models = [PreflightSettings.AgentModel(input.Agent, input.Model)];
            var plan = preflight.Plan(parsed, models, input.OutDir)?.Telling(models, [(task.Name, task.InstructionTokens)]);
            await new PreflightCheck(session, output).RunAsync(batch, plan, cancellationToken);
            var result = await RunAsync(session, input, task.Name, output, cancellationToken);
            Print(result, parsed.GetValue(json), output);
            return result.Outcome switch
            {
                Outcome.Pass => ExitCodes.Good,
                Outcome.Partial or Outcome.Fail => ExitCodes.SomeFailed,
                _ => ExitCodes.Failed,
            };
        });
        return command;
    }

    private static async Task<AttemptResult> RunAsync(
        SparkSession session, AttemptInput input, string task, CliOutput output, CancellationToken cancellationToken)
    {
        var model = AgentNames.UsesModel(input.Agent) ? RunSettings.Slug(input.Model) : input.Agent;
        var id = WorkflowIds.Evaluation(input.Batch, model, "baseline", task, 1);
        var attempt = await session.Client.StartWorkflowAsync(
            (AttemptWorkflow workflow) => workflow.RunAsync(input),
            new WorkflowOptions(id, SparkSession.Queue)
            {
                StaticSummary = $"{input.Agent} on {task}",
                StaticDetails = $"Task `{input.TaskDir}`.",
                TypedSearchAttributes = SearchAttributes.Started(input.Batch, task, model, "baseline"),
            });
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        try
        {
            return await attempt.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        }
        catch (Exception stopped) when (cancellationToken.IsCancellationRequested && stopped is OperationCanceledException or RpcException)
        {
            output.Note("Interrupted: cancelling the attempt and removing its container.");
            await attempt.CancelAsync();
            await WaitQuietlyAsync(attempt);
            throw new OperationCanceledException(cancellationToken);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the attempt failed: {failure.InnerException?.Message ?? failure.Message}");
        }
    }

    private static async Task WaitQuietlyAsync(WorkflowHandle<AttemptWorkflow, AttemptResult> attempt)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            await attempt.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = patience.Token });
        }
        catch (Exception ended) when (ended is WorkflowFailedException or OperationCanceledException or RpcException)
        {
            // Cancelled, as asked.
        }
    }

    private static void Print(AttemptResult result, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(TrialReport.Of(result));
            return;
        }

        output.Line($"{result.Outcome.ToString().ToUpperInvariant(),-8} {result.Task}  reward {result.Reward?.ToString("0.###") ?? "none"}  "
            + $"tests {result.TestsPassed}/{result.TestsTotal}  {result.DurationMs / 1000.0:0.0} s");
        var phases = result.PhasesMs;
        output.Line($"  build {phases.Build} ms, start {phases.Start} ms, agent {phases.Agent} ms, verify {phases.Verify} ms, remove {phases.Remove} ms");
        if (result.ModelCalls > 0)
        {
            output.Line($"  {result.Turns} turns, {result.Usage.PromptTokens} + {result.Usage.CompletionTokens} tokens, {Money.Of(result.Usage)}");
        }

        if (result.Error is { } error)
        {
            output.Line($"  {PlainText.Printable(error).Replace("\n", "\n  ")}");
        }

        if (result.Verdict != VerdictMode.Shared)
        {
            var shared = result.Verdict != VerdictMode.Both ? "" : $"; in the agent's own container: {result.SharedReward?.ToString("0.###") ?? "none"}{(result.VerdictsDiffer ? ", WHICH DIFFERS" : "")}";
            output.Line($"  verdict: {result.Verdict.ToString().ToLowerInvariant()}{shared}");
        }

        foreach (var warning in result.VerdictWarnings ?? [])
        {
            output.Line($"  warning about the verdict: {PlainText.Printable(warning)}");
        }

        foreach (var note in result.Notes)
        {
            output.Line($"  note: {PlainText.Printable(note)}");
        }

        output.Line($"  {result.TrialDir}");
    }
}
