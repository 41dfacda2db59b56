using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.Domain.Evaluation;
using Spark.Temporal.Workflows.Domain.Judging;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>Makes the row of one trial, however it ends.</summary>
internal sealed class TrialRows(EvaluationInput input, PlannedTrial planned, DateTime startedAt)
{
    private const int ErrorCharacters = 300;

    // What was paid for a run that the infrastructure ended was paid all the same.
    private double _costUsd;

    public EvaluationStudent Student { get; } = input.Students[planned.Student];

    public EvaluationArm Arm { get; } = input.Arms[planned.Arm];

    public string Model => Student.Slug;

    public string Task { get; } = input.Tasks[planned.Task].Name;

    public string TaskDir { get; } = DirOf(input, planned.Task);

    public int Repeat => planned.Repeat;

    public string Id => WorkflowIds.Evaluation(input.Batch, Model, Arm.Name, Task, Repeat);

    public static string DirOf(EvaluationInput input, int task) =>
        input.Tasks[task].Dir is { Length: > 0 } dir ? dir.StartsWith('/') ? dir : $"{input.TasksDir.TrimEnd('/')}/{dir}" : input.TasksDir;

    public EvaluationTrial Of(AttemptResult result, ArmSkills? skills, int reruns, DateTime now)
    {
        _costUsd += result.Usage.CostUsd;
        return Row(result.Outcome, result.Error, now) with
        {
            Reward = result.Reward,
            TestsPassed = result.TestsPassed,
            TestsTotal = result.TestsTotal,
            PromptTokens = result.Usage.PromptTokens,
            CompletionTokens = result.Usage.CompletionTokens,
            AgentMs = result.PhasesMs.Agent,
            DurationMs = result.DurationMs,
            Turns = result.Turns,
            Reruns = reruns,
            Skills = skills?.Names,
            SkillsSha256 = skills?.Tar?.Sha256,
            SkillsProblem = skills?.Problem,
            TrialDir = result.TrialDir is { } dir && dir.StartsWith(input.OutDir, StringComparison.Ordinal) ? dir[input.OutDir.Length..].TrimStart('/') : result.TrialDir,
        };
    }

    public EvaluationTrial Skipped(string why, DateTime now) => Row(Outcome.Skipped, why, now);

    /// <summary>Cancelled by a person: not tried. Ended by anything else: infrastructure.</summary>
    public EvaluationTrial Ended(FailureException failure, DateTime now) =>
        TemporalException.IsCanceledException(failure)
            ? Row(Outcome.Skipped, "cancelled", now)
            : Row(Outcome.Infrastructure, ActivityFailures.Words(failure.InnerException ?? failure), now);

    private EvaluationTrial Row(Outcome outcome, string? error, DateTime now) => new()
    {
        Model = Model,
        Task = Task,
        Arm = Arm.Name,
        Repeat = Repeat,
        Outcome = outcome,
        Error = error is null ? null : Text.OneLine(error, ErrorCharacters),
        CostUsd = _costUsd,
        WorkflowId = Id,
        StartedAt = startedAt,
        FinishedAt = now,
    };
}
