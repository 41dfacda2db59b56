using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Batches;

/// <summary>How a batch ended, as data and as text. The results are read from the file that the batch wrote.</summary>
internal static class BatchReport
{
    public static int ExitCode(BatchResult result) =>
        result.LeftOut is null && result.Counts.Passed + result.Counts.TakenOver == result.Counts.Total ? ExitCodes.Good : ExitCodes.SomeFailed;

    /// <summary>One object per item.</summary>
    public static void Print(BatchResult result, BatchKind kind, bool json, CliOutput output)
    {
        var results = Read(result);
        if (json)
        {
            output.Json(results.Select(Data).Concat(LeftOut(result).SelectMany(NotRun)));
            return;
        }

        foreach (var item in results)
        {
            if (item is { Construction: { } made, TakenOverFrom: null })
            {
                ConstructionReport.Print(made, output);
                continue;
            }

            output.Line(item.Result switch
            {
                SkillGenerationResult skill => $"{Word(item, skill.Status),-12} {skill.Task}  {skill.Attempts} attempts{Interventions(skill)}  {Money.Of(item)}",
                ConstructionResult task => $"{Word(item, task.Status),-12} {task.TaskId ?? task.Name}",
                _ => $"{Word(item, item.State),-12} {item.Item.Template} {item.Item.Name} {item.Item.Repeat}  reward {item.Trial?.Reward?.ToString("0.###") ?? "none"}  {Money.Of(item)}",
            });
            foreach (var line in Details(item))
            {
                output.Line($"  {line}");
            }
        }

        var what = kind switch { BatchKind.Skills => "tasks have a skill", BatchKind.Constructions => "prompts have a task", _ => "trials passed" };
        var counts = result.Counts;
        output.Line($"{counts.Passed + counts.TakenOver} of {counts.Total} {what}{(counts.TakenOver > 0 ? $" ({counts.TakenOver} taken over)" : "")}  {Money.Of(result)}  {result.SummaryPath}");
        TaskFolders.Print(LeftOut(result), output);
    }

    /// <summary>The tasks that could not run: of the summary, since a message has only the first names.</summary>
    private static IReadOnlyList<LeftOutTasks> LeftOut(BatchResult result)
    {
        if (result.LeftOut is null || !File.Exists(result.SummaryPath))
        {
            return result.LeftOut ?? [];
        }

        try
        {
            return BatchSummaryFile.Read(result.SummaryPath, File.ReadAllText(result.SummaryPath)).LeftOut ?? result.LeftOut;
        }
        catch (ResultFormatException)
        {
            return result.LeftOut;
        }
    }

    private static IEnumerable<JsonNode> NotRun(LeftOutTasks tasks) =>
        tasks.Names.Select(task => JsonSerializer.SerializeToNode(new { Task = task, Status = "left_out", tasks.Class, tasks.Reason }, SparkJson.Options)!);

    /// <summary>The last result of every item, by number; none, with a note why, where the file is not on this machine.</summary>
    private static List<ItemResult> Read(BatchResult result)
    {
        if (!File.Exists(result.ResultsPath))
        {
            throw new CliException($"the batch ended ({result.Counts.Passed} of {result.Counts.Total} passed), but its results are not on this machine: {result.ResultsPath}");
        }

        var last = new SortedDictionary<int, ItemResult>();
        try
        {
            foreach (var (line, number) in File.ReadLines(result.ResultsPath).Select((line, index) => (line, index + 1)))
            {
                var item = ResultJson.As<ItemResult>(BatchResultLine.Read(result.ResultsPath, number, line));
                last[item.Item.Number] = item;
            }
        }
        catch (ResultFormatException refused)
        {
            throw new CliException($"the batch ended ({result.Counts.Passed} of {result.Counts.Total} passed), but its results cannot be read: {refused.Message}");
        }

        return [.. last.Values];
    }

    private static JsonNode Data(ItemResult item)
    {
        var data = JsonSerializer.SerializeToNode(item.Result, item.Result!.GetType(), SparkJson.Options)!;
        if (item.TakenOverFrom is { } batch)
        {
            data["taken_over_from"] = batch;
        }

        return data;
    }

    private static string Word(ItemResult item, Enum status) => item.State == ItemState.TakenOver ? "taken over" : PlainText.Words(status);

    private static IEnumerable<string> Details(ItemResult item)
    {
        if (item.TakenOverFrom is { } batch)
        {
            yield return $"from batch {batch}";
        }

        foreach (var path in new[] { item.Skill?.SkillPath, item.Construction?.TaskDir }.OfType<string>())
        {
            yield return path;
        }

        if ((item.Skill?.Error ?? item.Trial?.Error) is { } error)
        {
            yield return PlainText.OneLine(error, 400);
        }
    }

    private static string Interventions(SkillGenerationResult run) =>
        run.SoftInterventions + run.StrongInterventions == 0 ? "" : $" ({run.SoftInterventions} soft, {run.StrongInterventions} strong interventions)";
}
