using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// What an evaluation reads and writes. Queue: <see cref="TaskQueues.Workflows"/>. All are safe to repeat: content is
/// addressed by its hash and files are replaced whole.
/// </summary>
public interface IEvaluationActivities
{
    /// <summary>
    /// Lists the trials and stores the list, with the skills of every arm for each task, read, checked and stored; and keeps
    /// what an earlier run of the same evaluation scored, where that is asked for.
    /// </summary>
    [Activity("evaluation.plan")]
    Task<EvaluationPlanned> PlanAsync(PlanEvaluationRequest request);

    /// <summary>Writes summaries and reports of all trials so far.</summary>
    [Activity("evaluation.write")]
    Task<EvaluationRecord> WriteAsync(WriteEvaluationRequest request);
}

/// <param name="Input">The evaluation.</param>
/// <param name="Now">When it starts.</param>
public sealed record PlanEvaluationRequest(ListedEvaluation Input, DateTime Now);

/// <summary>What the files and the trials of an evaluation are made from.</summary>
public record EvaluationScope
{
    public required string Batch { get; init; }
    public required IReadOnlyList<EvaluationStudent> Students { get; init; }
    public required IReadOnlyList<EvaluationArm> Arms { get; init; }
    public string Agent { get; init; } = AgentNames.Terminal;
    public int Repeats { get; init; } = 1;
    public ulong Seed { get; init; } = 1;
    public AttemptLimits Limits { get; init; } = new();
    public required string OutDir { get; init; }

    /// <summary>As <see cref="EvaluationInput.ResultsRoot"/>.</summary>
    public string? ResultsRoot { get; init; }
}

/// <summary>An evaluation whose trials are to be listed.</summary>
public sealed record ListedEvaluation : EvaluationScope
{
    /// <summary>Which tasks it has.</summary>
    public required BatchSource Source { get; init; }

    /// <summary>Keep what an earlier run of this evaluation scored.</summary>
    public bool Resume { get; init; }

    /// <summary>As <see cref="EvaluationInput.AgentKwargs"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? AgentKwargs { get; init; }

    public static ListedEvaluation Of(EvaluationInput input) => new()
    {
        Batch = input.Batch,
        Students = input.Students,
        Arms = input.Arms,
        Agent = input.Agent,
        Repeats = input.Repeats,
        Seed = input.Seed,
        Limits = input.Limits,
        OutDir = input.OutDir,
        ResultsRoot = input.ResultsRoot,
        Source = input.Source,
        Resume = input.Resume,
        AgentKwargs = input.AgentKwargs,
    };
}

/// <summary>In the store: what rows need that the list of trials does not hold.</summary>
/// <param name="Skills">The skills of each task.</param>
/// <param name="Rows">Rows of what is skipped or scored already.</param>
public sealed record EvaluationPlanDetails(IReadOnlyDictionary<string, TaskSkills> Skills, IReadOnlyList<EvaluationTrial> Rows)
{
    /// <summary>Tasks that are not among them, since they cannot run; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

/// <param name="ImageBringsSkills">Whether the task's image may hold skills that no arm asked for.</param>
/// <param name="Skills">One a student and arm that has skills.</param>
public sealed record TaskSkills(bool ImageBringsSkills, IReadOnlyList<ArmSkills> Skills)
{
    /// <summary>The skills of an arm for a student; null for an arm without skills.</summary>
    public ArmSkills? Of(string model, string arm) => Skills.FirstOrDefault(skills => skills.Arm == arm && (skills.Model is null || skills.Model == model));
}

public sealed record ArmSkills
{
    public required string Arm { get; init; }

    /// <summary>The student; null where every student gets the same.</summary>
    public string? Model { get; init; }

    /// <summary>Tar with one folder per skill; null when there is none.</summary>
    public ArtifactRef? Tar { get; init; }

    /// <summary>Their names.</summary>
    public string Names { get; init; } = "";

    /// <summary>Where they were looked for and not found; null when there are some.</summary>
    public string? Missing { get; init; }

    /// <summary>What the specification does not allow in them; they are installed anyway.</summary>
    public string? Problem { get; init; }

    /// <summary>Names of files and folders of them that are not installed; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? LeftOut { get; init; }
}

public sealed record WriteEvaluationRequest
{
    public required EvaluationScope Input { get; init; }

    /// <summary>What was planned (<see cref="EvaluationPlanDetails"/>).</summary>
    public required ArtifactRef Planned { get; init; }

    /// <summary>What ended: the newest <see cref="ResultsLink"/>; null for nothing.</summary>
    public ArtifactRef? Results { get; init; }

    public required DateTime StartedAt { get; init; }

    /// <summary>Whether the whole was cancelled: what that ended is left out then.</summary>
    public bool Cancelled { get; init; }

    public required DateTime Now { get; init; }
}

/// <param name="Students">What came out, a student each.</param>
/// <param name="TransferReport">Path of the report on all students; null where there is only one student.</param>
public sealed record EvaluationRecord(IReadOnlyList<StudentResult> Students, string? TransferReport = null)
{
    /// <summary>As <see cref="EvaluationResult.LeftOut"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}
