using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Spectre.Console;
using Spectre.Console.Rendering;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Batches;

/// <summary>
/// Follows a batch or an evaluation: a live table on a terminal, a line per event elsewhere. It only reads: it asks the run itself,
/// whose answer is as small for 10,000 items as for ten, and a few of its open runs.
/// </summary>
internal sealed class BatchView
{
    /// <summary>Most open runs that are asked themselves; for the others the batch's answer is enough.</summary>
    private const int MostAsked = 12;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly SparkSession _session;
    private readonly Func<WorkflowQueryOptions, Task<WindowProgress>> _ask;
    private readonly BatchKind _kind;
    private readonly CliOutput _output;
    private readonly Dictionary<string, OpenLine> _asked = [];
    private readonly Dictionary<string, SkillProgress> _runs = [];
    private readonly Dictionary<string, int> _told = [];
    private readonly Dictionary<string, string> _states = [];
    private readonly HashSet<string> _noted = [];
    private WindowProgress? _progress;
    private int _ended;

    private BatchView(SparkSession session, BatchKind kind, Func<WorkflowQueryOptions, Task<WindowProgress>> ask, CliOutput output) =>
        (_session, _kind, _ask, _output) = (session, kind, ask, output);

    /// <param name="session">The server.</param>
    /// <param name="run">The run.</param>
    /// <param name="kind">What its items are.</param>
    /// <param name="ask">Asks the run for its progress.</param>
    /// <param name="output">Where it prints.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public static async Task<TResult> FollowAsync<TWorkflow, TResult>(
        SparkSession session,
        WorkflowHandle<TWorkflow, TResult> run,
        BatchKind kind,
        Func<WorkflowQueryOptions, Task<WindowProgress>> ask,
        CliOutput output,
        CancellationToken cancellationToken)
    {
        var view = new BatchView(session, kind, ask, output);
        using var polling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var showing = view.ShowAsync(polling.Token);
        try
        {
            return await run.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
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
        _progress = await QueryAsync(_ask, cancellationToken) ?? _progress;
        if (_kind != BatchKind.Skills || _progress is not { Window: var window })
        {
            return;
        }

        // A run that has just ended is asked once more, for its last attempt.
        var open = window.Open.Take(MostAsked).ToDictionary(line => line.WorkflowId);
        foreach (var line in _asked.Values.Where(line => !open.ContainsKey(line.WorkflowId)).Concat(open.Values).ToList())
        {
            var run = _session.Client.GetWorkflowHandle<SkillGenerationWorkflow>(line.WorkflowId);
            if (await QueryAsync(options => run.QueryAsync(skill => skill.GetProgress(), options), cancellationToken) is { } progress)
            {
                _runs[line.Name] = progress;
            }
        }

        _asked.Clear();
        foreach (var line in open.Values)
        {
            _asked[line.WorkflowId] = line;
        }
    }

    /// <returns>Null where it has not started yet, or no worker answers at the moment: the last known state stays.</returns>
    private static async Task<T?> QueryAsync<T>(Func<WorkflowQueryOptions, Task<T>> query, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            return await query(new WorkflowQueryOptions { Rpc = new RpcOptions { CancellationToken = patience.Token } });
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

        if (_progress is not { Window: var progress } known)
        {
            return;
        }

        foreach (var note in known.Notes.Where(_noted.Add))
        {
            _output.Note(note);
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

        if (_kind != BatchKind.Skills)
        {
            // Runs that are not asked themselves: their batch knows what holds them up.
            foreach (var line in progress.Open)
            {
                Changed(line.Name, line.Waiting ?? RunStates.Running);
            }
        }

        Changed(_kind == BatchKind.Trials ? "trials" : "batch", progress.State, progress.WaitsFor);
    }

    /// <summary>How many attempts nothing changes any more; a worker of an earlier version tells it by its step alone.</summary>
    private static int Kept(SkillProgress run) =>
        run.Kept ?? (run.Step.StartsWith("attempt", StringComparison.Ordinal) ? run.Attempts.Count : 0);

    private void TellRun(string task, SkillProgress run)
    {
        foreach (var attempt in run.Attempts.Skip(_told.GetValueOrDefault(task)))
        {
            // A failure is printed after its reflection has been measured, so that both are one line.
            var measured = attempt.Pdi is not null || run.Attempts[^1].Number != attempt.Number || _told.GetValueOrDefault(task) < Kept(run)
                || attempt.Outcome is Outcome.Pass or Outcome.Infrastructure;
            if (!measured)
            {
                break;
            }

            _told[task] = _told.GetValueOrDefault(task) + 1;
            _output.Note($"{task}: attempt {attempt.Number} {Describe(attempt)}");
        }

        Changed(task, run.State, run.WaitsFor is { Length: > 0 } why ? why : null);
    }

    private void Changed(string who, string state, string? why = null)
    {
        if (_states.GetValueOrDefault(who, RunStates.Running) != state)
        {
            _states[who] = state;
            _output.Note($"{who}: {state}{(why is null ? "" : $": {why}")}");
        }
    }

    private static string Describe(AttemptProgress attempt)
    {
        var steered = attempt.Intervention == InterventionLevel.None ? "" : $" after a {attempt.Intervention.ToString().ToLowerInvariant()} intervention";
        var index = attempt.Pdi is { } pdi ? $", PDI {pdi:0.0000}" : "";
        var error = attempt.Error is { } words ? $": {words}" : "";
        return $"{attempt.Outcome.ToString().ToLowerInvariant()}{steered}, reward {attempt.Reward?.ToString("0.###") ?? "none"}, tests {attempt.TestsPassed}/{attempt.TestsTotal}{index}{error}";
    }

    private IRenderable Render() => _progress is { } progress ? BatchTable.Of(progress, _kind, _runs, MostAsked) : new Table().Border(TableBorder.None).AddColumn("listing the items");
}
