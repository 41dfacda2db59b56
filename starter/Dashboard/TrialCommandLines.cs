using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Results;

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
            var folder = Path.Combine(trial, "agent");
            return ResultFiles.Content(folder, AtifTrajectory.FileName) is { } text
                ? [.. AtifTrajectory.Read(Path.Combine(folder, AtifTrajectory.FileName), text).Steps.SelectMany(Of).TakeLast(MostCommands)]
                : [];
        }
        catch (Exception broken) when (broken is ResultFormatException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<CommandLine> Of(AtifStep step)
    {
        foreach (var (call, index) in (step.ToolCalls ?? []).Select((call, index) => (call, index)))
        {
            var command = call.Arguments["command"] is JsonValue given && given.TryGetValue<string>(out var text) ? text : call.Arguments.ToJsonString();
            var output = step.Observation?.Results.ElementAtOrDefault(index)?.Content;
            yield return new CommandLine(
                VisibleText.Of(command, 2_000), output is null ? null : VisibleText.Of(output, MostOutput), step.Extra?.Commands?.ElementAtOrDefault(index)?.ExitCode);
        }
    }
}
