using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// What is computed from large artifacts, and what is written into result folders. Queue:
/// <see cref="TaskQueues.Workflows"/>. All are safe to repeat: content is addressed by its hash and files are replaced whole.
/// </summary>
public interface IRecordActivities
{
    /// <summary>Writes the conversation with which an attempt starts: system prompt and composed instruction.</summary>
    [Activity("records.begin")]
    Task<ArtifactRef> BeginAsync(BeginAttemptRequest request);

    /// <summary>Reads an attempt's artifacts and says how it ended.</summary>
    [Activity("records.judge")]
    Task<JudgeReply> JudgeAsync(JudgeRequest request);

    /// <summary>Writes the conversation that asks for the memo to be rewritten.</summary>
    [Activity("records.reflect")]
    Task<ArtifactRef> ReflectAsync(ReflectRequest request);

    /// <summary>Builds the six evidence blocks and writes the conversation that asks for the skill.</summary>
    [Activity("records.distill")]
    Task<DistillPrompt> DistillAsync(DistillRequest request);

    /// <summary>Adds a user message to a conversation: what was wrong with the last reply.</summary>
    [Activity("records.ask_again")]
    Task<ArtifactRef> AskAgainAsync(AskAgainRequest request);

    /// <summary>Checks the skill in the last reply of a conversation; a valid one is stored.</summary>
    [Activity("records.check_skill")]
    Task<SkillCheck> CheckSkillAsync(CheckSkillRequest request);

    /// <summary>Writes a trial folder.</summary>
    [Activity("records.write_trial")]
    Task<TrialRecord> WriteTrialAsync(WriteTrialRequest request);

    /// <summary>Writes the result folder of a skill run; called after every attempt and at its end.</summary>
    [Activity("records.write_run")]
    Task<RunRecord> WriteRunAsync(WriteRunRequest request);

    /// <summary>Reads what a run knew after one of its attempts, for another that goes on from there.</summary>
    [Activity("records.restore")]
    Task<RestoredRun> RestoreAsync(SkillFork fork);

    /// <summary>Writes artifacts into a folder, with everything that they refer to.</summary>
    [Activity("records.export")]
    Task<ExportReply> ExportAsync(ExportRequest request);
}

public sealed record BeginAttemptRequest
{
    public required ArtifactRef Instruction { get; init; }
    public VerifierHint? Hint { get; init; }

    /// <summary>The memo; null on a first attempt.</summary>
    public string? Memo { get; init; }

    /// <summary>The <see cref="AttemptRecord"/> whose memo is the newest; keeps the memo itself out of the history.</summary>
    public ArtifactRef? MemoRecord { get; init; }

    /// <summary>What an operator asked to be told to the agent in this attempt.</summary>
    public IReadOnlyList<string> Guidance { get; init; } = [];

    public InterventionLevel Intervention { get; init; }

    /// <summary>Number of this attempt, from 1, and of attempts allowed.</summary>
    public int Attempt { get; init; } = 1;
    public int MaxAttempts { get; init; } = 1;

    /// <summary>Whether the agent talks to a model (the terminal agent); others get the instruction alone.</summary>
    public bool Terminal { get; init; } = true;

    /// <summary>Skills offered to the agent (tar with one folder per skill).</summary>
    public ArtifactRef? Skills { get; init; }

    /// <summary>The task's own place for them; null for the usual one.</summary>
    public string? SkillsDir { get; init; }
}

/// <param name="Attempt">The attempt to judge.</param>
public sealed record JudgeRequest(JudgedAttempt Attempt);

/// <summary>What a judgment reads of an attempt's result.</summary>
public sealed record JudgedAttempt
{
    public required Outcome Outcome { get; init; }
    public double? Reward { get; init; }
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }
    public string? Error { get; init; }
    public ArtifactRef? Conversation { get; init; }
    public ArtifactRef? VerifierOutput { get; init; }
    public ArtifactRef? Ctrf { get; init; }

    public static JudgedAttempt Of(AttemptResult result) => new()
    {
        Outcome = result.Outcome,
        Reward = result.Reward,
        TestsPassed = result.TestsPassed,
        TestsTotal = result.TestsTotal,
        Error = result.Error,
        Conversation = result.Conversation,
        VerifierOutput = result.VerifierOutput,
        Ctrf = result.Ctrf,
    };
}

/// <param name="Judgment">What decides: outcome, counts, commands and test summary (8,000 characters each at most).</param>
/// <param name="Stored">The same as an artifact, for later activities.</param>
public sealed record JudgeReply(Judgment Judgment, ArtifactRef Stored);

public sealed record ReflectRequest
{
    public required string Task { get; init; }

    /// <summary>Number of the attempt that failed, from 1.</summary>
    public required int Attempt { get; init; }

    public required FailedAttempt Result { get; init; }
    public required ArtifactRef Judgment { get; init; }
    public string? Memo { get; init; }

    /// <summary>The <see cref="AttemptRecord"/> whose memo is the newest; keeps the memo itself out of the history.</summary>
    public ArtifactRef? MemoRecord { get; init; }
}

/// <summary>What a reflection needs of an attempt's result besides its judgment.</summary>
/// <param name="Conversation">Everything said and observed; null when the agent never started.</param>
/// <param name="AgentTimedOut">Whether the agent ran out of time.</param>
public sealed record FailedAttempt(ArtifactRef? Conversation, bool AgentTimedOut);

public sealed record DistillRequest
{
    public required TaskPackage Package { get; init; }
    public required PassedAttempt Result { get; init; }
    public required ArtifactRef Judgment { get; init; }

    /// <summary>Records of the attempts before (<see cref="AttemptRecord"/>), oldest first.</summary>
    public required IReadOnlyList<ArtifactRef> Earlier { get; init; }
}

/// <summary>What the evidence needs of an attempt's result besides its judgment.</summary>
/// <param name="Conversation">Everything said and observed.</param>
/// <param name="Notes">What the trial records besides (lowered limits, cut logs, lost containers).</param>
public sealed record PassedAttempt(ArtifactRef? Conversation, IReadOnlyList<string> Notes);

/// <param name="Conversation">Asks for the skill.</param>
/// <param name="Evidence">The six blocks as Markdown.</param>
public sealed record DistillPrompt(ArtifactRef Conversation, ArtifactRef Evidence);

/// <param name="Conversation">The conversation whose last message was refused.</param>
/// <param name="Purpose">One of <see cref="LlmPurposes"/>: chooses the words.</param>
/// <param name="Reasons">What was wrong.</param>
public sealed record AskAgainRequest(ArtifactRef Conversation, string Purpose, IReadOnlyList<string> Reasons);

/// <param name="Conversation">Its last message holds the skill.</param>
/// <param name="Name">Name the skill must have.</param>
public sealed record CheckSkillRequest(ArtifactRef Conversation, string Name);

/// <param name="Skill">The skill's text, null when it is not valid.</param>
/// <param name="Problems">What is wrong with it, a line each.</param>
public sealed record SkillCheck(ArtifactRef? Skill, IReadOnlyList<string> Problems);

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
}

/// <param name="Phase"><c>build</c>, <c>start</c>, <c>agent</c>, <c>verify</c>, <c>remove</c>.</param>
/// <param name="StartedAt">When it started (UTC).</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
public sealed record PhaseTime(string Phase, DateTime StartedAt, long DurationMs);

/// <param name="TrialDir">Absolute path of the trial folder.</param>
public sealed record TrialRecord(string TrialDir);

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
    public double CostUsd { get; init; }

    public static SkillRunEnd Of(SkillGenerationResult result) => new()
    {
        Status = result.Status,
        Attempts = result.Attempts,
        Error = result.Error,
        Usage = result.Usage,
        CostUsd = result.CostUsd,
    };
}

/// <param name="Dir">Absolute path of the folder written.</param>
/// <param name="SkillPath">Absolute path of <c>SKILL.md</c>; null where there is none.</param>
/// <param name="Attempt">The record kept for <see cref="WriteRunRequest.Latest"/>.</param>
public sealed record RunRecord(string Dir, string? SkillPath = null, ArtifactRef? Attempt = null);

/// <summary>What a run knew after one of its attempts.</summary>
public sealed record RestoredRun
{
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
