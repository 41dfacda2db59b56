using System.CommandLine;
using System.Text.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Tasks;

/// <summary><c>spark tasks prove</c>: the proof of any Harbor task.</summary>
internal static class TasksProveCommand
{
    public static Command Create(CliOutput output)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of a Harbor task." };
        var answer = new Option<string?>("--output-path")
        {
            Description = "The file in the container that holds the answer. Default: the blueprint's, else the files that the oracle changed and that instruction or tests name.",
        };
        var json = CommonOptions.Json();
        var settings = new RunSettings();
        var command = new Command(
            "prove",
            """
            Prove a task in fresh containers: its oracle passes twice, doing nothing does not pass, wrong answers made from
            the oracle's do not pass, and verdict and built data are the same each time.
            Exits 0 if it is proven, 3 if it is not, 1 if there is no verdict.

            Example:
              spark tasks prove tasks/3d-scan-calc
            """)
        {
            folder, answer, json,
        };
        settings.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var directory = Path.GetFullPath(parsed.GetValue(folder)!);
            if (!Directory.Exists(directory))
            {
                throw new CliException($"there is no folder '{parsed.GetValue(folder)}'; name the folder of a Harbor task", ExitCodes.Usage);
            }

            var input = new ProofInput
            {
                TaskDir = directory,
                OutputPath = parsed.GetValue(answer) ?? BlueprintsOutput(directory),
                Limits = settings.Limits(parsed),
            };
            await using var session = await SparkSession.OpenAsync(output, new SessionOptions(), cancellationToken);
            var result = await RunAsync(session, input, output, cancellationToken);
            if (parsed.GetValue(json))
            {
                output.Json(result);
            }
            else
            {
                Print(result, output);
            }

            return ExitCode(result.Verdict);
        });
        return command;
    }

    public static int ExitCode(ProofVerdict verdict) => verdict switch
    {
        ProofVerdict.Proven => ExitCodes.Good,
        ProofVerdict.Refuted => ExitCodes.SomeFailed,
        _ => ExitCodes.Failed,
    };

    public static void Print(ProofResult result, CliOutput output)
    {
        output.Line($"{result.Verdict.ToString().ToUpperInvariant()}  {result.Task}  oracle {Rewards(result.OracleRewards)}, nothing {result.NothingReward?.ToString("0.###") ?? "none"}, "
            + $"{result.MutantsRefused} of {result.Mutants} wrong answers refused  {result.DurationMs / 1000.0:0.0} s");
        foreach (var check in result.Checks)
        {
            output.Line($"  {check.Status.ToString().ToLowerInvariant(),-8} {check.Name,-14} {check.Words}");
        }

        if (result.Error is { } error)
        {
            output.Line($"  {error.Replace("\n", "\n  ")}");
        }
    }

    private static string Rewards(IReadOnlyList<double?> rewards) =>
        rewards.Count == 0 ? "none" : string.Join(" and ", rewards.Select(reward => reward?.ToString("0.###") ?? "none"));

    private static async Task<ProofResult> RunAsync(SparkSession session, ProofInput input, CliOutput output, CancellationToken cancellationToken)
    {
        var task = PlainText.Slug(Path.GetFileName(Path.TrimEndingDirectorySeparator(input.TaskDir)));
        var id = WorkflowIds.Proof(BatchNames.New("prove", DateTimeOffset.UtcNow), task);
        var proof = await session.Client.StartWorkflowAsync(
            (ProofWorkflow workflow) => workflow.RunAsync(input),
            new WorkflowOptions(id, SparkSession.Queue)
            {
                StaticSummary = $"proof of {task}",
                StaticDetails = $"Proves the task `{input.TaskDir}`: its own solution passes, twice; doing nothing and wrong answers do not; data and verdicts are the same each time.",
                TypedSearchAttributes = SearchAttributes.Started("prove", task, "none"),
            });
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        try
        {
            return await proof.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        }
        catch (Exception stopped) when (cancellationToken.IsCancellationRequested && stopped is OperationCanceledException or RpcException)
        {
            output.Note("Interrupted: cancelling the proof and removing its container.");
            await proof.CancelAsync();
            throw new OperationCanceledException(cancellationToken);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the proof failed: {failure.InnerException?.Message ?? failure.Message}");
        }
    }

    /// <summary>The blueprint of a task that was made here is beside the task.</summary>
    private static string? BlueprintsOutput(string directory)
    {
        var path = Path.Combine(Path.GetDirectoryName(directory) ?? "/", "_artifacts", Path.GetFileName(directory), "blueprint.json");
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var blueprint = JsonDocument.Parse(File.ReadAllText(path));
            return blueprint.RootElement.TryGetProperty("output_path", out var output) ? output.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
