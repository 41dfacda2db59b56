using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs</c>: the runs on the server.</summary>
internal static class RunsCommands
{
    // Attempts of a skill run are shown with that run; an attempt without one is listed as a run.
    private const string DefaultQuery = UiLinks.Runs;

    public static Command Create(CliOutput output)
    {
        var group = new Command("runs", "Lists, shows, follows, steers, forks, compares, exports and cancels runs.") { List(output), Show(output), Watch(output), RunsManyCommands.Cancel(output) };
        foreach (var command in RunsSteerCommands.Create(output).Concat(RunsBatchCommands.Create(output)).Concat([RunsForkCommand.Create(output), RunsExportCommand.Create(output), RunsDiffCommand.Create(output)]))
        {
            group.Add(command);
        }

        return group;
    }

    private static Command List(CliOutput output)
    {
        var json = CommonOptions.Json();
        var limit = RunSettings.Between(1, int.MaxValue, new Option<int>("--limit") { Description = "Most runs to list.", DefaultValueFactory = _ => 20 });
        var query = new Option<string?>("--query") { Description = "Filter in the server's query language; attempts are included then." };
        var command = new Command(
            "list",
            """
            Lists runs, newest first.

            Example:
              spark runs list --limit 5 --query "SparkState != 'done' AND SparkBatch = 'night'"
            """) { limit, query, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new() { NeedsWorker = false }, cancellationToken);
            var runs = new List<RunRow>();
            try
            {
                var listed = session.Client.ListWorkflowsAsync(parsed.GetValue(query) ?? DefaultQuery, new() { Limit = parsed.GetValue(limit) });
                await foreach (var run in listed.WithCancellation(cancellationToken))
                {
                    runs.Add(RunRow.Of(run));
                }
            }
            catch (RpcException refused) when (refused.Code == RpcException.StatusCode.InvalidArgument)
            {
                throw new CliException($"--query is refused by the server: {refused.Message}", ExitCodes.Usage);
            }

            runs = [.. runs.OrderByDescending(run => run.StartedAt)];
            if (parsed.GetValue(json))
            {
                output.Json(runs);
            }
            else
            {
                RunPrinter.Print(output, runs);
                if (runs.Count == 0)
                {
                    output.Note(parsed.GetValue(query) is null ? "No runs yet; spark skills run, tasks create, eval run and trial run start some." : "No run matches --query.");
                }

                if (session.Source != ServerSource.Embedded && session.UiList(parsed.GetValue(query) ?? DefaultQuery) is { } page)
                {
                    output.Note(page);
                }
            }

            return ExitCodes.Good;
        });
        return command;
    }

    private static Command Show(CliOutput output)
    {
        var json = CommonOptions.Json();
        var id = Id();
        var command = new Command(
            "show",
            """
            Shows one run: its progress, its attempts, its steps in flight, and why it failed.

            Example:
              spark runs show skill/night/gpt/3d-scan-calc
            """) { id, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new() { NeedsWorker = false }, cancellationToken);
            var askWorker = session.Source != ServerSource.Embedded && await session.WorkersRunAsync(cancellationToken);
            var details = await RunDetails.ReadAsync(session, parsed.GetValue(id)!, askWorker, cancellationToken);
            if (parsed.GetValue(json))
            {
                output.Json(details);
            }
            else
            {
                RunPrinter.Print(output, details);
            }

            return ExitCodes.Good;
        });
        return command;
    }

    private static Command Watch(CliOutput output)
    {
        var json = CommonOptions.Json();
        var id = Id();
        var command = new Command(
            "watch",
            """
            Follows one run until it is closed. Exits 0 if it completed, 3 if it failed or was cancelled. Ctrl-C stops
            watching, not the run.

            Example:
              spark runs watch skill/night/gpt/3d-scan-calc
            """) { id, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new(), cancellationToken);
            var last = await FollowAsync(session, parsed.GetValue(id)!, line => output.Note(line), cancellationToken);
            if (parsed.GetValue(json))
            {
                output.Json(last);
            }
            else
            {
                output.Line($"{last.Id}  {RunPrinter.Line(last)}");
            }

            return last.Status == "completed" ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    private static Argument<string> Id() => new("ID") { Description = "The run's id, as 'spark runs list' shows it." };

    /// <summary>Prints every change of a run until it is closed.</summary>
    internal static async Task<RunRow> FollowAsync(SparkSession session, string id, Action<string> tell, CancellationToken cancellationToken)
    {
        var told = "";
        while (true)
        {
            var described = await RunDetails.DescribeAsync(session, id, cancellationToken);
            var run = RunRow.Of(described);
            if (described.Status is not (WorkflowExecutionStatus.Running or WorkflowExecutionStatus.ContinuedAsNew))
            {
                return run;
            }

            var line = $"{run.Id}  {RunPrinter.Line(run)}";
            if (line != told)
            {
                tell(told = line);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        }
    }
}
