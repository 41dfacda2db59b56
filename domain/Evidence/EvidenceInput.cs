using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>What the evidence for a skill is taken from. All of it was written by others and is only ever quoted.</summary>
public sealed record EvidenceInput
{
    /// <summary>The task's instruction.</summary>
    public required string Instruction { get; init; }

    /// <summary>The conversation of the passing attempt, tool results included.</summary>
    public required IReadOnlyList<ChatMessage> Conversation { get; init; }

    /// <summary>The passing attempt's tests (<see cref="Judging.TestSummary"/>).</summary>
    public string TestSummary { get; init; } = "";

    /// <summary>Every version of the memo, oldest first; empty when the first attempt passed.</summary>
    public IReadOnlyList<string> Memos { get; init; } = [];

    public TaskSettings? Settings { get; init; }

    /// <summary>The image's Dockerfile; null when it is not available.</summary>
    public string? Dockerfile { get; init; }

    /// <summary>What else is known about the container (lowered limits, a lost host).</summary>
    public IReadOnlyList<string> EnvironmentNotes { get; init; } = [];
}
