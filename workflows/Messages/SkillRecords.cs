using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What is kept of one attempt; an entry of <c>GetRecords</c>.</summary>
/// <param name="Number">Number among all attempts, from 1.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Record">Its <see cref="AttemptRecord"/>.</param>
public sealed record KeptAttempt(int Number, Outcome Outcome, ArtifactRef Record);

/// <summary>One attempt with what followed from it; kept as an artifact, so that histories carry each memo once.</summary>
public sealed record AttemptRecord
{
    /// <summary>Number among all attempts, infrastructure failures included, from 1; part of the child's id.</summary>
    public required int Number { get; init; }

    /// <summary>0-based number among the scored attempts; null for an infrastructure failure.</summary>
    public int? Scored { get; init; }

    public required AttemptResult Result { get; init; }
    public required Outcome Outcome { get; init; }

    /// <summary>The judgment with commands and test summary; null for an infrastructure failure.</summary>
    public ArtifactRef? Judgment { get; init; }

    /// <summary>The conversation the attempt started with.</summary>
    public ArtifactRef? Instruction { get; init; }

    public InterventionLevel Intervention { get; init; }
    public IReadOnlyList<string> Guidance { get; init; } = [];
    public ReflectionRecord? Reflection { get; init; }

    /// <summary>Model calls that the run itself had made by then; what goes on from here numbers its own after them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int OwnCalls { get; init; }
}

/// <summary>A reflection: what was asked, what came, and what it says about grounding.</summary>
public sealed record ReflectionRecord
{
    public required ArtifactRef Conversation { get; init; }

    /// <summary>The memo afterwards; the one before is in the record of the reflection before.</summary>
    public required string Memo { get; init; }

    /// <summary>A person replaced the memo when the run was forked here.</summary>
    public bool MemoReplaced { get; init; }

    /// <summary>Why rewrites were refused, in order.</summary>
    public IReadOnlyList<string> Refusals { get; init; } = [];

    public PdiSnapshot? Pdi { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;
    public long DurationMs { get; init; }
    public DateTime At { get; init; }
}

/// <summary>One request for the skill.</summary>
/// <param name="Conversation">The conversation, the reply included.</param>
/// <param name="Usage">Tokens and cost.</param>
/// <param name="Problems">Why the reply was refused; empty when it was kept.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="At">When it ended (UTC).</param>
public sealed record SkillCall(
    ArtifactRef Conversation, TokenUsage Usage, IReadOnlyList<string> Problems, long DurationMs, DateTime At)
{
    /// <summary>The evidence it was asked with, as Markdown; null in runs from before it was kept, and in re-enacted ones.</summary>
    public ArtifactRef? Evidence { get; init; }
}
