using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary><c>run.json</c> of <c>spark runs export</c>: what the server knew of a run when it was exported.</summary>
public sealed record ExportedRun : VersionedRecord
{
    public const string FileName = "run.json";

    public required ExportedRow Run { get; init; }

    /// <summary>One line, set when it was started.</summary>
    public string? Summary { get; init; }

    /// <summary>What it is about, in Markdown, set when it was started.</summary>
    public string? Details { get; init; }

    /// <summary>Its state at the export, in Markdown; null when no worker could report it.</summary>
    public string? CurrentDetails { get; init; }

    /// <summary>Steps in flight.</summary>
    public IReadOnlyList<string> Pending { get; init; } = [];

    public IReadOnlyList<ExportedRow> Children { get; init; } = [];

    /// <summary>Id of the run that this one was forked from; null when it is no fork.</summary>
    public string? ForkedFrom { get; init; }

    public IReadOnlyList<ExportedRow> Forks { get; init; } = [];
    public string? Failure { get; init; }

    /// <summary>Its page in the web UI; null where that is not known.</summary>
    public string? Ui { get; init; }

    public int HistoryEvents { get; init; }

    /// <exception cref="ResultFormatException">The content is of another form, or of a newer version.</exception>
    public static ExportedRun Read(string file, string text) => ResultJson.Read<ExportedRun>(file, text);

    public string Write() => ResultJson.Write(this);
}

/// <summary>A run in short.</summary>
public sealed record ExportedRow : OpenRecord
{
    public required string Id { get; init; }
    public required string RunId { get; init; }

    /// <summary>Workflow type without its ending.</summary>
    public required string Type { get; init; }

    /// <summary>The server's word, such as <c>running</c> or <c>timed_out</c>.</summary>
    public required string Status { get; init; }

    public string? State { get; init; }
    public string? Outcome { get; init; }
    public string? Batch { get; init; }
    public string? Task { get; init; }
    public string? Model { get; init; }
    public string? Arm { get; init; }
    public long? Attempt { get; init; }
    public double? Reward { get; init; }
    public double? Pdi { get; init; }

    /// <summary>In US dollars; null where a part of it is not known, and where nothing is recorded.</summary>
    public double? CostUsd { get; init; }

    /// <summary>True where the cost is not known, because a model has no price.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? ClosedAt { get; init; }
}
