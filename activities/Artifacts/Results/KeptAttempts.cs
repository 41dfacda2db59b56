using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>
/// The results of the attempts kept so far, so that one more attempt costs only its own size. They are in the store under a key
/// made of the attempts' records: a retry or a fork that keeps the same attempts finds them.
/// </summary>
internal sealed record KeptAttempts
{
    public static readonly KeptAttempts None = new();

    /// <summary>The events of each attempt.</summary>
    public IReadOnlyList<TrajectoryPart> Parts { get; init; } = [];

    public IReadOnlyList<AttemptEntry> Entries { get; init; } = [];

    /// <summary>Every memo that is not empty, oldest first.</summary>
    public IReadOnlyList<string> Memos { get; init; } = [];

    public IReadOnlyList<SnapshotEntry> Snapshots { get; init; } = [];

    /// <summary>The memo that the next attempt starts with; empty where there is none.</summary>
    public string Memo { get; init; } = "";
}

/// <summary>Reads and extends what is kept of a run's attempts.</summary>
internal sealed class AttemptKeeper(IArtifactStore store)
{
    /// <summary>Part of the key; change it when the same attempts give other results.</summary>
    private const string Form = "attempts/1";

    /// <summary>The results of attempts. Those that are not in the store yet are read, one after the other.</summary>
    /// <param name="records">Records of the attempts, oldest first.</param>
    /// <param name="method">How the run compares texts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<KeptAttempts> OfAsync(IReadOnlyList<ArtifactRef> records, PdiMethod method, CancellationToken cancellationToken)
    {
        var (known, kept) = await KnownAsync(records, method, cancellationToken);
        for (var next = known; next < records.Count; next++)
        {
            kept = await WithAsync(kept, await store.ReadJsonAsync<AttemptRecord>(records[next], cancellationToken), method, cancellationToken);
            var stored = await store.PutJsonAsync(kept, cancellationToken);
            await store.PutKeyAsync(Key(records, next + 1, method), stored.ToString(), cancellationToken);
        }

        return kept;
    }

    private async Task<(int Count, KeptAttempts Kept)> KnownAsync(IReadOnlyList<ArtifactRef> records, PdiMethod method, CancellationToken cancellationToken)
    {
        for (var count = records.Count; count > 0; count--)
        {
            if (await store.GetKeyAsync(Key(records, count, method), cancellationToken) is not { } stored)
            {
                continue;
            }

            try
            {
                var kept = await store.ReadJsonAsync<KeptAttempts>(ArtifactRef.Parse(stored), cancellationToken);
                foreach (var part in kept.Parts)
                {
                    if (!await store.ContainsAsync(part.Events, cancellationToken))
                    {
                        throw new ArtifactLostException(part.Events, "is gone");
                    }
                }

                return (count, kept);
            }
            catch (ArtifactLostException)
            {
                // Made again from the attempts' records, which stores it anew.
            }
        }

        return (0, KeptAttempts.None);
    }

    private async Task<KeptAttempts> WithAsync(KeptAttempts kept, AttemptRecord attempt, PdiMethod method, CancellationToken cancellationToken)
    {
        var judgment = attempt.Judgment is { } reference ? await store.ReadJsonAsync<Judgment>(reference, cancellationToken) : null;
        var events = await new AttemptEvents(store).OfAsync(attempt, judgment, kept.Memo, method, cancellationToken);
        var part = await TrajectoryPart.StoreAsync(store, events, cancellationToken);
        return new KeptAttempts
        {
            Parts = [.. kept.Parts, part],
            Entries = [.. kept.Entries, Entry(attempt, judgment)],
            Memos = attempt.Reflection is { Memo.Length: > 0 } written ? [.. kept.Memos, written.Memo] : kept.Memos,
            Snapshots = attempt.Reflection?.Pdi is { } snapshot ? [.. kept.Snapshots, SnapshotEntry.Of(snapshot)] : kept.Snapshots,

            // An attempt that infrastructure ended was not reflected on.
            Memo = attempt is { Scored: not null, Reflection: { } reflection } ? reflection.Memo : kept.Memo,
        };
    }

    private static AttemptEntry Entry(AttemptRecord attempt, Judgment? judgment) => new()
    {
        Attempt = attempt.Scored,
        Number = attempt.Number,
        Status = AttemptEvents.Words(attempt.Outcome),
        Reward = attempt.Result.Reward,
        NPassed = attempt.Result.TestsPassed,
        NTests = attempt.Result.TestsTotal,
        AgentCommands = judgment?.Commands,
        TestSummary = judgment?.TestSummary,
        Intervention = attempt.Intervention,
        Guidance = attempt.Guidance,
        Error = attempt.Result.Error,
        TrialDir = attempt.Result.TrialDir,
        Usage = attempt.Result.Usage,
        ContainersLost = attempt.Result.Losses,
        MemoReplaced = attempt.Reflection is { MemoReplaced: true } ? true : null,
        MemoRefusals = attempt.Reflection?.Refusals,
    };

    private static string Key(IReadOnlyList<ArtifactRef> records, int count, PdiMethod method) =>
        $"{Form}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [method.Name(), .. records.Take(count).Select(record => record.Sha256)]))))}";
}
