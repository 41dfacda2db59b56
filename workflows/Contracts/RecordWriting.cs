using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Contracts;

public sealed record WriteTrialRequest
{
    public required TrialSettings Input { get; init; }
    public required TaskPackage Package { get; init; }

    /// <summary>The whole result: the trial folder records all of it.</summary>
    public required AttemptResult Result { get; init; }

    public required DateTime StartedAt { get; init; }
    public required DateTime FinishedAt { get; init; }

    /// <summary>When each phase started and how long it took.</summary>
    public required IReadOnlyList<PhaseTime> Phases { get; init; }
}

/// <summary>What a trial folder records of how the attempt was set up.</summary>
public sealed record TrialSettings
{
    /// <summary>Folder under which the trial folder is made.</summary>
    public required string OutDir { get; init; }

    public string Batch { get; init; } = "";
    public required string Agent { get; init; }
    public IReadOnlyDictionary<string, string>? AgentKwargs { get; init; }
    public ModelChoice Model { get; init; } = new();
    public AttemptLimits Limits { get; init; } = new();

    /// <summary>Skills the agent got (tar with one folder per skill); null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Skills { get; init; }
}

/// <param name="TrialDir">Absolute path of the trial folder.</param>
/// <param name="Skills">What became of the skills; null where there were none.</param>
public sealed record TrialRecord(string TrialDir, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<SkillUse>? Skills = null);

public sealed record WriteRunRequest
{
    public required SkillRunSettings Input { get; init; }
    public required string Task { get; init; }

    /// <summary>Records kept by earlier calls, oldest first.</summary>
    public IReadOnlyList<ArtifactRef> Earlier { get; init; } = [];

    /// <summary>The newest attempt, kept by this call.</summary>
    public AttemptRecord? Latest { get; init; }

    public IReadOnlyList<SkillCall> SkillCalls { get; init; } = [];

    /// <summary>The skill; null while there is none.</summary>
    public ArtifactRef? Skill { get; init; }

    /// <summary>The skill's other files (tar); null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? SkillFiles { get; init; }

    /// <summary>How the run ended; null while it goes on.</summary>
    public SkillRunEnd? Result { get; init; }

    public required DateTime StartedAt { get; init; }
    public required DateTime Now { get; init; }
}

/// <summary>What the result folder of a skill run records of its settings, and where that folder is.</summary>
public sealed record SkillRunSettings
{
    public required string OutDir { get; init; }

    /// <summary>As <see cref="SkillGenerationInput.ResultsRoot"/>.</summary>
    public string? ResultsRoot { get; init; }

    public required string ModelSlug { get; init; }
    public string Agent { get; init; } = AgentNames.Terminal;
    public ModelChoice Model { get; init; } = new();

    /// <summary>Model that reflects and distills; the agent's where null.</summary>
    public ModelChoice? SummaryModel { get; init; }

    public int MaxAttempts { get; init; } = 8;
    public PdiSettings Pdi { get; init; } = new();
    public SkillFork? Fork { get; init; }

    /// <summary>The result folder of a task.</summary>
    public string ResultDir(string task) => Path.Combine(ResultsRoot ?? Path.Combine(OutDir, "skills_gen_result"), PlainText.Slug(ModelSlug), task);

    public static SkillRunSettings Of(SkillGenerationInput input) => new()
    {
        OutDir = input.OutDir,
        ResultsRoot = input.ResultsRoot,
        ModelSlug = input.ModelSlug,
        Agent = input.Agent,
        Model = input.Model,
        SummaryModel = input.SummaryModel,
        MaxAttempts = input.MaxAttempts,
        Pdi = input.Pdi,
        Fork = input.Fork,
    };
}

/// <summary>What the result folder of a skill run records of its end.</summary>
public sealed record SkillRunEnd
{
    public required SkillRunStatus Status { get; init; }

    /// <summary>Scored attempts.</summary>
    public required int Attempts { get; init; }

    public string? Error { get; init; }
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    public static SkillRunEnd Of(SkillGenerationResult result) => new()
    {
        Status = result.Status,
        Attempts = result.Attempts,
        Error = result.Error,
        Usage = result.Usage,
    };
}

/// <param name="Dir">Absolute path of the folder written.</param>
/// <param name="SkillPath">Absolute path of <c>SKILL.md</c>; null where there is none.</param>
/// <param name="Attempt">The record kept for <see cref="WriteRunRequest.Latest"/>.</param>
public sealed record RunRecord(string Dir, string? SkillPath = null, ArtifactRef? Attempt = null);

/// <summary>What a run knew after one of its attempts.</summary>
public sealed record RestoredRun
{
    /// <summary>What the attempts and the reflections on them used.</summary>
    public TokenUsage Usage { get; init; } = TokenUsage.None;

    /// <summary>Model calls that the run itself had made.</summary>
    public int OwnCalls { get; init; }

    public required IReadOnlyList<AttemptProgress> Attempts { get; init; }

    /// <summary>Records of the attempts, oldest first.</summary>
    public required IReadOnlyList<ArtifactRef> Records { get; init; }

    /// <summary>Attempts among them that were scored.</summary>
    public required int Scored { get; init; }

    public string Memo { get; init; } = "";

    /// <summary>The record that holds <see cref="Memo"/>.</summary>
    public ArtifactRef? MemoRecord { get; init; }

    /// <summary>Unrounded snapshots of the proxy, oldest first.</summary>
    public IReadOnlyList<PdiSnapshot> Snapshots { get; init; } = [];

    /// <summary>What the last reflection asks of the next attempt.</summary>
    public InterventionLevel Intervention { get; init; }

    /// <summary>Tests that failed in the last scored attempt; null where none was scored.</summary>
    public IReadOnlyList<string>? FailedTests { get; init; }
}

public sealed record ExportRequest
{
    /// <summary>Absolute path of the folder.</summary>
    public required string OutDir { get; init; }

    public IReadOnlyList<ArtifactRef> Artifacts { get; init; } = [];

    /// <summary>A result folder to copy beside them; null for none.</summary>
    public string? ResultDir { get; init; }
}

/// <param name="Artifacts">Artifacts written, those that were referred to included.</param>
/// <param name="Bytes">Their length together.</param>
/// <param name="Missing">References that the store has lost.</param>
public sealed record ExportReply(int Artifacts, long Bytes, IReadOnlyList<ArtifactRef> Missing);
