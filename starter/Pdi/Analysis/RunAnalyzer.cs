using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Pdi.Trajectories;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <summary>Reads finished runs one after the other and keeps their numbers.</summary>
internal static class RunAnalyzer
{
    private const string NeverPlanned = "never planned: no memo with a Next Strategy, so it has no φplan";

    /// <summary>Every run at or below the paths, in order of path.</summary>
    /// <param name="paths">Files and folders.</param>
    /// <param name="without">What becomes of runs that never planned.</param>
    /// <param name="output">Where damaged lines are named.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CliException">A path does not exist, or a folder holds no run.</exception>
    public static async Task<IReadOnlyList<AnalyzedRun>> ReadAllAsync(
        IEnumerable<string> paths, WithoutPlan without, CliOutput output, CancellationToken cancellationToken)
    {
        List<AnalyzedRun> runs = [];
        foreach (var file in TrajectoryFiles.Find(paths))
        {
            var run = await ReadAsync(file, without, cancellationToken);
            foreach (var damaged in run.Damaged)
            {
                output.Note($"{file}, line {damaged.Line}: {damaged.Problem}; left out");
            }

            runs.Add(run);
        }

        return runs;
    }

    /// <exception cref="CliException">A file cannot be opened.</exception>
    public static async Task<AnalyzedRun> ReadAsync(string file, WithoutPlan without, CancellationToken cancellationToken)
    {
        var run = await TrajectoryFiles.ReadAsync(file, cancellationToken);
        var folder = Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".";
        var skill = await SkillAsync(Path.Combine(folder, SkillDocument.FileName), cancellationToken);
        var passing = run.Executions.Values.Where(execution => execution.Passed).MaxBy(execution => execution.Attempt);
        var leftOut = run.Events == 0 ? "the file holds no events"
            : passing is null ? "no passing attempt"
            : skill is null ? $"no {SkillDocument.FileName}"
            : null;
        var offline = leftOut is null ? Offline(run, passing!, skill!) : null;
        return new AnalyzedRun(
            Path.GetFileName(Path.GetDirectoryName(folder)) ?? "",
            run.Task,
            file,
            offline is null ? null : OfflinePdi.PhiOf(offline),
            offline is null || without == WithoutPlan.Zero || OfflinePdi.Planned(offline) ? leftOut : NeverPlanned,
            run.Reflections.Count,
            [.. run.Snapshots.Select(snapshot => snapshot.Snapshot)],
            run.DamagedLines);
    }

    private static OfflineRun Offline(RecordedRun run, RecordedExecution passing, string skill) => new()
    {
        Commands = passing.Commands,
        SkillBody = skill,
        Reflections = [.. run.Reflections.Values.OrderBy(reflection => reflection.Attempt).Select(reflection => new OfflineReflection(
            reflection.MemoAfter,
            run.Executions.TryGetValue(reflection.Attempt, out var execution) ? TestSummary.FailedTests(execution.TestSummary) : []))],
    };

    private static async Task<string?> SkillAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return File.Exists(path) && SkillDocument.Parse(await File.ReadAllTextAsync(path, cancellationToken)).Body is { Length: > 0 } body ? body : null;
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {mistake.Message}");
        }
    }
}
