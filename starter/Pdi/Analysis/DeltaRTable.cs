using System.Globalization;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Pdi.Analysis;

/// <param name="Task">The task.</param>
/// <param name="Model">Model that made the skill; null where the source does not say, and then the value applies to every model.</param>
/// <param name="Student">Model that got the skill; null where the source does not say.</param>
/// <param name="DeltaR">Mean reward with the generated skill − without a skill.</param>
internal sealed record DeltaRRow(string Task, string? Model, string? Student, double DeltaR);

/// <summary>The gain of students from skills (Δr), from a CSV file and from summaries of evaluations.</summary>
internal sealed class DeltaRTable(IReadOnlyList<DeltaRRow> rows)
{
    public int Count => rows.Count;

    /// <summary>The mean Δr over students of a run's skill; null where no value is known.</summary>
    public double? Of(AnalyzedRun run) => Of(run.Model, run.Task);

    /// <summary>The same, of the run by its model and task.</summary>
    public double? Of(string model, string task)
    {
        List<double> known = [.. rows.Where(row => row.Task == task && (row.Model is null || row.Model == model)).Select(row => row.DeltaR)];
        return known.Count == 0 ? null : Descriptive.Mean(known);
    }

    /// <summary>The difference of generated skills to another arm, from summaries.</summary>
    /// <param name="summaries">Of any students.</param>
    /// <param name="against">The baseline for Δr, the human arm for the gap to people's skills.</param>
    public static DeltaRTable Of(IEnumerable<EvaluationSummary> summaries, string against) =>
        new([.. summaries.SelectMany(summary => Summary($"the summary {summary.Model}/{summary.Run}", summary, against))]);

    /// <summary>Reads all given files; without a file the table is empty.</summary>
    /// <exception cref="CliException">One cannot be read; the message names file, line and remedy.</exception>
    public static async Task<DeltaRTable> ReadAsync(string? csv, IEnumerable<string> summaries, CancellationToken cancellationToken)
    {
        List<DeltaRRow> rows = [];
        try
        {
            if (csv is not null)
            {
                rows.AddRange(Csv(csv, await File.ReadAllLinesAsync(csv, cancellationToken)));
            }

            foreach (var summary in summaries)
            {
                rows.AddRange(Summary(summary, EvaluationSummaryFile.ReadScores(summary, await File.ReadAllTextAsync(summary, cancellationToken))));
            }
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException or ResultFormatException)
        {
            throw new CliException($"Δr cannot be read: {mistake.Message}");
        }

        return new DeltaRTable(rows);
    }

    private static IEnumerable<DeltaRRow> Csv(string path, string[] lines)
    {
        string[] names = [.. (lines.FirstOrDefault() ?? "").TrimStart('\uFEFF').Split(',').Select(name => name.Trim().ToLowerInvariant())];
        int task = Array.IndexOf(names, "task"), delta = Array.IndexOf(names, "delta_r"), model = Array.IndexOf(names, "model"), student = Array.IndexOf(names, "student");
        if (task < 0 || delta < 0)
        {
            throw new CliException($"{path} has no columns 'task' and 'delta_r' in its first line; columns 'model' and 'student' are optional");
        }

        for (var at = 1; at < lines.Length; at++)
        {
            if (string.IsNullOrWhiteSpace(lines[at]))
            {
                continue;
            }

            string[] fields = [.. lines[at].Split(',').Select(field => field.Trim().Trim('"'))];
            if (fields.Length != names.Length || !double.TryParse(fields[delta], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !double.IsFinite(value))
            {
                throw new CliException($"{path}, line {at + 1}: expected {names.Length} fields with a number as delta_r, as in 'some-task,0.25'");
            }

            yield return new DeltaRRow(fields[task], Field(fields, model), Field(fields, student), value);
        }
    }

    private static string? Field(string[] fields, int at) => at < 0 || fields[at].Length == 0 ? null : fields[at];

    private static IEnumerable<DeltaRRow> Summary(string path, EvaluationSummary summary, string against = EvaluationArm.Baseline)
    {
        // A summary of another program may say null for a list.
        if (summary.Trials is not { Count: > 0 })
        {
            throw new CliException($"{path} has no 'trials'; name the summary.json of an evaluation");
        }

        // A student's own skills, those of one other model, or those of several models with one arm each.
        List<EvaluationArm> arms = [.. (summary.Arms ?? []).Where(arm => arm.Source == SkillSource.Generated)];
        arms = arms.Count > 0 ? arms : [new EvaluationArm { Name = EvaluationArm.Generated, SkillSourceModel = summary.SkillSourceModel }];
        foreach (var student in summary.Trials.GroupBy(trial => trial.Model ?? summary.Model))
        {
            EvaluationTrial[] trials = [.. student];
            foreach (var arm in arms)
            {
                foreach (var pair in PairSums.Of(trials, arm.Name, against, resamples: 1).Tasks)
                {
                    yield return new DeltaRRow(pair.Task, arm.SkillSourceModel ?? summary.SkillSourceModel, student.Key, pair.DeltaR);
                }
            }
        }
    }
}
