using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Domain.Judging;
using Spark.Temporal.Workflows.Domain.Pdi;
using Spark.Temporal.Workflows.SkillGeneration;
using Spectre.Console;
using Temporalio.Client;
using Temporalio.Exceptions;
using Text = Spark.Temporal.Workflows.Domain.Text;

namespace Spark.Temporal.Starter.Runs;

/// <summary>
/// Follows a batch: a live table on a terminal, a line per event elsewhere. It only asks, never steers: the batch itself,
/// whose answer is as small for 10,000 items as for ten, and a few of its open runs.
/// </summary>
internal sealed class BatchView
{
    /// <summary>Open runs that are asked themselves; of the others the batch says enough.</summary>
    private const int MostAsked = 12;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SparkSession _session;
    private readonly WorkflowHandle<BatchWorkflow, BatchResult> _batch;
    private readonly BatchKind _kind;
    private readonly CliOutput _output;
    private readonly Dictionary<string, OpenLine> _asked = [];
    private readonly Dictionary<string, SkillProgress> _runs = [];
    private readonly Dictionary<string, int> _told = [];
    private readonly Dictionary<string, string> _states = [];
    private BatchProgress? _progress;
    private int _ended;

    private BatchView(SparkSession session, WorkflowHandle<BatchWorkflow, BatchResult> batch, BatchKind kind, CliOutput output) =>
        (_session, _batch, _kind, _output) = (session, batch, kind, output);

    public static async Task<BatchResult> FollowAsync(
        SparkSession session, WorkflowHandle<BatchWorkflow, BatchResult> batch, BatchKind kind, CliOutput output, CancellationToken cancellationToken)
    {
        // By id alone: the batch continues as a new run.
        var view = new BatchView(session, session.Client.GetWorkflowHandle<BatchWorkflow, BatchResult>(batch.Id), kind, output);
        using var polling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var showing = view.ShowAsync(polling.Token);
        try
        {
            return await batch.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            await polling.CancelAsync();
            await showing;
        }
    }

    private async Task ShowAsync(CancellationToken cancellationToken)
    {
        if (_output.Live)
        {
            await _output.Progress.Live(Render()).AutoClear(true).StartAsync(live => PollAsync(() => live.UpdateTarget(Render()), cancellationToken));
        }
        else
        {
            await PollAsync(Tell, cancellationToken);
        }

        Tell();
    }

    private async Task PollAsync(Action changed, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                await AskAsync(cancellationToken);
                changed();
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            await AskAsync(CancellationToken.None);
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        _progress = await QueryAsync(_batch, batch => batch.GetProgress(), cancellationToken) ?? _progress;
        if (_kind != BatchKind.Skills || _progress is null)
        {
            return;
        }

        // What has just ended is asked once more, for its last attempt.
        var open = _progress.Open.Take(MostAsked).ToDictionary(line => line.WorkflowId);
        foreach (var line in _asked.Values.Where(line => !open.ContainsKey(line.WorkflowId)).Concat(open.Values).ToList())
        {
            if (await QueryAsync(_session.Client.GetWorkflowHandle<SkillGenerationWorkflow>(line.WorkflowId), run => run.GetProgress(), cancellationToken) is { } run)
            {
                _runs[line.Name] = run;
            }
        }

        _asked.Clear();
        foreach (var line in open.Values)
        {
            _asked[line.WorkflowId] = line;
        }
    }

    /// <returns>Null where it has not started yet, or no worker answers just now: the last known state stays.</returns>
    private static async Task<T?> QueryAsync<TWorkflow, T>(
        WorkflowHandle<TWorkflow> handle, System.Linq.Expressions.Expression<Func<TWorkflow, T>> query, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            return await handle.QueryAsync(query, new WorkflowQueryOptions { Rpc = new RpcOptions { CancellationToken = patience.Token } });
        }
        catch (Exception nothing) when (nothing is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
            || (nothing is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>Prints what is new since the last time, a line each.</summary>
    private void Tell()
    {
        foreach (var (task, run) in _runs.ToList())
        {
            TellRun(task, run);
        }

        if (_progress is not { } progress)
        {
            return;
        }

        var ended = progress.Last.Where(line => line.Sequence > _ended).ToList();
        if (ended.Count > 0 && ended[0].Sequence > _ended + 1)
        {
            _output.Note($"{ended[0].Sequence - _ended - 1} more ended");
        }

        foreach (var line in ended)
        {
            _ended = line.Sequence;
            _runs.Remove(line.Name);
            _output.Note($"{line.Name}: {line.Words} ({progress.Counts.Ended} of {progress.Counts.Total})");
        }

        Changed("batch", progress.State);
    }

    private void TellRun(string task, SkillProgress run)
    {
        foreach (var attempt in run.Attempts.Skip(_told.GetValueOrDefault(task)))
        {
            // A failure is told once its reflection has been measured, so that it is one line.
            var measured = attempt.Pdi is not null || run.Attempts[^1].Number != attempt.Number || run.Step.StartsWith("attempt", StringComparison.Ordinal)
                || attempt.Outcome is Outcome.Pass or Outcome.Infrastructure;
            if (!measured)
            {
                break;
            }

            _told[task] = _told.GetValueOrDefault(task) + 1;
            _output.Note($"{task}: attempt {attempt.Number} {Describe(attempt)}");
        }

        Changed(task, run.State);
    }

    private void Changed(string who, string state)
    {
        if (_states.GetValueOrDefault(who, "running") != state)
        {
            _states[who] = state;
            _output.Note($"{who}: {state}");
        }
    }

    private static string Describe(AttemptProgress attempt)
    {
        var steered = attempt.Intervention == InterventionLevel.None ? "" : $" after a {attempt.Intervention.ToString().ToLowerInvariant()} intervention";
        var index = attempt.Pdi is { } pdi ? $", PDI {pdi:0.0000}" : "";
        var error = attempt.Error is { } words ? $": {words}" : "";
        return $"{attempt.Outcome.ToString().ToLowerInvariant()}{steered}, reward {attempt.Reward?.ToString("0.###") ?? "none"}, tests {attempt.TestsPassed}/{attempt.TestsTotal}{index}{error}";
    }

    private Table Render() => _progress is { } progress ? BatchTable.Of(progress, _runs, MostAsked) : new Table().Border(TableBorder.None).AddColumn("listing the items");
}
