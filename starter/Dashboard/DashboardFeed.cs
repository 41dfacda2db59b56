using System.Collections.Concurrent;
using System.Text.Json;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// What the dashboard shows. Each view is read anew once a second, however many pages are open. Lists come from the server's
/// index of runs, so they are right with no worker up and cheap at any size; a run's own page asks the run (queries), reads
/// its newest events, and reads the result folder that the run itself writes after every attempt and names in its input.
/// Only that folder gives memos, output and skill: the command line cannot call activities, and a workflow that fetches
/// artifacts would fill the very list that is shown. Where the folder is on another machine, the page says so.
/// </summary>
internal sealed class DashboardFeed(SparkSession session)
{
    /// <summary>Most runs of a batch, and most attempts, that are read.</summary>
    private const int MostRuns = 10_000;

    /// <summary>Most runs from which the counts of all batches are made, newest first.</summary>
    private const int MostOverview = 5_000;

    /// <summary>
    /// Runs that are an item of a batch, or belong to none: with trials of evaluations, without attempts and proofs of
    /// other runs.
    /// </summary>
    private const string Items = $"({UiLinks.Runs} OR SparkArm IS NOT NULL) AND (WorkflowType != 'ProofWorkflow' OR ParentWorkflowId IS NULL)";

    /// <summary>Writes every text as visible text, wherever it comes from.</summary>
    private static readonly JsonSerializerOptions Json = new(SparkJson.Options) { Converters = { new VisibleTextConverter() } };

    private readonly ConcurrentDictionary<(string View, string Id), Lazy<Task<string>>> _newest = new();
    private readonly RunReader _runs = new(session);

    /// <summary>
    /// How long to wait after a reading of this duration: at least a second, and so long that a large batch takes at most a
    /// fifth of the server's time.
    /// </summary>
    public static TimeSpan PauseAfter(TimeSpan reading) => TimeSpan.FromSeconds(Math.Max(1, 4 * reading.TotalSeconds));

    /// <summary>A view as JSON on one line.</summary>
    public async Task<string> SnapshotAsync(string view, string id, CancellationToken cancellationToken)
    {
        var reading = new Lazy<Task<string>>(() => ReadAsync(view, id, cancellationToken));
        var shared = _newest.GetOrAdd((view, id), reading);
        try
        {
            return await shared.Value;
        }
        finally
        {
            // The page that asked first removes it: pages that ask at the same time share one reading.
            if (ReferenceEquals(shared, reading))
            {
                _newest.TryRemove((view, id), out _);
            }
        }
    }

    private async Task<string> ReadAsync(string view, string id, CancellationToken cancellationToken)
    {
        try
        {
            object snapshot = view switch
            {
                "batch" => await BatchAsync(id, cancellationToken),
                "run" => await _runs.ReadAsync(id, cancellationToken),
                _ => await OverviewAsync(cancellationToken),
            };
            return JsonSerializer.Serialize(snapshot, Json);
        }
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            // The view shows any failure to read it; the next reading may succeed.
            return JsonSerializer.Serialize(new { View = "problem", Problem = VisibleText.Of(broken.Message, 500) }, Json);
        }
    }

    private async Task<OverviewSnapshot> OverviewAsync(CancellationToken cancellationToken)
    {
        var (runs, cut) = await ListAsync(Items, MostOverview, cancellationToken);
        var tiles = runs.Where(found => !IsBatch(found.Row)).GroupBy(found => found.Row.Batch ?? "")
            .Select(batch => BatchTile.Of(batch.Key, [.. batch.Select(found => found.Row)], BatchUi(batch.Key)));
        return new OverviewSnapshot("overview", [.. tiles.OrderByDescending(tile => tile.StartedAt)], cut);
    }

    private async Task<BatchSnapshot> BatchAsync(string batch, CancellationToken cancellationToken)
    {
        var (found, cut) = await ListAsync($"SparkBatch = {UiLinks.Quote(batch)}", MostRuns, cancellationToken);
        var all = found.Select(run => run.Row.Id).ToHashSet(StringComparer.Ordinal);
        var runs = found.Where(run => run.Row.Type != "Attempt" && !IsBatch(run.Row) && !(run.Row.Type == "Proof" && run.Parent is { } parent && all.Contains(parent))).ToList();
        if (found.Count == 0)
        {
            throw new CliException($"there is no batch '{batch}' yet");
        }

        var ids = runs.Select(run => run.Row.Id).ToHashSet(StringComparer.Ordinal);
        var attempts = found.Where(run => run.Row.Type == "Attempt").ToLookup(run => run.Parent is { } parent && ids.Contains(parent) ? parent : null);
        List<BatchRow> rows = [.. runs.Select(run => new BatchRow(Name(run.Row), run.Row, Cells(attempts[run.Row.Id], run => run.Attempt?.ToString() ?? "·"), Story(run.Row)))];

        // Attempts of an evaluation, and single trials: one line per task, one square per arm and repeat.
        var repeats = attempts[null].Any(run => run.Row.Attempt > 1);
        rows.AddRange(attempts[null].GroupBy(run => run.Row.Task).Select(task => TaskRow([.. task.Select(run => run.Row)], repeats)));
        List<RunRow> items = [.. runs.Select(run => run.Row), .. attempts[null].Select(run => run.Row)];
        return new BatchSnapshot(
            "batch",
            BatchTile.Of(batch, items.Count == 0 ? [found[0].Row] : items, BatchUi(batch)),
            [.. rows.OrderBy(row => row.Run.Task, StringComparer.Ordinal).ThenBy(row => row.Run.Id, StringComparer.Ordinal)],
            cut);
    }

    /// <summary>The trials of one task: how many passed, the mean of their rewards, their total cost.</summary>
    private BatchRow TaskRow(IReadOnlyList<RunRow> trials, bool repeats)
    {
        var cost = Money.Sum(trials.Select(trial => trial.Cost()));
        var rewards = trials.Select(trial => trial.Reward).OfType<double>().ToList();
        var row = trials[0] with
        {
            Outcome = null,
            Pdi = null,
            Reward = rewards.Count == 0 ? null : rewards.Average(),
            CostUsd = cost.CostUsd,
            Unpriced = cost.Unpriced,
        };
        var cells = Cells(trials.OrderBy(trial => trial.Arm, StringComparer.Ordinal).ThenBy(trial => trial.Attempt), run => $"{run.Arm ?? "trial"}{(repeats ? $" {run.Attempt}" : "")}");
        var open = trials.FirstOrDefault(trial => trial.Status == "running");
        var now = open is not null ? open.Now() : $"{trials.Count(trial => trial.Outcome == "Pass")} of {trials.Count} pass";
        return new BatchRow(row.Task ?? row.Id, row, cells, Story(row)) { Trials = now };
    }

    /// <summary>The task, and which fork of its run it is.</summary>
    private static string Name(RunRow run) =>
        run.Id.LastIndexOf("/fork-", StringComparison.Ordinal) is > 0 and var at ? $"{run.Task ?? run.Id} ({run.Id[(at + 1)..].Replace('-', ' ')})" : run.Task ?? run.Id;

    private static IReadOnlyList<AttemptCell> Cells(IEnumerable<Found> attempts, Func<RunRow, string> label) =>
        Cells(attempts.Select(found => found.Row).OrderBy(run => run.Attempt ?? 0).ThenBy(run => run.StartedAt), label);

    private static IReadOnlyList<AttemptCell> Cells(IOrderedEnumerable<RunRow> attempts, Func<RunRow, string> label) =>
        [.. attempts.Select(run => new AttemptCell(label(run), run.Id, run.Now(), run.Outcome, run.Reward, run.Spent()))];

    private async Task<(List<Found> Runs, bool Cut)> ListAsync(string query, int most, CancellationToken cancellationToken)
    {
        List<Found> runs = [];
        await foreach (var run in session.Client.ListWorkflowsAsync(query, new() { Limit = most + 1 }).WithCancellation(cancellationToken))
        {
            var row = RunRow.Of(run);

            // A chain of continue-as-new is one run.
            if (row.Status != "continued_as_new")
            {
                runs.Add(new Found(row, run.ParentId));
            }
        }

        return runs.Count > most ? (runs[..most], true) : (runs, false);
    }

    private static bool IsBatch(RunRow run) => run.Type is "Batch" or "Evaluation";

    private string? Story(RunRow run) => session.UiStory(run.Id, run.RunId);

    private string? BatchUi(string batch) => session.UiList($"SparkBatch = {UiLinks.Quote(batch)}");

    private sealed record Found(RunRow Row, string? Parent);
}
