using System.Text.Json;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>The last commands of an attempt with what they printed, from the trajectory in its trial folder.</summary>
internal static class TrialCommandLines
{
    private const int MostCommands = 25;
    private const int MostOutput = 4_000;

    public static IReadOnlyList<CommandLine> Read(string trial)
    {
        try
        {
            if (ResultFiles.Content(Path.Combine(trial, "agent"), "trajectory.json") is not { } text)
            {
                return [];
            }

            using var trajectory = JsonDocument.Parse(text);
            return [.. trajectory.RootElement.GetProperty("steps").EnumerateArray().SelectMany(Of).TakeLast(MostCommands)];
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    private static IEnumerable<CommandLine> Of(JsonElement step)
    {
        if (!step.TryGetProperty("tool_calls", out var calls))
        {
            yield break;
        }

        var answers = step.TryGetProperty("observation", out var seen) ? seen.GetProperty("results").EnumerateArray().ToList() : [];
        var results = step.TryGetProperty("extra", out var extra) && extra.TryGetProperty("commands", out var commands) ? commands.EnumerateArray().ToList() : [];
        foreach (var (call, index) in calls.EnumerateArray().Select((call, index) => (call, index)))
        {
            var arguments = call.GetProperty("arguments");
            var command = arguments.TryGetProperty("command", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : arguments.GetRawText();
            var output = index < answers.Count && answers[index].TryGetProperty("content", out var content) ? content.GetString() : null;
            int? exit = index < results.Count && results[index].TryGetProperty("exit_code", out var code) && code.TryGetInt32(out var number) ? number : null;
            yield return new CommandLine(VisibleText.Of(command, 2_000), output is null ? null : VisibleText.Of(output, MostOutput), exit);
        }
    }
}
