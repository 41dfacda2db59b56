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
    /// <summary>How often the container engine is away, the model endpoint refuses or is gone, and the disk of store and results is full.</summary>
    public int EngineCuts { get; init; }
    public int EndpointOutages { get; init; }
    public int FullDisks { get; init; }

    /// <summary>How long each of those lasts: longer than the steps' own retries, so that runs wait.</summary>
    public TimeSpan Outage { get; init; } = TimeSpan.FromSeconds(50);

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

    /// <summary>States in which the batch or a run of it was seen waiting.</summary>
    public required IReadOnlyCollection<string> Waits { get; init; }

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
    private const int DiskMegabytes = 6_000;

    private readonly TemporaryFolder _folder = new();
    private readonly SmallDisk? _disk = plan.FullDisks > 0 ? new SmallDisk(DiskMegabytes) : null;
    private readonly HashSet<string> _waits = [];
    private readonly List<Task> _outages = [];
    private readonly List<BenchWorker> _workers = [];
    private readonly List<(int Ended, double Megabytes)> _memory = [];
    private readonly List<string> _kills = [];
    private readonly SplitMix _chance = new(plan.Seed);
    private ScriptedModelServer? _model;
    private Uri? _endpoint;
    private int _answeredBefore;
    private int _mostEvents;

    private enum Trouble
    {
        Worker,
        Server,
        Engine,
        KeyRefused,
        EndpointGone,
        Disk,
    }

    private string Data => _disk?["."] ?? _folder.Path;

    private string Out => Path.Combine(Data, "out");

    public async Task<SoakFigures> RunAsync()
    {
        BatchFiles.Tasks(_folder["tasks"], Enumerable.Range(1, plan.Items).Select(SoakItems.Name));
        _model = SoakItems.StartModel(_folder["scripts"], plan.Items);
        _endpoint = _model.BaseAddress;
        for (var worker = 0; worker < plan.Workers; worker++)
        {
            _workers.Add(await StartWorkerAsync());
        }

        var clock = Stopwatch.StartNew();
        var input = Input();
        var started = await cluster.Client.StartWorkflowAsync((BatchWorkflow batch) => batch.RunAsync(input), new(WorkflowIds.Batch("soak"), TaskQueues.Workflows));
        var batch = cluster.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(started.Id);
        await FollowAsync(batch, clock);
        await Task.WhenAll(_outages);

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
            Answered = _answeredBefore + _model!.RequestsByKey.Values.Sum(),
            Waits = _waits,
            Memory = _memory,
            Kills = _kills,
        };
    }

    public async ValueTask DisposeAsync()
    {
        _workers.ForEach(worker => worker.Dispose());
        await (_model?.DisposeAsync() ?? ValueTask.CompletedTask);
        _disk?.Dispose();
        _folder.Dispose();
    }

    private BatchInput Input() => new()
    {
        Batch = "soak",
        Work = SoakItems.Work(Out),
        Source = new BatchSource { TasksDir = _folder["tasks"] },
        OutDir = Out,
        Parallelism = plan.Parallelism,
        Tuning = new BatchTuning { HistoryLimit = plan.HistoryLimit, ReconcileSec = 60 },
    };

    private Task<BenchWorker> StartWorkerAsync() => BenchWorker.StartAsync(Data, new Dictionary<string, string>(cluster.Variables)
    {
        ["OPENAI_BASE_URL"] = _endpoint!.ToString(),
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

            _waits.UnionWith(progress.Open.Select(open => open.Waiting).OfType<string>().Append(progress.State).Where(state => state.StartsWith("waiting", StringComparison.Ordinal)));
            if (kills.TryPeek(out var next) && ended >= next.At && _outages.TrueForAll(outage => outage.IsCompleted))
            {
                kills.Dequeue();
                await MakeAsync(next.Trouble, ended, clock);
            }
        }
    }

    private async Task MakeAsync(Trouble trouble, int ended, Stopwatch clock)
    {
        if (trouble is Trouble.Worker or Trouble.Server)
        {
            await KillAsync(trouble == Trouble.Server, ended, clock);
            return;
        }

        _kills.Add($"{trouble} for {plan.Outage.TotalSeconds:0} s after {ended} items, {clock.Elapsed.TotalSeconds:0} s");
        TestContext.Progress.WriteLine($"outage: {_kills[^1]}");
        _outages.Add(trouble switch
        {
            Trouble.Engine => EngineAwayAsync(),
            Trouble.Disk => DiskFullAsync(),
            _ => EndpointAwayAsync(refuses: trouble == Trouble.KeyRefused),
        });
    }

    private async Task EngineAwayAsync()
    {
        await File.WriteAllTextAsync(EngineCut.FileIn(Data), "");
        await Task.Delay(plan.Outage);
        File.Delete(EngineCut.FileIn(Data));
    }

    /// <summary>Workers go on writing while it is full, and what they remove makes room: it is filled again and again.</summary>
    private async Task DiskFullAsync()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < plan.Outage; await Task.Delay(TimeSpan.FromSeconds(1)))
        {
            _disk!.Fill();
        }

        _disk!.Free();
    }

    /// <summary>Nothing listens, or something that knows no key.</summary>
    private async Task EndpointAwayAsync(bool refuses)
    {
        await _model!.DisposeAsync();
        _answeredBefore += _model.RequestsByKey.Values.Sum();
        if (refuses)
        {
            await using var stranger = await FakeModelServer.StartAsync(_endpoint!.Port);
            stranger.Script = _ => FakeReply.Error(401, "Incorrect API key provided", "invalid_api_key");
            await Task.Delay(plan.Outage);
        }
        else
        {
            await Task.Delay(plan.Outage);
        }

        _model = SoakItems.StartModel(_folder["scripts"], plan.Items, _endpoint!.Port);
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

    /// <summary>Kills and outages at different numbers of ended items, in their order; which of them is what, chance says too.</summary>
    private Queue<(int At, Trouble Trouble)> Kills()
    {
        var troubles = Enumerable.Repeat(Trouble.Server, plan.ServerKills)
            .Concat(Enumerable.Repeat(Trouble.Worker, plan.WorkerKills))
            .Concat(Enumerable.Repeat(Trouble.Engine, plan.EngineCuts))
            .Concat(Enumerable.Range(0, plan.EndpointOutages).Select(outage => outage % 2 == 0 ? Trouble.KeyRefused : Trouble.EndpointGone))
            .Concat(Enumerable.Repeat(Trouble.Disk, plan.FullDisks)).ToArray();
        _chance.Shuffle<Trouble>(troubles);
        return new(Enumerable.Range(0, troubles.Length).Select(_ => 1 + _chance.NextBelow(Math.Max(1, plan.Items * 9 / 10))).Order().Zip(troubles));
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
