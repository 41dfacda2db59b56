using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <content>What a run says of itself: to whoever asks, to its records, and at its end.</content>
internal sealed partial class SkillRunState
{
    public SkillProgress Progress() => new(
        Task, Control.State, Number, MaxAttempts, Step, Control.Spent.KnownUsd, Control.Limit.Usd, [.. _attempts])
    {
        Unpriced = Control.Spent.Unpriced,
        Estimated = Control.Spent.Estimated,
        Kept = _kept.Count,
        WaitsFor = Control.WaitsFor,
        Tokens = Control.Spent.TotalTokens,
        BudgetTokens = Control.Limit.Tokens,
        BudgetWarning = Control.Limit.Warning(Control.Spent),
    };

    public IReadOnlyList<KeptAttempt> Records() =>
        [.. _attempts.Zip(_kept, (attempt, record) => new KeptAttempt(attempt.Number, attempt.Outcome, record))];

    public WriteRunRequest Record(AttemptRecord? latest, SkillGenerationResult? result, ArtifactRef? skill) => new()
    {
        Input = SkillRunSettings.Of(_input),
        Task = Task,
        Earlier = Earlier,
        Latest = latest is null ? null : latest with { OwnCalls = OwnCalls },
        SkillCalls = _skillCalls,
        Skill = skill,
        SkillFiles = skill is null ? null : SkillFiles,
        Result = result is null ? null : SkillRunEnd.Of(result),
        StartedAt = _started,
        Now = Workflow.UtcNow,
    };

    public SkillGenerationResult Result(SkillRunStatus status)
    {
        var last = _attempts.LastOrDefault(attempt => attempt.Outcome.IsScored());
        return new SkillGenerationResult
        {
            Task = Task,
            Status = status,
            Outcome = status == SkillRunStatus.TaskBroken ? Outcome.Error : last?.Outcome ?? Outcome.Skipped,
            Reward = last?.Reward,
            Attempts = Scored,
            InfrastructureFailures = _attempts.Count(attempt => attempt.Outcome == Outcome.Infrastructure),
            Error = Error,
            Usage = Usage,
            CostUsd = Usage.KnownUsd,
            Unpriced = Usage.Unpriced,
            Estimated = Usage.Estimated,
            ModelCalls = Control.ModelCalls,
            ResentInFlight = Control.ResentInFlight,
            SoftInterventions = _attempts.Count(attempt => attempt.Intervention == InterventionLevel.Soft),
            StrongInterventions = _attempts.Count(attempt => attempt.Intervention == InterventionLevel.Strong),
            DurationMs = Elapsed.Milliseconds(_started),
            WorkflowId = Workflow.Info.WorkflowId,
            ForkedFrom = _input.Fork?.WorkflowId,
            ForkedFromAttempt = _input.Fork?.Attempt,
            SkillNotes = SkillNotes is { Count: > 0 } ? SkillNotes : null,
        };
    }

    /// <summary>Declares how the run ended.</summary>
    public void Done(SkillGenerationResult result)
    {
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(RunStates.Done), SearchAttributes.Cost(Usage));
        Workflow.CurrentDetails = SkillRunDetails.Render(this, _attempts, result);
    }

    private static string? Why(Judgment judgment)
    {
        const int Shown = 2;
        if (judgment.Problem is { } problem)
        {
            return PlainText.OneLine(problem, 120);
        }

        var failed = TestSummary.FailedTests(judgment.TestSummary);
        var names = string.Join(", ", failed.Take(Shown).Select(test => PlainText.OneLine(test.Split("::")[^1], 50)));
        return failed.Count == 0 ? null : failed.Count <= Shown ? names : $"{names} and {failed.Count - Shown} more";
    }
}
