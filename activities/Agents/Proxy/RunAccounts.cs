using System.Collections.Concurrent;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>What each run has used through the proxy, kept in files so that no cost is lost in a restart.</summary>
internal sealed class RunAccounts(string folder)
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<string, Lazy<RunAccount>> _open = new();

    public RunAccount Of(string account) => _open.GetOrAdd(account, name => new Lazy<RunAccount>(() => RunAccount.Load(Path.Combine(folder, $"{name}.jsonl")))).Value;

    /// <summary>Whether there is such an account.</summary>
    public bool Knows(string account) => _open.ContainsKey(account) || File.Exists(Path.Combine(folder, $"{account}.jsonl"));

    /// <summary>Deletes accounts that no run can use any more.</summary>
    public void Sweep(DateTime now)
    {
        foreach (var file in Directory.GetFiles(folder, "*.jsonl").Where(file => now - File.GetLastWriteTimeUtc(file) > KeptFor))
        {
            File.Delete(file);
        }
    }
}
