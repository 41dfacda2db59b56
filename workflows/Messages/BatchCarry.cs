using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What a run of a batch hands to the next one.</summary>
public sealed record BatchCarry
{
    public required ArtifactRef List { get; init; }

    /// <summary>Entries of the list, and how many of them were started.</summary>
    public required int Entries { get; init; }
    public required int Next { get; init; }

    public ArtifactRef? Results { get; init; }
    public long Exported { get; init; }
    public required IReadOnlyList<OpenItem> Open { get; init; }

    /// <summary>Numbers of the items by state, as ranges (<c>1-40,42</c>); those to come and open are left out.</summary>
    public required IReadOnlyDictionary<ItemState, string> Ended { get; init; }

    public required int Items { get; init; }
    public required int Parallelism { get; init; }
    public bool Paused { get; init; }
    public required SpendingLimit Limit { get; init; }
    public required TokenUsage Spent { get; init; }
    public required IReadOnlyList<ItemLine> Last { get; init; }

    /// <summary>Ends counted so far, those of second tries included.</summary>
    public required int Sequence { get; init; }

    public required DateTime StartedAt { get; init; }

    /// <summary>Number of runs before.</summary>
    public required int Runs { get; init; }

    /// <summary>Runs in a row that the infrastructure ended, and the words of the last of them.</summary>
    public int FailuresInARow { get; init; }
    public string? LastFailure { get; init; }

    /// <summary>What the batch waits for as a whole, since several of its runs do; null where it does not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SharedWait? Wait { get; init; }

    /// <summary>What is short on a disk, in words; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Shortage { get; init; }

    /// <summary>When the disks were looked at last; null for never.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? DisksLookedAt { get; init; }
}

/// <summary>What several runs of a batch wait for, so that it waits as a whole.</summary>
/// <param name="Cause">As <see cref="ItemNews.Cause"/>.</param>
/// <param name="State">The state of those runs.</param>
/// <param name="Why">The words of one of them, for a person.</param>
/// <param name="Tries">Workflow id of the run that may try by itself; the others are held.</param>
public sealed record SharedWait(string Cause, string State, string Why, string Tries);

/// <summary>A run that is open.</summary>
public sealed record OpenItem
{
    public required BatchItem Item { get; init; }
    public required string WorkflowId { get; init; }

    /// <summary>Null until it has started, and for one that ran before the batch came to it.</summary>
    public string? RunId { get; init; }

    /// <summary>What it used so far, as far as it has said.</summary>
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>What its tries before this one used.</summary>
    public TokenUsage Before { get; init; } = TokenUsage.None;

    /// <summary>What it waits for; null while it runs.</summary>
    public string? Waiting { get; init; }

    /// <summary>As <see cref="ItemNews.Cause"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cause { get; init; }

    /// <summary>What it waits for, for a person.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Why { get; init; }

    /// <summary>Why the batch holds it, as it was told; null while it may run.</summary>
    public string? Held { get; init; }

    public DateTime? StartedAt { get; init; }

    /// <summary>When it is started again after a failure of the infrastructure; null while it runs.</summary>
    public DateTime? AgainAt { get; init; }

    /// <summary>The run of its try before this one, which is not to be heard twice.</summary>
    public string? EndedRunId { get; init; }
}
