using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>An evaluation as a window over trials: a template for each student and arm, items that name one of them.</summary>
public static class EvaluationWindow
{
    /// <summary>Name of the template of a student and an arm. One student is not named: it is the same in every line.</summary>
    public static string Template(EvaluationScope input, EvaluationStudent student, EvaluationArm arm) =>
        input.Students.Count == 1 ? arm.Name : $"{student.Slug} {arm.Name}";

    /// <summary>The student and the arm of a template.</summary>
    public static (string Model, string Arm) Of(EvaluationScope input, string template) => input.Students
        .SelectMany(student => input.Arms.Select(arm => (Key: Template(input, student, arm), student.Slug, arm.Name)))
        .Where(pair => pair.Key == template).Select(pair => (pair.Slug, pair.Name)).First();

    /// <summary>What its trials are.</summary>
    public static TrialWork Work(ListedEvaluation input) => new(
        [.. input.Students.SelectMany(student => input.Arms.Select(arm => new TrialTemplate(Template(input, student, arm), student.Slug, new AttemptInput
        {
            Agent = input.Agent,
            AgentKwargs = input.AgentKwargs,
            Model = student.Model,
            Arm = arm.Name,
            Limits = input.Limits,
            OutDir = input.OutDir,
        })))],
        input.Repeats);

    public static BatchInput Of(EvaluationInput input, ListedEvaluation listed) => new()
    {
        Batch = input.Batch,
        Work = Work(listed),
        Source = input.Source,
        OutDir = input.OutDir,
        Parallelism = Math.Max(1, input.Parallelism),
        BudgetUsd = input.Budget.Usd,
        BudgetTokens = input.Budget.Tokens,
        Tuning = new BatchTuning
        {
            HistoryLimit = input.Rules.HistoryLimit,
            Reruns = input.Rules.Reruns,
            RerunDelaySec = input.Rules.RerunDelaySec,
            FailuresInARow = input.Rules.FailuresInARow,
        },
        Carry = input.Carried?.Window,
    };
}
