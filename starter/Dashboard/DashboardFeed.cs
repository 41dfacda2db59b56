using System.Collections.Concurrent;
using System.Text.Json;
using Spark.Temporal.Starter.Runs;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// What the dashboard shows, read anew for every view and second, however many pages are open. Lists come from the server's
/// index of runs, so they are right with no worker up and cheap at any size; a run's own page asks the run (queries), reads
/// its newest events, and reads the result folder that the run itself writes after every attempt and names in its input.
/// That folder is the one way to memos, output and skill: the command line reaches no activity, and a workflow that fetches
/// artifacts would fill the list that it helps to show. Where the folder is on another machine the page says so.
/// </summary>
internal sealed class DashboardFeed(SparkSession session)
{
    /// <summary>Most runs of a batch, and most attempts, that are read.</summary>
    private const int MostRuns = 5_000;

    private const int MostOverview = 1_000;

    private readonly ConcurrentDictionary<(string View, string Id), Lazy<Task<string>>> _newest = new();
    private readonly RunReader _runs = new(session);

    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

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
            // Whoever asked first forgets it: pages that ask at the same time share one reading.
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
            return JsonSerializer.Serialize(snapshot, SparkJson.Options);
        }
        catch (Exception unreachable) when (unreachable is RpcException or CliException)
        {
            return JsonSerializer.Serialize(new { View = "problem", Problem = VisibleText.Of(unreachable.Message, 500) }, SparkJson.Options);
        }
    }

    private async Task<OverviewSnapshot> OverviewAsync(CancellationToken cancellationToken)
    {
        var (runs, _) = await ListAsync(UiLinks.Runs, MostOverview, cancellationToken);
        var tiles = runs.Where(found => !IsBatch(found.Row)).GroupBy(found => found.Row.Batch ?? "")
            .Select(batch => BatchTile.Of(batch.Key, [.. batch.Select(found => found.Row)], BatchUi(batch.Key)));
        return new OverviewSnapshot("overview", [.. tiles.OrderByDescending(tile => tile.StartedAt)]);
    }

    private async Task<BatchSnapshot> BatchAsync(string batch, CancellationToken cancellationToken)
    {
        var (found, cut) = await ListAsync($"SparkBatch = {UiLinks.Quote(batch)}", MostRuns, cancellationToken);
        var runs = found.Where(run => run.Row.Type != "Attempt" && !IsBatch(run.Row)).ToList();
        if (found.Count == 0)
        {
            throw new CliException($"there is no batch '{batch}' yet");
        }

        var ids = runs.Select(run => run.Row.Id).ToHashSet(StringComparer.Ordinal);
        var attempts = found.Where(run => run.Row.Type == "Attempt").ToLookup(run => run.Parent is { } parent && ids.Contains(parent) ? parent : null);
        List<BatchRow> rows = [.. runs.Select(run => new BatchRow(run.Row, Cells(attempts[run.Row.Id], run => run.Attempt?.ToString() ?? "·"), Story(run.Row)))];

        // Attempts of an evaluation, and single trials: a line a task, a square for each arm and repeat.
        rows.AddRange(attempts[null].GroupBy(run => run.Row.Task).Select(task => new BatchRow(
            task.First().Row with { Task = task.Key }, Cells(task, run => run.Arm ?? "·"), Story(task.First().Row))));
        return new BatchSnapshot(
            "batch",
            BatchTile.Of(batch, rows.Count == 0 ? [found[0].Row] : [.. rows.Select(row => row.Run)], BatchUi(batch)),
            [.. rows.OrderBy(row => row.Run.Task, StringComparer.Ordinal).ThenBy(row => row.Run.Id, StringComparer.Ordinal)],
            cut);
    }

    private static IReadOnlyList<AttemptCell> Cells(IEnumerable<Found> attempts, Func<RunRow, string> label) =>
        [.. attempts.Select(found => found.Row).OrderBy(run => run.Attempt ?? 0).ThenBy(run => run.StartedAt)
            .Select(run => new AttemptCell(label(run), run.Id, run.Now(), run.Outcome, run.Reward, run.CostUsd))];

    private async Task<(List<Found> Runs, bool Cut)> ListAsync(string query, int most, CancellationToken cancellationToken)
    {
        List<Found> runs = [];
        await foreach (var run in session.Client.ListWorkflowsAsync(query, new() { Limit = most + 1 }).WithCancellation(cancellationToken))
        {
            var row = RunRow.Of(run);

            // A run that continued as new is one run.
            if (row.Status != "continued_as_new")
            {
                runs.Add(new Found(row, run.ParentId));
            }
        }

        return runs.Count > most ? (runs[..most], true) : (runs, false);
    }

    private static bool IsBatch(RunRow run) => run.Type is "Batch" or "ConstructionBatch" or "Evaluation";

    private string? Story(RunRow run) => session.UiStory(run.Id, run.RunId);

    private string? BatchUi(string batch) => session.UiList($"SparkBatch = {UiLinks.Quote(batch)}");

    private sealed record Found(RunRow Row, string? Parent);
}
