using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Wire.TaskFiles;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Eval;

/// <summary>The probable cost of an evaluation of one student, from what the same model cost before.</summary>
/// <param name="Model">Slug of the student.</param>
/// <param name="Trials">Trials planned.</param>
/// <param name="Usd">Dollars; null where nothing is known of the model.</param>
/// <param name="Recorded">Trials and attempts that the estimate is made from.</param>
/// <param name="TasksKnown">Tasks among them that are also planned.</param>
internal sealed record CostEstimate(string Model, int Trials, double? Usd, int Recorded, int TasksKnown)
{
    /// <summary>One estimate per student.</summary>
    /// <param name="input">The evaluation.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="skillsDir">Results of skill generation; null where there are none.</param>
    public static IReadOnlyList<CostEstimate> Of(EvaluationInput input, IReadOnlyList<string> tasks, string? skillsDir) => [.. input.Students.Select(student =>
    {
        var known = Earlier(Path.Combine(input.ResultsRoot ?? Path.Combine(input.OutDir, SummaryFiles.Root), student.Slug))
            .Concat(skillsDir is null ? [] : Attempts(ResultFolders.Below(skillsDir, student.Slug)))
            .ToLookup(cost => cost.Task, cost => cost.Usd, StringComparer.Ordinal);
        double[] all = [.. known.SelectMany(task => task)];
        var perTask = input.Arms.Count * input.Repeats;
        double? usd = all.Length == 0 ? null : tasks.Sum(task => perTask * Descriptive.Mean([.. known.Contains(task) ? known[task] : all]));
        return new CostEstimate(student.Slug, tasks.Count * perTask, usd, all.Length, tasks.Count(known.Contains));
    })];

    private static IEnumerable<(string Task, double Usd)> Earlier(string folder) =>
        from file in SummaryFiles.Find(folder)
        from trial in Read(file, EvaluationSummaryFile.ReadScores)?.Trials ?? []
        where trial.Outcome is not (Outcome.Skipped or Outcome.Infrastructure) && !trial.Unpriced && trial.CostUsd is not null
        select (trial.Task ?? "", trial.CostUsd!.Value);

    private static IEnumerable<(string Task, double Usd)> Attempts(string folder) =>
        from task in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : []
        from attempt in Read(Path.Combine(task, AttemptsFile.FileName), AttemptsFile.Read)?.Attempts ?? []
        where attempt.Usage is { Unpriced: false }
        select (Path.GetFileName(task), attempt.Usage!.CostUsd);

    /// <summary>A file that cannot be read is skipped.</summary>
    private static T? Read<T>(string file, Func<string, string, T> read)
        where T : class
    {
        try
        {
            return File.Exists(file) ? read(file, File.ReadAllText(file)) : null;
        }
        catch (Exception damaged) when (damaged is ResultFormatException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
