using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// <c>agent/trajectory.json</c> of a trial: an Agent Trajectory Interchange Format document, version 1.7. The format forbids
/// unknown keys, so our own fields are below <c>extra</c>; unknown ones of other programs are kept. Messages are texts.
/// </summary>
public sealed record AtifTrajectory : OpenRecord
{
    public const string FileName = "trajectory.json";
    public const string Version = "ATIF-v1.7";

    /// <summary>The format's own version, such as <c>ATIF-v1.7</c>.</summary>
    public required string SchemaVersion { get; init; }

    public string? SessionId { get; init; }
    public AtifAgent? Agent { get; init; }

    /// <summary>Numbered from 1; at least one.</summary>
    public required IReadOnlyList<AtifStep> Steps { get; init; }

    public AtifTotals? FinalMetrics { get; init; }
    public AtifExtra? Extra { get; init; }

    /// <exception cref="ResultFormatException">The content is of another form, or of another major version of the format.</exception>
    public static AtifTrajectory Read(string file, string text)
    {
        var read = ResultJson.Read<AtifTrajectory>(file, text);
        return read.SchemaVersion.StartsWith("ATIF-v1.", StringComparison.Ordinal)
            ? read
            : throw new ResultFormatException(file, "$.schema_version", 1, ResultJson.Version, $"is '{read.SchemaVersion}'; this program reads {Version}");
    }

    public string Write() => ResultJson.Write(this);
}

public sealed record AtifAgent : OpenRecord
{
    public required string Name { get; init; }
    public required string Version { get; init; }

    /// <summary>Null for an agent without a model.</summary>
    public string? ModelName { get; init; }
}

/// <summary>One message, with what followed from it.</summary>
public sealed record AtifStep : OpenRecord
{
    /// <summary>From 1.</summary>
    public required int StepId { get; init; }

    /// <summary>UTC, to milliseconds; null where it is not known.</summary>
    public string? Timestamp { get; init; }

    /// <summary><c>system</c>, <c>user</c> or <c>agent</c>.</summary>
    public required string Source { get; init; }

    public string? Message { get; init; }
    public string? ModelName { get; init; }
    public string? ReasoningContent { get; init; }
    public IReadOnlyList<AtifToolCall>? ToolCalls { get; init; }

    /// <summary>0 for a step of an agent without a model; null where a model was called once.</summary>
    public int? LlmCallCount { get; init; }

    public AtifMetrics? Metrics { get; init; }
    public AtifObservation? Observation { get; init; }
    public AtifStepExtra? Extra { get; init; }
}

public sealed record AtifToolCall : OpenRecord
{
    public required string ToolCallId { get; init; }
    public required string FunctionName { get; init; }
    public required JsonObject Arguments { get; init; }
}

/// <summary>Tokens and cost of one step.</summary>
public sealed record AtifMetrics : OpenRecord
{
    public long? PromptTokens { get; init; }
    public long? CompletionTokens { get; init; }
    public long? CachedTokens { get; init; }

    /// <summary>In US dollars.</summary>
    public double? CostUsd { get; init; }
}

public sealed record AtifObservation : OpenRecord
{
    public required IReadOnlyList<AtifAnswer> Results { get; init; }
}

/// <summary>What one call gave.</summary>
public sealed record AtifAnswer : OpenRecord
{
    /// <summary>The call; null where a step called nothing.</summary>
    public string? SourceCallId { get; init; }

    public string? Content { get; init; }
}

public sealed record AtifStepExtra : OpenRecord
{
    /// <summary>What the commands did, in the order of the observation's results; null where none was run.</summary>
    public IReadOnlyList<CommandResult>? Commands { get; init; }

    /// <summary><c>note</c> for a message that no model was sent.</summary>
    public string? Spark { get; init; }
}

public sealed record AtifTotals : OpenRecord
{
    public long? TotalPromptTokens { get; init; }
    public long? TotalCompletionTokens { get; init; }
    public long? TotalCachedTokens { get; init; }

    /// <summary>In US dollars.</summary>
    public double? TotalCostUsd { get; init; }

    public int? TotalSteps { get; init; }
}

public sealed record AtifExtra : OpenRecord
{
    public SparkTrajectoryExtra? Spark { get; init; }
}

public sealed record SparkTrajectoryExtra : OpenRecord
{
    public string? Outcome { get; init; }
    public int? ContainersLost { get; init; }
    public IReadOnlyList<string>? Notes { get; init; }
}
