using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs pause|resume|cancel|retry</c>: commands that steer any number of runs.</summary>
internal static class RunsManyCommands
{
    /// <summary>Runs that are steered at once.</summary>
    private const int AtOnce = 16;

    /// <summary>A command that sends an update to each of the runs chosen.</summary>
    /// <param name="output">Where it prints.</param>
    /// <param name="name">The command's name.</param>
    /// <param name="description">Its help.</param>
    /// <param name="update">Name of the update.</param>
    /// <param name="argument">Its value; null for none.</param>
    /// <param name="withRuns">Whether a batch that is named brings its runs that wait or are paused.</param>
    /// <param name="takes">Which runs take the update, of those that nobody named one by one.</param>
    /// <param name="options">Further options.</param>
    public static Command Steer(
        CliOutput output, string name, string description, string update, Func<ParseResult, object?> argument, bool withRuns, Func<RunRow, bool> takes, params Option[] options) => Create(
        output,
        name,
        description,
        update,
        withRuns,
        takes,
        async (session, parsed, id, cancellationToken) => await new Steering(session).SendAsync(id, update, argument(parsed), cancellationToken),
        options);

    public static Command Cancel(CliOutput output)
    {
        var detach = new Option<bool>("--detach") { Description = "Do not wait until the run has removed its containers and is closed." };
        return Create(
            output,
            "cancel",
            """
            Cancels runs. Their containers are removed; their memos, records and files are kept. A batch that is cancelled
            cancels its runs.

            Examples:
              spark runs cancel skill/night/gpt/3d-scan-calc
              spark runs cancel --batch night
              spark runs cancel --query "SparkModel = 'gpt' AND SparkState STARTS_WITH 'waiting'" --dry-run
            """,
            "Cancel",
            withRuns: false,
            _ => true,
            async (session, parsed, id, cancellationToken) =>
            {
                var run = RunRow.Of(await RunDetails.DescribeAsync(session, id, cancellationToken));
                if (run.Status != "running")
                {
                    throw new CliException($"run '{run.Id}' is not running: {run.Status}");
                }

                await session.Client.GetWorkflowHandle(id).CancelAsync(new() { Rpc = new() { CancellationToken = cancellationToken } });
                if (parsed.GetValue(detach))
                {
                    return [new Steered(id, "Cancel", true) { State = "asked to cancel", Run = run }];
                }

                run = await RunsCommands.FollowAsync(session, id, line => output.Note(line), cancellationToken);
                return [new Steered(id, "Cancel", true) { State = run.Now(), Run = run }];
            },
            detach);
    }

    private static Command Create(
        CliOutput output,
        string name,
        string description,
        string update,
        bool withRuns,
        Func<RunRow, bool> takes,
        Func<SparkSession, ParseResult, string, CancellationToken, Task<IReadOnlyList<Steered>>> act,
        params Option[] options)
    {
        var json = CommonOptions.Json();
        var targets = new RunTargets();
        var command = new Command(name, description);
        targets.AddTo(command);
        foreach (var option in options)
        {
            command.Add(option);
        }

        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new() { NeedsWorker = !targets.DryRun(parsed) }, cancellationToken);
            if (targets.Single(parsed) is { } one)
            {
                return PrintOne(await act(session, parsed, one, cancellationToken), update, parsed.GetValue(json), output);
            }

            var chosen = await targets.SelectAsync(session, parsed, withRuns, output, cancellationToken);
            var named = parsed.GetValue<string[]>("ID") ?? [];
            chosen = [.. chosen.Where(run => named.Contains(run.Id) || takes(run))];
            if (targets.DryRun(parsed))
            {
                return PrintPlan(chosen, update, parsed.GetValue(json), output);
            }

            // A batch first: its runs may go on by what it tells them.
            var steered = new List<Steered>();
            foreach (var some in chosen.Where(run => run.IsBatch).Select(run => new[] { run }).Concat(chosen.Where(run => !run.IsBatch).Chunk(AtOnce)))
            {
                var ended = await Task.WhenAll(some.Select(run => TryAsync(() => act(session, parsed, run.Id, cancellationToken), run.Id, update)));
                foreach (var run in ended.SelectMany(list => list))
                {
                    steered.Add(run);
                    if (!parsed.GetValue(json))
                    {
                        output.Line(Line(run));
                    }
                }
            }

            if (parsed.GetValue(json))
            {
                output.Json(steered.Select(run => run with { Run = null }));
            }

            return steered.All(run => run.Accepted) ? ExitCodes.Good : ExitCodes.SomeFailed;
        });
        return command;
    }

    /// <summary>One that cannot be steered does not keep the others from it.</summary>
    private static async Task<IReadOnlyList<Steered>> TryAsync(Func<Task<IReadOnlyList<Steered>>> act, string id, string update)
    {
        try
        {
            return await act();
        }
        catch (Exception refused) when (refused is CliException or RpcException)
        {
            return [new Steered(id, update, false, refused.Message)];
        }
    }

    private static int PrintOne(IReadOnlyList<Steered> steered, string update, bool json, CliOutput output)
    {
        if (steered is [{ Accepted: false } one])
        {
            throw new CliException($"run '{one.Id}' refuses {update}: {one.Error}");
        }

        if (json && steered is [{ Run: { } run }])
        {
            output.Json(run);
        }
        else if (json)
        {
            output.Json(steered);
        }
        else
        {
            foreach (var each in steered)
            {
                output.Line(Line(each));
            }
        }

        return steered.All(each => each.Accepted) ? ExitCodes.Good : ExitCodes.SomeFailed;
    }

    private static int PrintPlan(IReadOnlyList<RunRow> runs, string update, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(runs.Select(run => new Steered(run.Id, update, false) { State = run.Now() }));
            return ExitCodes.Good;
        }

        foreach (var run in runs)
        {
            output.Line($"{run.Id}  {run.Now()}");
        }

        output.Note($"{(runs.Count == 1 ? "1 run" : $"{runs.Count} runs")} would get {update}. Nothing was done.");
        return ExitCodes.Good;
    }

    private static string Line(Steered run) =>
        $"{run.Id}  {(run.Accepted ? (run.Run is { IsOpen: false } closed ? RunPrinter.Line(closed) : run.State) ?? $"{run.Update} accepted" : $"{run.Update} refused: {run.Error}")}";
}
