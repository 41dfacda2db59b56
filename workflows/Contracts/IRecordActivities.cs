using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// What is computed from large artifacts, and what is written into result folders. Queue:
/// <see cref="TaskQueues.Workflows"/>. All are safe to repeat: content is addressed by its hash, files are replaced whole, and a trajectory is compared before it grows.
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

    /// <summary>Checks the skill in the last reply of a conversation file by file, mends what rules can mend, and stores it as it would be kept.</summary>
    [Activity("records.check_skill")]
    Task<SkillCheck> CheckSkillAsync(CheckSkillRequest request);

    /// <summary>Looks for the task's answer in a memo.</summary>
    [Activity("records.guard_memo")]
    Task<GuardedMemo> GuardMemoAsync(GuardMemoRequest request);

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

    /// <summary>Writes and deletes a small file in each folder, making the folder where it is missing, and writes to the store.</summary>
    [Activity("records.probe")]
    Task<FolderProbe> ProbeAsync(FolderProbeRequest request);
}

public sealed record BeginAttemptRequest
{
    /// <summary>What was said before, which the instruction of a further step follows; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Before { get; init; }

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

    /// <summary>How far each step of a multi-step task got; null for a task without steps.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<JudgedStep>? Steps { get; init; }

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
        Steps = result.Steps is { } steps ? [.. steps.Select(step => new JudgedStep(step.Name, step.Reward, step.TestsPassed, step.TestsTotal))] : null,
    };
}

/// <param name="Name">Name of the step.</param>
/// <param name="Reward">Its reward; null for none.</param>
/// <param name="TestsPassed">How many of its tests passed.</param>
/// <param name="TestsTotal">How many it has.</param>
public sealed record JudgedStep(string Name, double? Reward, int TestsPassed, int TestsTotal);

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

    /// <summary>Name of the model that distills: its context says how long the evidence may be; null for a profile's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Model { get; init; }

    /// <summary>Characters of the evidence; null for as many as fit the model.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Characters { get; init; }
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
/// <param name="Reasons">What was wrong; of an agent's reply one of <see cref="FinishReasons"/>.</param>
public sealed record AskAgainRequest(ArtifactRef Conversation, string Purpose, IReadOnlyList<string> Reasons);

/// <param name="Conversation">Its last message holds the skill.</param>
/// <param name="Name">Name the skill must have.</param>
public sealed record CheckSkillRequest(ArtifactRef Conversation, string Name)
{
    /// <summary>How many replies it was written in: one that was cut is continued.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Whether the last of them was cut all the same.</summary>
    public bool Cut { get; init; }

    /// <summary>What the skill must not give away; null for a recorded run.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TaskAnswer? Answer { get; init; }

    /// <summary>The six blocks of evidence: the skill where no reply holds one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Evidence { get; init; }
}

/// <summary>Where a task's answer stands, and what everybody is told.</summary>
/// <param name="Instruction">The instruction.</param>
/// <param name="Environment">The folder of the environment (tar); null where there is none.</param>
/// <param name="Oracle">What the oracle wrote (tar); null where the task has no solution.</param>
public sealed record TaskAnswer(ArtifactRef Instruction, ArtifactRef? Environment, ArtifactRef? Oracle);

/// <param name="Skill">The skill's text, null when it is not valid.</param>
/// <param name="Problems">What is wrong with it, a line each.</param>
public sealed record SkillCheck(ArtifactRef? Skill, IReadOnlyList<string> Problems)
{
    /// <summary><c>SKILL.md</c> as it is kept where nothing better comes: mended, and without the answer; null in runs from before there was one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Draft { get; init; }

    /// <summary>The other files of the skill (tar); null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Files { get; init; }

    /// <summary>What was mended, cut out and left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Notes { get; init; }
}

/// <param name="Conversation">Its last message holds the memo.</param>
/// <param name="Answer">What it must not give away.</param>
public sealed record GuardMemoRequest(ArtifactRef Conversation, TaskAnswer Answer);

/// <param name="Reply">The reply without what it gives away; null where it gives nothing away.</param>
/// <param name="Problems">What it gives away, a line each.</param>
public sealed record GuardedMemo(string? Reply, IReadOnlyList<string> Problems);
