using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// <c>batches/&lt;batch&gt;/summary.json</c>, of skills and tasks also <c>pipeline_summary.json</c> of the output folder: a
/// batch at a glance. Infrastructure failures are listed apart and are no score.
/// </summary>
public sealed record BatchSummaryFile : VersionedRecord, ICosted
{
    public const string FileName = "summary.json";

    /// <summary>The name of the newest batch's summary in the output folder.</summary>
    public const string PipelineFileName = "pipeline_summary.json";

    public required string Batch { get; init; }

    /// <summary><c>skills</c>, <c>constructions</c> or <c>trials</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>UTC.</summary>
    public DateTime StartedAt { get; init; }

    /// <summary>UTC.</summary>
    public DateTime FinishedAt { get; init; }

    /// <summary>True if it was cancelled.</summary>
    public bool? Cancelled { get; init; }

    public int Total { get; init; }

    /// <summary>Items that were not started.</summary>
    public int NotRun { get; init; }

    public int Scored { get; init; }
    public int Passed { get; init; }

    /// <summary>Of those scored, to four decimals; null where none was.</summary>
    public double? PassRate { get; init; }

    public IReadOnlyList<TakenOverEntry> TakenOver { get; init; } = [];
    public IReadOnlyList<NotScoredEntry> NotScored { get; init; } = [];

    /// <summary>Tasks of its folder that cannot run, so that they are no items and not in <see cref="Total"/>; null for none.</summary>
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }

    /// <summary>In US dollars, of what this batch ran itself.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; } = 0;

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    public long PromptTokens { get; init; }
    public long CompletionTokens { get; init; }
    public int ModelCalls { get; init; }
    public int ResentInFlight { get; init; }

    /// <summary>
    /// One an item: a <see cref="SkillOutcome"/>, a <see cref="ConstructionOutcome"/> or a <see cref="TrialOutcome"/> by
    /// <see cref="Kind"/>; null where the item did not run.
    /// </summary>
    public IReadOnlyList<JsonElement> Results { get; init; } = [];

    /// <exception cref="ResultFormatException">The content is of another form, or of a newer version.</exception>
    public static BatchSummaryFile Read(string file, string text) => ResultJson.Read<BatchSummaryFile>(file, text);

    public string Write() => ResultJson.Write(this);
}

public sealed record TakenOverEntry : OpenRecord
{
    public required string Task { get; init; }

    /// <summary>Batch that ran it.</summary>
    public required string From { get; init; }
}

public sealed record NotScoredEntry : OpenRecord
{
    public required string Task { get; init; }

    /// <summary><c>infrastructure</c> or <c>cancelled</c>.</summary>
    public required string Outcome { get; init; }

    public string? Error { get; init; }
}
