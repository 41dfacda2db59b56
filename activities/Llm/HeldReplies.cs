using System.Collections.Concurrent;
using Spark.Temporal.Activities.Artifacts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Replies of this process that are paid for and not stored yet. Each is stored again and again, whatever becomes of the step that asked
/// for it: a later try of that step finds it here and asks for nothing.
/// </summary>
internal sealed class HeldReplies(TimeProvider time) : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>What the end of the process leaves for a last try.</summary>
    private static readonly TimeSpan AtTheEnd = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Held> _held = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ending = new();

    /// <summary>The reply that is held under a key; null for none.</summary>
    public Held? Find(string key) => _held.GetValueOrDefault(key);

    /// <summary>Stores a reply, and holds it until that has worked.</summary>
    /// <param name="key">Key of the call and its request.</param>
    /// <param name="store">Stores it; called until it succeeds.</param>
    public Held Hold(string key, Func<Task<StoredReply>> store)
    {
        // Begun after it can be found: it removes itself when it is stored.
        var begin = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new Held();
        held.Stored = StoreAsync(key, held, begin.Task, store);
        _held[key] = held;
        begin.SetResult();
        return held;
    }

    public async ValueTask DisposeAsync()
    {
        Hurry();
        await Task.WhenAny(Task.WhenAll(_held.Values.Select(held => held.Stored)), Task.Delay(AtTheEnd, time));
        Dispose();
    }

    public void Dispose() => Hurry();

    /// <summary>The process is about to end: tries all again now and every second.</summary>
    public void Hurry() => _ending.Cancel();

    private async Task<StoredReply> StoreAsync(string key, Held held, Task begin, Func<Task<StoredReply>> store)
    {
        await begin;
        try
        {
            for (var pause = TimeSpan.FromSeconds(1); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                try
                {
                    return await store();
                }
                catch (Exception refused) when (refused is StoreUnavailableException or IOException or UnauthorizedAccessException)
                {
                    held.Refused(refused);
                }

                await PauseAsync(pause);
            }
        }
        finally
        {
            _held.TryRemove(new(key, held));
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        if (_ending.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), time);
            return;
        }

        try
        {
            await Task.Delay(pause, time, _ending.Token);
        }
        catch (OperationCanceledException)
        {
            // At once.
        }
    }

    /// <summary>One of them.</summary>
    internal sealed class Held
    {
        private readonly TaskCompletionSource<Exception> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when the reply is stored.</summary>
        public Task<StoredReply> Stored { get; set; } = null!;

        /// <summary>Ends when it could not be stored for the first time.</summary>
        public Task<Exception> FirstRefusal => _refused.Task;

        public void Refused(Exception why) => _refused.TrySetResult(why);
    }
}
