using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// A recorded run in the published layout, re-enacted: replies, outcomes and memos come from its
/// <c>trajectory.jsonl</c>; no container is started and no model is asked. Queue: <see cref="TaskQueues.Workflows"/>.
/// </summary>
public interface IReplayActivities
{
    /// <summary>Reads the recording, line by line, and keeps each attempt as an artifact.</summary>
    [Activity("replay.open")]
    Task<ReplayedRun> OpenAsync(ReplayOpenRequest request);

    /// <summary>What an attempt did and how it was verified.</summary>
    [Activity("replay.attempt")]
    Task<ReplayedAttempt> AttemptAsync(ReplayAttemptRequest request);

    /// <summary>The recorded judgment of an attempt.</summary>
    [Activity("replay.judge")]
    Task<JudgeReply> JudgeAsync(ReplayJudgeRequest request);

    /// <summary>The recorded reflection on an attempt.</summary>
    [Activity("replay.reflect")]
    Task<ReplayedReflection> ReflectAsync(ReplayReflectRequest request);

    /// <summary>The recorded skill, kept as it was recorded, with what is wrong with it.</summary>
    [Activity("replay.distill")]
    Task<ReplayedSkill> DistillAsync(ReplayDistillRequest request);

    /// <summary>The evidence with which the recorded skill was asked for, and a conversation that asks for it again.</summary>
    [Activity("replay.evidence")]
    Task<DistillPrompt> EvidenceAsync(ReplayDistillRequest request);
}

/// <param name="Folder">Absolute path of the folder with <c>trajectory.jsonl</c>.</param>
public sealed record ReplayOpenRequest(string Folder);

public sealed record ReplayedRun
{
    /// <summary>Takes the place of the task, which may be missing.</summary>
    public required TaskPackage Package { get; init; }

    /// <summary>The attempts in order, infrastructure failures included.</summary>
    public required IReadOnlyList<ArtifactRef> Attempts { get; init; }

    /// <summary>How many of them are scored.</summary>
    public required int Scored { get; init; }

    /// <summary>The conversation that ends with the skill; null where none was recorded.</summary>
    public ArtifactRef? Skill { get; init; }
}

/// <param name="Attempt">The attempt as it was kept.</param>
/// <param name="Instruction">The conversation it starts with.</param>
public sealed record ReplayAttemptRequest(ArtifactRef Attempt, ArtifactRef Instruction);

/// <param name="Conversation">The instruction, its commands and output.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Verdict">How it was verified; null for an infrastructure failure.</param>
/// <param name="Infrastructure">What failed, where that was infrastructure.</param>
public sealed record ReplayedAttempt(ArtifactRef Conversation, ArtifactRef Output, VerifyReply? Verdict, string? Infrastructure);

/// <param name="Attempt">The attempt as it was kept.</param>
/// <param name="Result">How the attempt ended that re-enacts it.</param>
public sealed record ReplayJudgeRequest(ArtifactRef Attempt, ReenactedOutcome Result);

/// <param name="Outcome">Its outcome.</param>
/// <param name="Reward">Its reward; null where it was not scored.</param>
/// <param name="Error">What went wrong; null when nothing did.</param>
public sealed record ReenactedOutcome(Outcome Outcome, double? Reward, string? Error);

public sealed record ReplayReflectRequest(ArtifactRef Attempt);

public sealed record ReplayedReflection
{
    /// <summary>Number of the attempt as it was recorded, from 0.</summary>
    public required int Attempt { get; init; }

    /// <summary>What was asked and answered; null where no reflection was recorded.</summary>
    public ArtifactRef? Conversation { get; init; }

    /// <summary>The memos before and after; one longer than a memo may be (an error text, in the published runs) is cut.</summary>
    public string MemoBefore { get; init; } = "";
    public string MemoAfter { get; init; } = "";

    /// <summary>Whether the index was measured then.</summary>
    public bool Measured { get; init; }

    /// <summary>The recorded number of the reflection; null counts.</summary>
    public int? Step { get; init; }

    public IReadOnlyList<string>? PreviousFailedTests { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;
    public long DurationMs { get; init; }
}

/// <param name="Skill">The conversation that ends with it.</param>
/// <param name="Name">Name of the task.</param>
public sealed record ReplayDistillRequest(ArtifactRef Skill, string Name);

/// <param name="Skill">The skill's text.</param>
/// <param name="Problems">What the specification says against it, a line each.</param>
/// <param name="Usage">What it cost.</param>
public sealed record ReplayedSkill(ArtifactRef Skill, IReadOnlyList<string> Problems, TokenUsage Usage);
