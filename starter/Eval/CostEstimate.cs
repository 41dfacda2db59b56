using System.Text.Json;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Eval;

/// <summary>What an evaluation of one student would cost, judged by what the same model cost before.</summary>
/// <param name="Model">Slug of the student.</param>
/// <param name="Trials">Trials planned.</param>
/// <param name="Usd">Dollars; null where nothing is known of the model.</param>
/// <param name="Recorded">Trials and attempts that the estimate rests on.</param>
/// <param name="TasksKnown">Tasks among them that are also planned.</param>
internal sealed record CostEstimate(string Model, int Trials, double? Usd, int Recorded, int TasksKnown)
{
    /// <summary>One estimate a student.</summary>
    /// <param name="input">The evaluation.</param>
    /// <param name="tasks">Its tasks.</param>
    /// <param name="skillsDir">Results of skill generation; null where there are none.</param>
    public static IReadOnlyList<CostEstimate> Of(EvaluationInput input, IReadOnlyList<string> tasks, string? skillsDir) => [.. input.Students.Select(student =>
    {
        var known = Earlier(Path.Combine(input.ResultsRoot ?? Path.Combine(input.OutDir, SummaryFiles.Root), student.Slug))
            .Concat(skillsDir is null ? [] : Attempts(Path.Combine(skillsDir, student.Slug)))
            .ToLookup(cost => cost.Task, cost => cost.Usd, StringComparer.Ordinal);
        double[] all = [.. known.SelectMany(task => task)];
        var perTask = input.Arms.Count * input.Repeats;
        double? usd = all.Length == 0 ? null : tasks.Sum(task => perTask * Descriptive.Mean([.. known.Contains(task) ? known[task] : all]));
        return new CostEstimate(student.Slug, tasks.Count * perTask, usd, all.Length, tasks.Count(known.Contains));
    })];

    private static IEnumerable<(string Task, double Usd)> Earlier(string folder)
    {
        foreach (var file in SummaryFiles.Find(folder))
        {
            using var content = Read(file);
            foreach (var trial in Items(content, "trials"))
            {
                var scored = trial.TryGetProperty("outcome", out var outcome) && outcome.GetString() is not ("skipped" or "infrastructure");
                if (scored && trial.TryGetProperty("task", out var task) && trial.TryGetProperty("cost_usd", out var cost) && cost.TryGetDouble(out var usd))
                {
                    yield return (task.GetString() ?? "", usd);
                }
            }
        }
    }

    private static IEnumerable<(string Task, double Usd)> Attempts(string folder)
    {
        foreach (var task in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [])
        {
            using var content = Read(Path.Combine(task, "attempts.json"));
            foreach (var attempt in Items(content, "attempts"))
            {
                if (attempt.TryGetProperty("usage", out var usage) && usage.TryGetProperty("cost_usd", out var cost) && cost.TryGetDouble(out var usd))
                {
                    yield return (Path.GetFileName(task), usd);
                }
            }
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonDocument? content, string name) =>
        content is { RootElement.ValueKind: JsonValueKind.Object } && content.RootElement.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array
            ? items.EnumerateArray()
            : default;

    /// <summary>A file that cannot be read says nothing about costs.</summary>
    private static JsonDocument? Read(string file)
    {
        try
        {
            return File.Exists(file) ? JsonDocument.Parse(File.ReadAllBytes(file)) : null;
        }
        catch (Exception damaged) when (damaged is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
