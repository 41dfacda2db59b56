using System.Collections.Concurrent;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Calls of this process that have a request in flight. A second try of the same call, after a time-out or a reset of its run, waits for the
/// first one instead of paying again.
/// </summary>
internal sealed class CallsUnderWay
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _calls = new(StringComparer.Ordinal);

    /// <summary>Takes a call, once nobody else of this process has it.</summary>
    /// <param name="key">Key of the call and its request.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Gives the call back when it is disposed; null where another had it meanwhile: look again for what came.</returns>
    public async Task<IDisposable?> TakeAsync(string key, CancellationToken cancellationToken)
    {
        var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _calls.GetOrAdd(key, mine);
        if (first == mine)
        {
            return new Taken(() =>
            {
                _calls.TryRemove(new(key, mine));
                mine.SetResult();
            });
        }

        await first.Task.WaitAsync(cancellationToken);
        return null;
    }

    private sealed class Taken(Action giveBack) : IDisposable
    {
        public void Dispose() => giveBack();
    }
}
