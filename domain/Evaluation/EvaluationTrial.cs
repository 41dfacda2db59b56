using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>How one trial of an evaluation ended: a row of <c>trials</c> in <c>summary.json</c>.</summary>
public sealed record EvaluationTrial : OpenRecord, ITrialScore
{
    /// <summary>Slug of the student model.</summary>
    public required string Model { get; init; }

    public required string Task { get; init; }
    public required string Arm { get; init; }

    /// <summary>From 1.</summary>
    public required int Repeat { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>Whether its verifier ran out of time (<c>VerifierTimeoutError</c>): it has no reward and is in no mean.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool NoVerdict { get; init; }

    public double? Reward { get; init; }
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }
    public long PromptTokens { get; init; }
    public long CompletionTokens { get; init; }

    /// <summary>In US dollars, of every time it was run.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; } = 0;

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>What the agent took, without building, starting and verifying.</summary>
    public long AgentMs { get; init; }

    /// <summary>From start to the container's removal.</summary>
    public long DurationMs { get; init; }

    public int Turns { get; init; }

    /// <summary>Where it was verified.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VerdictMode Verdict { get; init; }

    /// <summary>What could have steered the verdict, in words; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? VerdictWarnings { get; init; }

    /// <summary>Whether the verdict in the agent's own container is another one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool VerdictsDiffer { get; init; }

    /// <summary>How often it was run again because the infrastructure failed.</summary>
    public int Reruns { get; init; }

    /// <summary>Names of the skills it was given.</summary>
    public string? Skills { get; init; }

    /// <summary>SHA-256 of what was installed.</summary>
    public string? SkillsSha256 { get; init; }

    /// <summary>Problems in these skills; they were installed anyway.</summary>
    public string? SkillsProblem { get; init; }

    /// <summary>Names of files and folders of these skills that were not installed; null for none.</summary>
    public string? SkillsLeftOut { get; init; }

    /// <summary>What became of each skill that it was given; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SkillUse>? SkillUses { get; init; }

    /// <summary>Why there is no score, or what else went wrong.</summary>
    public string? Error { get; init; }

    /// <summary>Below the output folder.</summary>
    public string? TrialDir { get; init; }

    public required string WorkflowId { get; init; }
    public required DateTime StartedAt { get; init; }
    public required DateTime FinishedAt { get; init; }

    bool? ITrialScore.SkillOpened => SkillUses is { Count: > 0 } uses ? uses.Any(use => use.Opened) : null;

    long ITrialScore.Tokens => PromptTokens + CompletionTokens;

    /// <summary>The agent's time alone: building and verifying cost every arm the same.</summary>
    long ITrialScore.DurationMs => AgentMs;
}
