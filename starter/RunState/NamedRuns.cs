using System.Text.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.RunState;

/// <summary>What a command wants to run under a name, which may be in use.</summary>
internal sealed record NamedStart<TInput, TRun>
    where TInput : class
    where TRun : WorkflowHandle
{
    /// <summary><c>batch</c>, <c>evaluation</c> or <c>family</c>.</summary>
    public required string What { get; init; }

    /// <summary>The name, as <c>--batch</c> gives it.</summary>
    public required string Name { get; init; }

    /// <summary>Workflow id.</summary>
    public required string Id { get; init; }

    public required TInput Input { get; init; }

    /// <summary>Starts it; true where an earlier run of the id is closed and must not hinder it.</summary>
    public required Func<bool, WorkflowOptions, Task<TRun>> Start { get; init; }

    /// <summary>The run of that id.</summary>
    public required Func<string, TRun> Attach { get; init; }

    /// <summary>Start again what has completed, too.</summary>
    public bool Again { get; init; }

    /// <summary>Options that may differ from those of a closed run: it goes on with more of the same.</summary>
    public IReadOnlyList<string> MayGrow { get; init; } = [];

    /// <summary>Whether the workflow takes the signal that what it waits for may be there again.</summary>
    public bool TriesAgain { get; init; }

    /// <summary>Done once before anything is started, and not where the run goes on already.</summary>
    public Func<Task> Before { get; init; } = () => Task.CompletedTask;

    /// <summary>Told the input of the open run that the command attaches to.</summary>
    public Action<TInput> Attached { get; init; } = _ => { };
}

/// <summary>
/// Starts runs under names that people choose. A name stands for one input: a command that asks for another one is refused, an open
/// run is attached to, a completed one gives its result, and one that ended otherwise is started again.
/// </summary>
internal sealed class NamedRuns(SparkSession session, CliOutput output)
{
    /// <summary>Two commands may start the same name at once: the slower one looks again.</summary>
    private const int MostLooks = 5;

    /// <exception cref="CliException">The name stands for something else, with the exit code of wrong usage.</exception>
    public async Task<TRun> StartAsync<TInput, TRun>(NamedStart<TInput, TRun> start, CancellationToken cancellationToken)
        where TInput : class
        where TRun : WorkflowHandle
    {
        var ready = false;
        for (var look = 1; ; look++)
        {
            var earlier = await LookAsync(start.Id, cancellationToken);
            if (earlier is not null)
            {
                var there = await ReadAsync(start, cancellationToken);
                Refuse(start, there, earlier);
                if (earlier.CloseTime is null)
                {
                    start.Attached(there);
                    await GoOnAsync(start, earlier, cancellationToken);
                    return start.Attach(start.Id);
                }

                if (earlier.Status == WorkflowExecutionStatus.Completed && !start.Again)
                {
                    // Its result exists, so nothing is paid for again.
                    return start.Attach(start.Id);
                }
            }

            if (!ready)
            {
                await start.Before();
                ready = true;
            }

            try
            {
                return await start.Start(earlier is not null, new WorkflowOptions(start.Id, SparkSession.Queue)
                {
                    IdConflictPolicy = WorkflowIdConflictPolicy.Fail,
                    IdReusePolicy = earlier is null ? WorkflowIdReusePolicy.RejectDuplicate : WorkflowIdReusePolicy.AllowDuplicate,
                });
            }
            catch (WorkflowAlreadyStartedException) when (look < MostLooks)
            {
                // Another command was faster.
            }
        }
    }

    private async Task<WorkflowExecutionDescription?> LookAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Client.GetWorkflowHandle(id).DescribeAsync(new() { Rpc = new() { CancellationToken = cancellationToken } });
        }
        catch (RpcException missing) when (missing.Code == RpcException.StatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<TInput> ReadAsync<TInput, TRun>(NamedStart<TInput, TRun> start, CancellationToken cancellationToken)
        where TInput : class
        where TRun : WorkflowHandle
    {
        try
        {
            return await RunRecords.InputAsync<TInput>(session, start.Id, cancellationToken);
        }
        catch (Exception foreign) when (foreign is JsonException or ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new CliException(
                $"--batch {start.Name}: there is {Article(start.What)} {start.What} of this name, and this version of spark cannot read what it was started with ({foreign.Message.Split('\n')[0]}). Choose another name with --batch.",
                ExitCodes.Usage);
        }
    }

    private static void Refuse<TInput, TRun>(NamedStart<TInput, TRun> start, TInput there, WorkflowExecutionDescription earlier)
        where TInput : class
        where TRun : WorkflowHandle
    {
        var differences = InputDifferences.Of(there, start.Input).Where(difference => earlier.CloseTime is null || !start.MayGrow.Contains(difference.Option)).ToList();
        if (differences.Count > 0)
        {
            throw new CliException(
                $"--batch {start.Name} is the name of another {start.What} ({start.Id}, {RunRow.Of(earlier).Now()}, started {earlier.StartTime.ToUniversalTime():yyyy-MM-dd HH:mm:ss'Z'}). What differs:\n"
                + string.Join('\n', differences.Select(difference => $"  {difference}"))
                + "\nNothing was started. Choose another name with --batch, or give the options that it was started with.",
                ExitCodes.Usage);
        }
    }

    /// <summary>A person who names a run again wants it to go on: runs that wait for the world try at once. A pause and a budget are a person's decision and stay.</summary>
    private async Task GoOnAsync<TInput, TRun>(NamedStart<TInput, TRun> start, WorkflowExecutionDescription run, CancellationToken cancellationToken)
        where TInput : class
        where TRun : WorkflowHandle
    {
        var state = RunRow.Of(run).Now();
        if (state is RunStates.Paused)
        {
            output.Note($"The {start.What} is paused; it goes on with: spark runs resume {start.Id}");
        }
        else if (state is RunStates.Budget)
        {
            output.Note($"The {start.What} waits for its budget; it goes on with: spark runs budget {start.Id} --usd N");
        }

        if (!start.TriesAgain)
        {
            return;
        }

        try
        {
            await session.Client.GetWorkflowHandle(start.Id).SignalAsync(BatchSignals.TryAgain, [], new() { Rpc = new() { CancellationToken = cancellationToken } });
        }
        catch (RpcException over) when (over.Code == RpcException.StatusCode.NotFound)
        {
            // It has closed by now.
        }
    }

    private static string Article(string what) => what[0] is 'a' or 'e' or 'i' or 'o' ? "an" : "a";
}
