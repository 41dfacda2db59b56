namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// How many model calls one worker has under way at an endpoint. Without trouble there is no limit but the settings'; when
/// the endpoint throttles, the number is halved, and each round of answers lets one more through. A call that must wait
/// does so in order, before anything is sent.
/// </summary>
/// <param name="most">Upper limit of the settings; null for none.</param>
internal sealed class CallGate(int? most)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<long>> _waiting = [];
    private double _limit = most ?? double.PositiveInfinity;
    private int _underWay;

    /// <summary>Counts how often the limit was lowered: what was sent before says nothing about the lowered one.</summary>
    private long _round;

    /// <summary>Calls that may be under way now; null while there is no limit.</summary>
    public int? Limit
    {
        get
        {
            lock (_lock)
            {
                return double.IsPositiveInfinity(_limit) ? null : (int)_limit;
            }
        }
    }

    /// <summary>Waits for a place; give it back by disposing of it.</summary>
    public async Task<Place> EnterAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<long> turn;
        LinkedListNode<TaskCompletionSource<long>> node;
        lock (_lock)
        {
            if (_waiting.Count == 0 && HasRoom())
            {
                _underWay++;
                return new Place(this, _round);
            }

            turn = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            node = _waiting.AddLast(turn);
        }

        await using var cancelled = cancellationToken.Register(() => GiveUp(node, cancellationToken));
        return new Place(this, await turn.Task);
    }

    private bool HasRoom() => _underWay < Math.Max(1, Math.Floor(_limit));

    private void GiveUp(LinkedListNode<TaskCompletionSource<long>> node, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // A call that got its place in the same moment keeps it, and gives it back as every cancelled call does.
            if (node.List is not null)
            {
                _waiting.Remove(node);
                node.Value.TrySetCanceled(cancellationToken);
            }
        }
    }

    /// <returns>The new limit where it was lowered; null otherwise.</returns>
    private int? Throttled(long round)
    {
        lock (_lock)
        {
            // Calls of the same round are refused together; the limit is lowered once for all of them.
            if (round < _round)
            {
                return null;
            }

            _round++;
            _limit = Math.Max(1, Math.Floor(Math.Min(_limit, _underWay) / 2));
            return (int)_limit;
        }
    }

    private void Answered()
    {
        lock (_lock)
        {
            // While fewer calls run than the limit allows, nothing shows that the limit is too low.
            if (!double.IsPositiveInfinity(_limit) && (_waiting.Count > 0 || _underWay >= Math.Floor(_limit)))
            {
                _limit = Math.Min(most ?? double.MaxValue, _limit + (1 / _limit));
            }
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _underWay--;
            while (_waiting.First is { } next && HasRoom())
            {
                _waiting.RemoveFirst();
                _underWay++;
                next.Value.TrySetResult(_round);
            }
        }
    }

    /// <summary>One call's place.</summary>
    internal sealed class Place(CallGate gate, long round) : IDisposable
    {
        private bool _left;

        /// <summary>Reports how the call ended.</summary>
        /// <param name="throttled">The endpoint said that it gets too many requests.</param>
        /// <returns>The new limit where that lowered it; null otherwise.</returns>
        public int? Answered(bool throttled)
        {
            if (throttled)
            {
                return gate.Throttled(round);
            }

            gate.Answered();
            return null;
        }

        public void Dispose()
        {
            if (!_left)
            {
                _left = true;
                gate.Leave();
            }
        }
    }
}
