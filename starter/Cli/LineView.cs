using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Cli;

/// <summary>Follows a run by lines, each printed once. It only reads; an interrupt cancels the run.</summary>
internal static class LineView
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <param name="run">The run.</param>
    /// <param name="ended">Its result.</param>
    /// <param name="ask">Asks for the lines to print now.</param>
    /// <param name="output">Where it prints.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="CliException">The run failed.</exception>
    public static async Task<TResult> FollowAsync<TResult>(
        WorkflowHandle run, Task<TResult> ended, Func<WorkflowQueryOptions, Task<IEnumerable<string>>> ask, CliOutput output, CancellationToken cancellationToken)
    {
        var told = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            while (await Task.WhenAny(ended, Task.Delay(Interval, cancellationToken)) != ended)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await TellAsync();
            }

            var result = await ended;
            await TellAsync();
            return result;
        }
        catch (Exception stopped) when (cancellationToken.IsCancellationRequested && stopped is RpcException or OperationCanceledException)
        {
            await run.CancelAsync();
            output.Note($"Interrupted: {run.Id} is cancelled.");
            throw new OperationCanceledException(cancellationToken);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"{run.Id} failed: {failure.InnerException?.Message ?? failure.Message}");
        }

        async Task TellAsync()
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                patience.CancelAfter(Patience);
                foreach (var line in (await ask(new WorkflowQueryOptions { Rpc = new RpcOptions { CancellationToken = patience.Token } })).Where(told.Add))
                {
                    output.Note(line);
                }
            }
            catch (Exception nothing) when (nothing is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
                || (nothing is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                // No worker answers at the moment: the lines are printed next time.
            }
        }
    }
}
