using Spark.Temporal.Workflows.Domain.Evaluation;
using Spark.Temporal.Workflows.Domain.Statistics;
using Spark.Temporal.Workflows.Evaluation;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// What an evaluation reads and writes. Queue: <see cref="TaskQueues.Workflows"/>. All are safe to repeat: content is
/// addressed by its hash and files are replaced whole.
/// </summary>
public interface IEvaluationActivities
{
    /// <summary>What an earlier run of the same evaluation has scored already, read from its summaries.</summary>
    [Activity("evaluation.resume")]
    Task<EvaluationCarried> ResumeAsync(ResumeEvaluationRequest request);

    /// <summary>Reads, checks and stores the skills of every arm for one task.</summary>
    [Activity("evaluation.skills")]
    Task<TaskSkills> SkillsAsync(TaskSkillsRequest request);

    /// <summary>Stores rows, so that histories stay small.</summary>
    [Activity("evaluation.keep")]
    Task<ArtifactRef> KeepAsync(KeepTrialsRequest request);

    /// <summary>Writes summaries and reports of all trials so far.</summary>
    [Activity("evaluation.write")]
    Task<EvaluationRecord> WriteAsync(WriteEvaluationRequest request);
}

/// <param name="Input">The evaluation.</param>
public sealed record ResumeEvaluationRequest(EvaluationInput Input);

public sealed record TaskSkillsRequest
{
    public required string Task { get; init; }

    /// <summary>Absolute path of the task's folder.</summary>
    public required string TaskDir { get; init; }

    /// <summary>Slugs of the student models.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    public required IReadOnlyList<EvaluationArm> Arms { get; init; }
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

    /// <summary>Where they were looked for in vain; null when there are some.</summary>
    public string? Missing { get; init; }

    /// <summary>What is not valid by the specification; they are installed all the same.</summary>
    public string? Problem { get; init; }
}

/// <param name="Trials">Rows to store together.</param>
public sealed record KeepTrialsRequest(IReadOnlyList<EvaluationTrial> Trials);

public sealed record WriteEvaluationRequest
{
    public required EvaluationHead Head { get; init; }

    /// <summary>Folder under which <c>skills_eval_result/</c> is made.</summary>
    public required string OutDir { get; init; }

    /// <summary>Rows kept earlier.</summary>
    public required IReadOnlyList<ArtifactRef> Pages { get; init; }

    /// <summary>Rows since.</summary>
    public required IReadOnlyList<EvaluationTrial> Trials { get; init; }

    public required DateTime Now { get; init; }
}

/// <param name="Students">What came out, a student each.</param>
/// <param name="TransferReport">Report on all students; null where there is one.</param>
public sealed record EvaluationRecord(IReadOnlyList<StudentResult> Students, string? TransferReport = null);

public sealed record StudentResult
{
    public required string Model { get; init; }

    /// <summary>Absolute path of <c>summary.json</c>; <c>report.md</c> and <c>report.html</c> stand beside it.</summary>
    public required string SummaryPath { get; init; }

    public required bool Complete { get; init; }
    public required IReadOnlyList<ArmSums> Arms { get; init; }
    public required IReadOnlyList<PairResult> Comparisons { get; init; }
}

/// <param name="Arm">The arm.</param>
/// <param name="Against">What it is compared with.</param>
/// <param name="DeltaR">Mean Δr over common tasks.</param>
/// <param name="Interval">Of Δr, 95 %.</param>
/// <param name="McNemarP">Exact two-sided p.</param>
/// <param name="Harmed">Names of harmed tasks, the worst ones.</param>
/// <param name="HarmedCount">How many there are.</param>
public sealed record PairResult(
    string Arm, string Against, double? DeltaR, Interval? Interval, double McNemarP, IReadOnlyList<string> Harmed, int HarmedCount);
