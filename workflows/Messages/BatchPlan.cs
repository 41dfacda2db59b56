using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What was planned: the list of items in the store, and how many there are.</summary>
public sealed record BatchPlan
{
    public required ArtifactRef List { get; init; }
    public required int Entries { get; init; }

    /// <summary>Different items, those taken over included.</summary>
    public required int Items { get; init; }

    /// <summary>Numbers of the items that were taken over, as ranges.</summary>
    public string TakenOver { get; init; } = "";

    /// <summary>Numbers of the items that lack what they need, as ranges.</summary>
    public string Skipped { get; init; } = "";

    /// <summary>Numbers of the items that an earlier run of this batch ran to their end without a pass, as ranges: they keep that until they are retried.</summary>
    public string Failed { get; init; } = "";

    /// <summary>What a person should know of it, the first few.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Tasks that cannot run, with the first of their names (<see cref="LeftOutTasks.Shortened"/>); null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }

    /// <summary>The results of those taken over and failed; null where there are none.</summary>
    public ArtifactRef? Results { get; init; }

    /// <summary>Path of <c>results.jsonl</c>, and bytes written to it.</summary>
    public string? ResultsPath { get; init; }
    public long Exported { get; init; }
}
