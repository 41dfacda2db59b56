using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.RunOptions;

/// <summary>Recorded runs as the source of a batch.</summary>
internal static class RecordedRuns
{
    /// <exception cref="CliException">No recording is named, or a setting that the agent does not take.</exception>
    public static BatchSource Source(IReadOnlyDictionary<string, string>? kwargs)
    {
        if (kwargs?.GetValueOrDefault(AgentNames.TrajectoryKwarg) is not { Length: > 0 } path)
        {
            throw new CliException(
                $"--agent replay needs --agent-kwarg {AgentNames.TrajectoryKwarg}=PATH: a trajectory.jsonl, or a folder with some at any depth", ExitCodes.Usage);
        }

        return kwargs.Keys.FirstOrDefault(name => name != AgentNames.TrajectoryKwarg) is { } unknown
            ? throw new CliException($"--agent replay takes no --agent-kwarg {unknown}; it takes {AgentNames.TrajectoryKwarg}", ExitCodes.Usage)
            : new BatchSource { Files = [Path.GetFullPath(path)] };
    }
}
