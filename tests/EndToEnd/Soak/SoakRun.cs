using System.Diagnostics;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.EndToEnd.Bench;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>How a batch is tried.</summary>
/// <param name="Items">How many <see cref="SoakItems"/>.</param>
/// <param name="Parallelism">Open at once.</param>
/// <param name="WorkerKills">How often a worker is killed, at times that chance chooses.</param>
/// <param name="ServerKills">How often the server is.</param>
internal sealed record SoakPlan(int Items, int Parallelism, int WorkerKills, int ServerKills)
{
    /// <summary>Worker processes.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Events after which the batch continues as new.</summary>
    public int HistoryLimit { get; init; } = new BatchTuning().HistoryLimit;

    public ulong Seed { get; init; } = 1;

    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(40);
}

/// <summary>What was seen.</summary>
internal sealed record SoakFigures
{
    public required TimeSpan Took { get; init; }
    public required BatchResult Result { get; init; }
    public required IReadOnlyList<ItemResult> Results { get; init; }

    /// <summary>Times that the batch continued as new, and the longest history that any of its runs had.</summary>
    public required int Runs { get; init; }
    public required int MostEvents { get; init; }

    /// <summary>Requests that the model answered.</summary>
    public required int Answered { get; init; }

    /// <summary>Memory of the workers in MB by the number of items that had ended.</summary>
    public required IReadOnlyList<(int Ended, double Megabytes)> Memory { get; init; }

    public required IReadOnlyList<string> Kills { get; init; }

    /// <summary>Items that have not exactly one result, or one that differs from what they come to undisturbed, in words.</summary>
    public required IReadOnlyList<string> Wrong { get; init; }

    /// <summary>Looks for them while the skills are still there.</summary>
    public static IReadOnlyList<string> FindWrong(IReadOnlyList<ItemResult> results, int items)
    {
        var byNumber = results.ToLookup(result => result.Item.Number);
        return
        [
            .. results.Where(result => result.Item.Number < 1 || result.Item.Number > items).Select(result => $"no item has the number of {result}"),
            .. Enumerable.Range(1, items).Where(number => byNumber[number].Count() != 1).Select(number => $"{SoakItems.Name(number)} has {byNumber[number].Count()} results"),
            .. results.Where(result => !SoakItems.AsUndisturbed(result)).Select(result => $"{result.Item.Name}: {result.State}, {result.Skill}"),
        ];
    }

    /// <summary>Requests that the runs know to have been cut off in flight.</summary>
    public int Resent => Results.Sum(result => result.Skill!.ResentInFlight);

    /// <summary>Replies that had been received and were paid for again: more than are asked for undisturbed, and not known to have been cut off.</summary>
    public int PaidTwice => Math.Max(0, Answered - Results.Sum(SoakItems.ModelCalls) - Resent);
}

/// <summary>
/// A batch on worker processes around a scripted model and containers that are not there, while workers and the server are
/// killed. Everything else is the product's: workflows, records, model client, store.
/// </summary>
internal sealed class SoakRun(ISoakCluster cluster, SoakPlan plan) : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<BenchWorker> _workers = [];
    private readonly List<(int Ended, double Megabytes)> _memory = [];
    private readonly List<string> _kills = [];
    private readonly SplitMix _chance = new(plan.Seed);
    private ScriptedModelServer? _model;
    private int _mostEvents;

    public async Task<SoakFigures> RunAsync()
    {
        BatchFiles.Tasks(_folder["tasks"], Enumerable.Range(1, plan.Items).Select(SoakItems.Name));
        _model = SoakItems.StartModel(_folder["scripts"], plan.Items);
        for (var worker = 0; worker < plan.Workers; worker++)
        {
            _workers.Add(await StartWorkerAsync());
        }

        var clock = Stopwatch.StartNew();
        var input = Input();
        var started = await cluster.Client.StartWorkflowAsync((BatchWorkflow batch) => batch.RunAsync(input), new(WorkflowIds.Batch("soak"), TaskQueues.Workflows));
        var batch = cluster.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(started.Id);
        await FollowAsync(batch, clock);

        var result = await batch.GetResultAsync();
        var took = clock.Elapsed;
        var progress = await batch.QueryAsync(workflow => workflow.GetProgress());
        await HistoriesAsync(batch);
        return new SoakFigures
        {
            Took = took,
            Result = result,
            Results = BatchFiles.Results(result),
            Wrong = SoakFigures.FindWrong(BatchFiles.Results(result), plan.Items),
            Runs = progress.Runs,
            MostEvents = _mostEvents,
            Answered = _model!.RequestsByKey.Values.Sum(),
            Memory = _memory,
            Kills = _kills,
        };
    }

    public async ValueTask DisposeAsync()
    {
        _workers.ForEach(worker => worker.Dispose());
        await (_model?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }

    private BatchInput Input() => new()
    {
        Batch = "soak",
        Work = SoakItems.Work(_folder["out"]),
        Source = new BatchSource { TasksDir = _folder["tasks"] },
        OutDir = _folder["out"],
        Parallelism = plan.Parallelism,
        Tuning = new BatchTuning { HistoryLimit = plan.HistoryLimit, ReconcileSec = 60 },
    };

    private Task<BenchWorker> StartWorkerAsync() => BenchWorker.StartAsync(_folder.Path, new Dictionary<string, string>(cluster.Variables)
    {
        ["OPENAI_BASE_URL"] = _model!.BaseAddress.ToString(),
        // No word that occurs elsewhere: a secret's value is taken out of all that is written.
        ["OPENAI_API_KEY"] = $"{Guid.NewGuid():n}",
        ["OPENAI_MODEL"] = ScriptedModel.Name,
    });

    /// <summary>Watches the batch to its end, and kills when as many items have ended as chance has chosen.</summary>
    private async Task FollowAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch, Stopwatch clock)
    {
        var kills = Kills();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (await tick.WaitForNextTickAsync())
        {
            if (clock.Elapsed > plan.Patience)
            {
                throw new TimeoutException($"the batch has not ended after {plan.Patience}; {string.Join("; ", _kills)}");
            }

            if (await ProgressAsync(batch) is not { } progress)
            {
                continue;
            }

            var ended = progress.Counts.Ended;
            _memory.Add((ended, _workers.Sum(worker => worker.Megabytes("VmRSS"))));
            if (progress.State == RunStates.Done)
            {
                return;
            }

            if (kills.TryPeek(out var next) && ended >= next.At)
            {
                kills.Dequeue();
                await KillAsync(next.Server, ended, clock);
            }
        }
    }

    private async Task KillAsync(bool server, int ended, Stopwatch clock)
    {
        _kills.Add($"{(server ? "server" : "worker")} after {ended} items, {clock.Elapsed.TotalSeconds:0} s");
        TestContext.Progress.WriteLine($"kill -9: {_kills[^1]}");
        if (server)
        {
            await cluster.KillAndRestartAsync();
            return;
        }

        var victim = _chance.NextBelow(_workers.Count);
        _workers[victim].Dispose();
        _workers[victim] = await StartWorkerAsync();
    }

    /// <summary>Kills at different numbers of ended items, in their order; which of them is the server's, chance says too.</summary>
    private Queue<(int At, bool Server)> Kills()
    {
        var count = plan.WorkerKills + plan.ServerKills;
        var server = Enumerable.Range(0, count).Select(kill => kill < plan.ServerKills).ToArray();
        _chance.Shuffle<bool>(server);
        return new(Enumerable.Range(0, count).Select(_ => 1 + _chance.NextBelow(Math.Max(1, plan.Items * 9 / 10))).Order().Zip(server));
    }

    private async Task<BatchProgress?> ProgressAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            var rpc = new RpcOptions { CancellationToken = patience.Token };
            _mostEvents = Math.Max(_mostEvents, (await batch.DescribeAsync(new() { Rpc = rpc })).HistoryLength);
            return await batch.QueryAsync(workflow => workflow.GetProgress(), new() { Rpc = rpc });
        }
        catch (Exception failure) when (failure is Temporalio.Exceptions.TemporalException or OperationCanceledException)
        {
            // Nobody answers just after a kill.
            return null;
        }
    }

    /// <summary>The length of every run's history: what polling has not seen counts too.</summary>
    private async Task HistoriesAsync(WorkflowHandle<BatchWorkflow, BatchResult> batch) => await Eventually.PassesAsync(async () =>
    {
        await foreach (var run in cluster.Client.ListWorkflowsAsync($"WorkflowId = '{batch.Id}'"))
        {
            _mostEvents = Math.Max(_mostEvents, run.HistoryLength);
        }
    });
}
