using System.Collections.Concurrent;
using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>What each run has used through the proxy, kept in files so that no cost is lost in a restart.</summary>
internal sealed class RunAccounts(string folder)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<string, RunAccount> _open = new();

    public RunAccount Of(string account) => _open.GetOrAdd(account, name => RunAccount.Load(Path.Combine(folder, $"{name}.jsonl")));

    /// <summary>Deletes accounts that no run can use any more.</summary>
    public void Sweep(DateTime now)
    {
        foreach (var file in Directory.GetFiles(folder, "*.jsonl").Where(file => now - File.GetLastWriteTimeUtc(file) > KeptFor))
        {
            File.Delete(file);
        }
    }
}

/// <summary>One run's account.</summary>
internal sealed class RunAccount
{
    private readonly Lock _lock = new();
    private readonly string _path;

    private RunAccount(string path) => _path = path;

    public TokenUsage Usage { get; private set; } = TokenUsage.None;

    /// <summary>Requests that were answered.</summary>
    public int Calls { get; private set; }

    /// <summary>Answered requests whose reply did not state its usage.</summary>
    public int Uncounted { get; private set; }

    /// <summary>Requests refused because the budget was used up.</summary>
    public int Refused { get; private set; }

    /// <summary>The new limit of what it may spend; null while the limit in its token holds.</summary>
    public SpendingLimit? Limit { get; private set; }

    /// <summary>The agent has ended: nothing more is passed on.</summary>
    public bool Closed { get; private set; }

    public static RunAccount Load(string path)
    {
        var account = new RunAccount(path);
        if (File.Exists(path))
        {
            foreach (var line in File.ReadLines(path))
            {
                account.Apply(Parse(line));
            }
        }

        return account;
    }

    public void Count(TokenUsage? usage) => Write(new Entry(usage ?? TokenUsage.None, Uncounted: usage is null));

    /// <summary>Lets it spend another amount than its token says.</summary>
    public void Allow(SpendingLimit limit) => Write(new Entry(null, Limit: limit));

    public void Refuse() => Write(new Entry(null, Refused: true));

    public void Close()
    {
        if (!Closed)
        {
            Write(new Entry(null, Closed: true));
        }
    }

    private static Entry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Entry>(line, SparkJson.Options);
        }
        catch (JsonException)
        {
            // The worker died while it wrote this line.
            return null;
        }
    }

    private void Write(Entry entry)
    {
        lock (_lock)
        {
            File.AppendAllText(_path, JsonSerializer.Serialize(entry, SparkJson.Options) + "\n");
            Apply(entry);
        }
    }

    private void Apply(Entry? entry)
    {
        if (entry?.Usage is { } usage)
        {
            Usage += usage;
            Calls++;
            Uncounted += entry.Uncounted ? 1 : 0;
        }

        Limit = entry?.Limit ?? Limit;
        Refused += entry?.Refused == true ? 1 : 0;
        Closed |= entry?.Closed == true;
    }

    private sealed record Entry(TokenUsage? Usage, bool Uncounted = false, bool Refused = false, bool Closed = false, SpendingLimit? Limit = null);
}
