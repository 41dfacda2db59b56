using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>The state of every item of a batch, in a byte each, and how many are in each state.</summary>
internal sealed class ItemStates
{
    private readonly List<ItemState> _states = [];
    private readonly int[] _counts = new int[Enum.GetValues<ItemState>().Length];

    public BatchCounts Counts => new(
        _states.Count,
        _counts[(int)ItemState.ToCome],
        _counts[(int)ItemState.Open],
        _counts[(int)ItemState.Passed],
        _counts[(int)ItemState.Failed],
        _counts[(int)ItemState.Infrastructure],
        _counts[(int)ItemState.Cancelled],
        _counts[(int)ItemState.TakenOver],
        _counts[(int)ItemState.Skipped]);

    public int Total => _states.Count;

    /// <summary>An item by its number, from 1.</summary>
    public ItemState this[int number]
    {
        get => _states[number - 1];
        set
        {
            _counts[(int)_states[number - 1]]--;
            _counts[(int)value]++;
            _states[number - 1] = value;
        }
    }

    /// <summary>Items up to a number; the new ones are to come.</summary>
    public void Grow(int total)
    {
        _counts[(int)ItemState.ToCome] += Math.Max(0, total - _states.Count);
        while (_states.Count < total)
        {
            _states.Add(ItemState.ToCome);
        }
    }

    /// <summary>Sets every item of a set of numbers.</summary>
    public void Set(string ranges, ItemState state)
    {
        foreach (var number in NumberRanges.Parse(ranges))
        {
            this[number] = state;
        }
    }

    public IEnumerable<int> In(params ItemState[] states) =>
        Enumerable.Range(1, _states.Count).Where(number => Array.IndexOf(states, _states[number - 1]) >= 0);

    /// <summary>Numbers by state, but for those to come and open.</summary>
    public IReadOnlyDictionary<ItemState, string> Ended() => Enum.GetValues<ItemState>()
        .Where(state => state is not (ItemState.ToCome or ItemState.Open) && _counts[(int)state] > 0)
        .ToDictionary(state => state, state => NumberRanges.Of(In(state)));

    /// <summary>One page of items.</summary>
    public ItemsPage Page(ItemsRequest request, Func<int, string?> name)
    {
        var limit = Math.Clamp(request.Limit, 1, 500);
        var found = new List<ItemsPageLine>();
        var number = Math.Max(0, request.Offset) + 1;
        for (; number <= Total && found.Count < limit; number++)
        {
            if (request.State is not { } state || this[number] == state)
            {
                found.Add(new ItemsPageLine(number, this[number], name(number)));
            }
        }

        return new ItemsPage(found, number <= Total ? number - 1 : null);
    }
}
