using System.CommandLine;
using System.CommandLine.Parsing;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.Servers;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Batches;

/// <summary>How a command goes on with the batch or the evaluation that it started.</summary>
internal sealed record BatchFollowing(bool Detach, bool CancelOnInterrupt, bool Json)
{
    /// <summary>Whether a live page may be served beside it.</summary>
    public DashboardRequest Dashboard { get; init; } = new();

    /// <summary>What is tried before anything is started; null for nothing.</summary>
    public PreflightPlan? Preflight { get; init; }

    /// <summary>Tasks that the run leaves out, as far as this command knows.</summary>
    public IReadOnlyList<LeftOutTasks> LeftOut { get; init; } = [];

    /// <summary>Options that the user gave, such as <c>--parallelism</c>; the others have their defaults.</summary>
    public IReadOnlySet<string> Given { get; init; } = new HashSet<string>();

    /// <summary>The options that a command line or a file of settings gives.</summary>
    public static IReadOnlySet<string> GivenIn(ParseResult parsed) =>
        parsed.CommandResult.Children.OfType<OptionResult>().Where(option => !option.Implicit).Select(option => option.Option.Name).ToHashSet(StringComparer.Ordinal);
}

/// <summary>What a command starts and follows.</summary>
/// <param name="What"><c>batch</c> or <c>evaluation</c>.</param>
/// <param name="Batch">Its name.</param>
/// <param name="Id">Its workflow id.</param>
/// <param name="OutDir">Where its results are.</param>
internal sealed record FollowedRun(string What, string Batch, string Id, string OutDir);

/// <summary>Starts a run of many parts, or attaches to it where it runs, and follows it to its end; an interrupt leaves it or cancels it.</summary>
internal static class RunFollower
{
    /// <param name="session">The server.</param>
    /// <param name="followed">What is started.</param>
    /// <param name="start">Starts it.</param>
    /// <param name="follow">Follows it to its result.</param>
    /// <param name="report">Prints the result; gives the exit code.</param>
    /// <param name="following">How to go on with it.</param>
    /// <param name="output">Where it prints.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public static async Task<int> RunAsync<TRun, TResult>(
        SparkSession session,
        FollowedRun followed,
        Func<Task<TRun>> start,
        Func<TRun, Task<TResult>> follow,
        Func<TResult, int> report,
        BatchFollowing following,
        CliOutput output,
        CancellationToken cancellationToken)
        where TRun : WorkflowHandle
    {
        if (following.Detach && session.Source == ServerSource.Embedded)
        {
            throw new CliException("--detach needs a server that outlives this command: start one with 'spark up', or set TEMPORAL_ADDRESS", ExitCodes.Usage);
        }

        var run = await start();
        output.Note(session.UiOf(followed.Id) is { } page ? $"{followed.Id}\n{page}" : followed.Id);
        if (following.Detach)
        {
            if (following.Json)
            {
                output.Json(new { followed.Batch, WorkflowId = followed.Id, LeftOut = following.LeftOut.Count > 0 ? following.LeftOut : null });
            }
            else
            {
                output.Line(followed.Id);
            }

            return following.LeftOut.Count > 0 ? ExitCodes.SomeFailed : ExitCodes.Good;
        }

        await using var dashboard = DashboardHost.TryStart(session, followed.Batch, following.Dashboard, output);
        try
        {
            return report(await follow(run));
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException(failure.InnerException is CanceledFailureException
                ? $"the {followed.What} was cancelled; what ended before is under {followed.OutDir}"
                : $"the {followed.What} failed: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (following.CancelOnInterrupt)
            {
                await run.CancelAsync();
                output.Note($"Interrupted: the {followed.What} is cancelled.");
            }
            else
            {
                output.Note(session.Source == ServerSource.Embedded
                    ? $"Interrupted. The {followed.What} is kept in .spark/; run the command again with --batch {followed.Batch} to go on."
                    : $"Interrupted. The {followed.What} goes on; follow it with: spark runs watch {followed.Id}");
            }

            throw;
        }
    }
}
