using System.Globalization;
using Spark.Temporal.Tests.EndToEnd.Bench;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>Batches while workers and the server are killed: every item ends as it would have, counted once, paid for once.</summary>
[Category("Server")]
[Category("Slow")]
public sealed class SoakTests
{
    /// <summary>Most events that a run of a batch may have.</summary>
    private const int MostEvents = 4_000;

    /// <summary>The short form of <c>infra/soak.sh</c>; on the development server only where a machine has not the real one and may go without.</summary>
    [Test]
    public async Task Sixty_items_with_kills_of_worker_and_server_and_outages_of_engine_and_endpoint()
    {
        await using ISoakCluster cluster = PostgresCluster.IsThere || Requires.Everything ? await PostgresCluster.StartAsync() : await DevCluster.StartAsync();
        var figures = await RunAsync(cluster, new SoakPlan(60, 12, WorkerKills: 2, ServerKills: 1) 
        {
            EngineCuts = 1, EndpointOutages = 1, Outage = TimeSpan.FromSeconds(15), HistoryLimit = 300, Patience = TimeSpan.FromMinutes(12),
        });

        EndedWell(figures, 60);
        Assert.That(figures.Runs, Is.GreaterThan(0), "it continued as new");
        Assert.That(figures.Waits, Does.Contain(RunStates.ModelEndpoint), "a key that is refused is waited for");
    }

    /// <summary>What <c>infra/soak.sh</c> runs.</summary>
    [Test]
    [Explicit]
    [Category("Soak")]
    public async Task On_PostgreSQL()
    {
        PostgresCluster.Require();
        var items = int.Parse(Environment.GetEnvironmentVariable("SPARK_SOAK_ITEMS") ?? "1000", CultureInfo.InvariantCulture);
        var kills = Math.Clamp(items / 20, 3, 10);
        var servers = Math.Max(1, kills / 4);
        await using var cluster = await PostgresCluster.StartAsync();
        var figures = await RunAsync(cluster, new SoakPlan(items, Math.Min(60, items / 5), WorkerKills: kills - servers, ServerKills: servers)
        {
            Workers = 2,
            EngineCuts = 2,
            EndpointOutages = 4,
            FullDisks = 2,
            Seed = ulong.Parse(Environment.GetEnvironmentVariable("SPARK_SOAK_SEED") ?? "1", CultureInfo.InvariantCulture),
        });

        using (Assert.EnterMultipleScope())
        {
            BenchReport.Keep("soak", Rows(figures, items));
            BenchReport.Join(BenchReport.Folder!);
            EndedWell(figures, items);
        }
    }

    private static async Task<SoakFigures> RunAsync(ISoakCluster cluster, SoakPlan plan)
    {
        await using var run = new SoakRun(cluster, plan);
        return await run.RunAsync();
    }

    private static void EndedWell(SoakFigures figures, int items)
    {
        var (results, counts) = (figures.Results, figures.Result.Counts);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((counts.Total, counts.Passed + counts.Failed), Is.EqualTo((items, items)), () => $"{counts}; {string.Join("; ", figures.Kills)}");
            Assert.That(results.Select(result => result.Item.Number), Is.EquivalentTo(Enumerable.Range(1, items)), "each once");
            Assert.That(figures.Wrong, Is.Empty);
            Assert.That(counts.Passed, Is.EqualTo(results.Count(result => result.State == ItemState.Passed)).And.InRange(1, items - 1));
            Assert.That(figures.PaidTwice, Is.Zero);
            Assert.That(figures.MostEvents, Is.InRange(1, MostEvents - 1));
        }
    }

    private static IReadOnlyList<BenchRow> Rows(SoakFigures figures, int items) =>
    [
        new($"{items} items, {figures.Kills.Count} kills and outages", figures.Took.TotalMinutes, "minutes", 60),
        new($"states seen: {string.Join(", ", figures.Waits.Order(StringComparer.Ordinal))}", figures.Waits.Count, ""),
        new("throughput", items / figures.Took.TotalSeconds, "items/s"),
        new("longest history of the batch", figures.MostEvents, "events", MostEvents),
        new("times that the batch continued as new", figures.Runs, ""),
        new("items with no result, with several, or with a wrong one", figures.Wrong.Count, "items", 0),
        new("requests answered by the model", figures.Answered, "requests"),
        new("requests cut off in flight and sent again", figures.Resent, "requests"),
        new("replies received and paid for again", figures.PaidTwice, "replies", 0),
        .. Enumerable.Range(1, 10).Select(tenth => new BenchRow($"memory of the workers around item {items * tenth / 10}", Memory(figures, items, tenth), "MB")),

        // The first fifth is left out: caches fill. A worker that was killed starts small, so the largest of each part counts.
        new("largest memory of the last fifth over that of the second", Math.Max(Memory(figures, items, 9), Memory(figures, items, 10)) / Math.Max(Memory(figures, items, 3), Memory(figures, items, 4)), "x", 1.3),
    ];

    /// <summary>Largest memory while a tenth of the items ended; that of the last look before, where none fell into it.</summary>
    private static double Memory(SoakFigures figures, int items, int tenth)
    {
        var seen = figures.Memory.Where(look => look.Ended * 10 > items * (tenth - 1) && look.Ended * 10 <= items * tenth).ToList();
        return seen.Count > 0 ? seen.Max(look => look.Megabytes) : figures.Memory.LastOrDefault(look => look.Ended * 10 <= items * tenth).Megabytes;
    }
}
