using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>One run's account: what it has used, what is set aside for calls under way, and what its endpoint refused.</summary>
internal sealed class RunAccount : IDisposable
{
    /// <summary>A reply cut shorter than this waits for calls under way, which mostly use less than is set aside for them.</summary>
    private const long WorthWaiting = 4_096;

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly Dictionary<string, TokenUsage> _open = [];
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunAccount(string path) => (_path, Ended) = (path, _ended.Token);

    public TokenUsage Usage { get; private set; } = TokenUsage.None;

    /// <summary>Requests that were answered.</summary>
    public int Calls { get; private set; }

    /// <summary>Answered requests whose usage was not stated and is estimated.</summary>
    public int Estimated { get; private set; }

    /// <summary>Requests refused because the budget was used up.</summary>
    public int Refused { get; private set; }

    /// <summary>Requests for other models than the run's, which it answered.</summary>
    public int OtherModels { get; private set; }

    /// <summary>What the endpoint refused or did not answer.</summary>
    public UpstreamFailures Failures { get; private set; } = UpstreamFailures.None;

    /// <summary>The new limit of what it may spend; null while the limit in its token holds.</summary>
    public SpendingLimit? Limit { get; private set; }

    /// <summary>The agent has ended: nothing more is passed on.</summary>
    public bool Closed { get; private set; }

    /// <summary>Ends what is under way when the account is closed.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Which skills the requests showed; null where none was given.</summary>
    public SkillTraces? Skills { get; set; }

    public static RunAccount Load(string path)
    {
        var account = new RunAccount(path);
        if (File.Exists(path))
        {
            foreach (var line in File.ReadLines(path))
            {
                account.Apply(Parse(line));
            }

            // The worker died meanwhile: what was sent is counted as well as it is known.
            foreach (var (_, estimate) in account._open)
            {
                account.Usage += estimate with { CompletionTokens = 0, Estimated = true };
                (account.Calls, account.Estimated) = (account.Calls + 1, account.Estimated + 1);
            }

            account._open.Clear();
        }

        return account;
    }

    /// <summary>Sets aside what a call may cost, once that fits in what is left; waits for calls under way where that helps.</summary>
    /// <param name="limit">What the token allows.</param>
    /// <param name="priced">Cost of so many tokens sent and received.</param>
    /// <param name="body">The request; its reply is limited to what fits.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The name of what was set aside, and why it was refused where it was.</returns>
    public async Task<(string? Id, string? Refusal)> EnterAsync(SpendingLimit limit, Func<long, long, TokenUsage> priced, ProxyBody body, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                var allowed = Limit ?? limit;
                if (allowed.Reached(Usage) is { } used)
                {
                    return (null, used);
                }

                var room = Room(allowed, priced, body);
                if (room >= body.Reply || (room >= ProxyBody.LeastReply && (_open.Count == 0 || room >= WorthWaiting)))
                {
                    body.Limit(room);
                    var id = Guid.NewGuid().ToString("n")[..12];
                    Append(new AccountEntry(null) { Begun = id, Estimate = priced(body.PromptTokens, body.Reply * body.Choices), Other = body.Other is not null });
                    return (id, null);
                }

                if (_open.Count == 0)
                {
                    return (null, $"{allowed.Render(Usage)} are spent, and a request of about {body.PromptTokens} tokens does not fit in the rest");
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    /// <summary>A call was answered, wholly or in part.</summary>
    public void Count(string id, TokenUsage usage) => Write(new AccountEntry(usage) { Ended = id });

    /// <summary>A call was not answered by a model.</summary>
    /// <param name="id">The call.</param>
    /// <param name="status">The endpoint's status, 0 for none.</param>
    /// <param name="words">Its words.</param>
    /// <param name="now">When.</param>
    public void Fail(string id, int status, string words, DateTimeOffset now) => Write(new AccountEntry(null) { Ended = id, Failure = new UpstreamFailure(status, words, now) });

    /// <summary>A call that never went upstream.</summary>
    public void Forget(string id) => Write(new AccountEntry(null) { Ended = id });

    /// <summary>Lets it spend another amount than its token says.</summary>
    public void Allow(SpendingLimit limit) => Write(new AccountEntry(null, Limit: limit));

    public void Refuse() => Write(new AccountEntry(null, Refused: true));

    public void Dispose() => _ended.Dispose();

    public void Close()
    {
        if (!Closed)
        {
            Write(new AccountEntry(null, Closed: true));
            _ended.Cancel();
        }
    }

    /// <summary>Closes it, and waits a moment until what is under way is counted.</summary>
    public async Task CloseAsync(TimeSpan patience)
    {
        Close();
        var until = DateTime.UtcNow + patience;
        while (DateTime.UtcNow < until)
        {
            Task changed;
            lock (_lock)
            {
                if (_open.Count == 0)
                {
                    return;
                }

                changed = _changed.Task;
            }

            await Task.WhenAny(changed, Task.Delay(patience));
        }
    }

    private long Room(SpendingLimit limit, Func<long, long, TokenUsage> priced, ProxyBody body)
    {
        var held = _open.Values.Aggregate(Usage, (sum, one) => sum + one);
        var room = long.MaxValue / 4;
        if (limit.Tokens is { } tokens)
        {
            room = Math.Min(room, (tokens - held.TotalTokens - body.PromptTokens) / body.Choices);
        }

        if (limit.Usd is { } usd && priced(0, 1_000_000).CostUsd is > 0 and var million)
        {
            room = Math.Min(room, (long)((usd - held.CostUsd - priced(body.PromptTokens, 0).CostUsd) / million * 1e6 / body.Choices));
        }

        return room;
    }

    private static AccountEntry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<AccountEntry>(line, SparkJson.Options);
        }
        catch (JsonException)
        {
            // The worker died while it wrote this line.
            return null;
        }
    }

    private void Write(AccountEntry entry)
    {
        lock (_lock)
        {
            Append(entry);
        }
    }

    private void Append(AccountEntry entry)
    {
        File.AppendAllText(_path, JsonSerializer.Serialize(entry, SparkJson.Options) + "\n");
        Apply(entry);
        var waiting = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }

    private void Apply(AccountEntry? entry)
    {
        if (entry is null)
        {
            return;
        }

        if (entry.Begun is { } begun)
        {
            _open[begun] = entry.Estimate ?? TokenUsage.None;
        }

        if (entry.Ended is { } ended)
        {
            _open.Remove(ended);
        }

        if (entry.Usage is { } usage)
        {
            Usage += usage;
            Calls++;
            Estimated += usage.Estimated ? 1 : 0;
            Failures = Failures.Answered();
        }

        Failures = entry.Failure is { } failure ? Failures.And(failure) : Failures;
        OtherModels += entry.Other ? 1 : 0;
        Limit = entry.Limit ?? Limit;
        Refused += entry.Refused ? 1 : 0;
        Closed |= entry.Closed;
    }
}
