using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Starter.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Client;

namespace Spark.Temporal.Starter.Runs;

/// <summary><c>spark runs diff</c>: the differences between two skill runs.</summary>
internal static class RunsDiffCommand
{
    public static Command Create(CliOutput output)
    {
        var first = new Argument<string>("A") { Description = "A skill run." };
        var second = new Argument<string>("B") { Description = "Another one." };
        var json = CommonOptions.Json();
        var command = new Command(
            "diff",
            """
            Compares two skill runs: settings, attempts with outcome, reward and index, memo line by line, cost.

            Example:
              spark runs diff skill/night/gpt/3d-scan-calc skill/night/gpt/3d-scan-calc/fork-1
            """) { first, second, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await using var session = await SparkSession.OpenAsync(output, new(), cancellationToken);
            var (a, b) = (await ReadAsync(session, parsed.GetValue(first)!, cancellationToken), await ReadAsync(session, parsed.GetValue(second)!, cancellationToken));
            var settings = Settings(a.Input, b.Input);
            List<string> memo = [.. LineDiff.Of(a.Memo.TrimEnd('\n'), b.Memo.TrimEnd('\n')).Select(line => $"{Mark(line)} {line.Text}")];
            if (parsed.GetValue(json))
            {
                output.Json(new { A = a.Side(), B = b.Side(), Settings = settings, Memo = memo });
            }
            else
            {
                Print(output, a, b, settings, memo);
            }

            return ExitCodes.Good;
        });
        return command;
    }

    private static async Task<Compared> ReadAsync(SparkSession session, string id, CancellationToken cancellationToken)
    {
        var run = await RunDetails.DescribeAsync(session, id, cancellationToken);
        if (run.WorkflowType != nameof(SkillGenerationWorkflow))
        {
            throw new CliException($"'{id}' is of type {RunRow.Of(run).Type}; only skill runs can be compared", ExitCodes.Usage);
        }

        var handle = session.Client.GetWorkflowHandle<SkillGenerationWorkflow>(id);
        var options = new WorkflowQueryOptions { Rpc = new() { CancellationToken = cancellationToken } };
        return new Compared(
            RunRow.Of(run),
            await RunRecords.InputAsync<JsonObject>(session, id, cancellationToken),
            await handle.QueryAsync(workflow => workflow.GetProgress(), options),
            await handle.QueryAsync(workflow => workflow.GetMemo(), options));
    }

    private static char Mark(DiffLine line) => line.Kind switch
    {
        DiffLine.Added => '+',
        DiffLine.Removed => '-',
        _ => ' ',
    };

    /// <summary>Settings that differ, by path.</summary>
    private static List<Difference> Settings(JsonObject a, JsonObject b)
    {
        var (left, right) = (Flat(a, ""), Flat(b, ""));
        return
        [
            .. left.Keys.Union(right.Keys).Order(StringComparer.Ordinal)
                .Select(path => new Difference(path, left.GetValueOrDefault(path), right.GetValueOrDefault(path)))
                .Where(setting => setting.A != setting.B),
        ];
    }

    private static Dictionary<string, string> Flat(JsonNode? node, string path) => node switch
    {
        JsonObject section => section.SelectMany(field => Flat(field.Value, path.Length == 0 ? field.Key : $"{path}.{field.Key}")).ToDictionary(),
        null => [],
        _ => new() { [path] = PlainText.OneLine(node.ToJsonString(SparkJson.Options), 200) },
    };

    private static void Print(CliOutput output, Compared a, Compared b, List<Difference> settings, IReadOnlyList<string> memo)
    {
        output.Line($"A  {a.Run.Id}  {a.Run.Now()}{Outcome(a)}, {a.Progress.Attempts.Count} attempts, {Money.Of(a.Progress)}");
        output.Line($"B  {b.Run.Id}  {b.Run.Now()}{Outcome(b)}, {b.Progress.Attempts.Count} attempts, {Money.Of(b.Progress)}");
        output.Line();
        output.Line(settings.Count == 0 ? "settings: the same" : "settings");
        settings.ForEach(setting => output.Line($"  {setting.Path}: {setting.A ?? "(none)"} -> {setting.B ?? "(none)"}"));
        output.Line();
        output.Line("attempts");
        for (var i = 0; i < Math.Max(a.Progress.Attempts.Count, b.Progress.Attempts.Count); i++)
        {
            var (left, right) = (Attempt(a, i), Attempt(b, i));
            output.Line(left == right ? $"  {left}" : $"- {left}\n+ {right}");
        }

        output.Line();
        output.Line(memo.All(line => line.StartsWith("  ", StringComparison.Ordinal)) ? "memo: the same" : "memo");
        foreach (var line in memo.Where(_ => memo.Any(line => !line.StartsWith("  ", StringComparison.Ordinal))))
        {
            output.Line(PlainText.Printable(line));
        }
    }

    private static string Outcome(Compared run) => run.Run.Outcome is { } outcome ? $" ({outcome})" : "";

    private static string Attempt(Compared run, int index)
    {
        if (index >= run.Progress.Attempts.Count)
        {
            return $"{index + 1}  none";
        }

        var attempt = run.Progress.Attempts[index];
        return string.Join("  ", new[]
        {
            $"{attempt.Number}",
            attempt.Outcome.ToString().ToLowerInvariant(),
            $"reward {attempt.Reward?.ToString("0.###", CultureInfo.InvariantCulture) ?? "none"}",
            $"tests {attempt.TestsPassed}/{attempt.TestsTotal}",
            attempt.Pdi is { } pdi ? $"PDI {pdi.ToString("0.0000", CultureInfo.InvariantCulture)}" : null,
            attempt.Intervention == Domain.Pdi.InterventionLevel.None ? null : $"{attempt.Intervention.ToString().ToLowerInvariant()} intervention",
            Money.Of(attempt),
        }.OfType<string>());
    }

    private sealed record Difference(string Path, string? A, string? B);

    private sealed record Compared(RunRow Run, JsonObject Input, SkillProgress Progress, string Memo)
    {
        public Dictionary<string, object?> Side() => new Dictionary<string, object?>
        {
            ["id"] = Run.Id,
            ["status"] = Run.Status,
            ["state"] = Run.State,
            ["outcome"] = Run.Outcome,
            ["cost_usd"] = Progress.CostUsd,
            ["unpriced"] = Progress.Unpriced,
            ["tokens"] = Progress.Tokens,
            ["attempts"] = Progress.Attempts,
        };
    }
}
