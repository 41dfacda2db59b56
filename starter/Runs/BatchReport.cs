using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Starter.Runs;

/// <summary>How a batch ended, as data and as text.</summary>
internal static class BatchReport
{
    public static int ExitCode(BatchResult result) =>
        result.Results.All(run => run.Status == SkillRunStatus.Passed) ? ExitCodes.Good : ExitCodes.SomeFailed;

    /// <summary>One object per task.</summary>
    public static void Print(BatchResult result, bool json, CliOutput output)
    {
        if (json)
        {
            output.Json(result.Results);
            return;
        }

        foreach (var run in result.Results)
        {
            output.Line($"{run.Status.ToString().ToLowerInvariant(),-12} {run.Task}  {run.Attempts} attempts{Interventions(run)}  {Text.Usd(run.CostUsd)}");
            if (run.SkillPath is { } skill)
            {
                output.Line($"  {skill}");
            }

            if (run.Error is { } error)
            {
                output.Line($"  {Text.OneLine(error, 400)}");
            }
        }

        output.Line($"{result.Results.Count(run => run.Status == SkillRunStatus.Passed)} of {result.Results.Count} tasks have a skill  {Text.Usd(result.Results.Sum(run => run.CostUsd))}  {result.SummaryPath}");
    }

    private static string Interventions(SkillGenerationResult run) =>
        run.SoftInterventions + run.StrongInterventions == 0 ? "" : $" ({run.SoftInterventions} soft, {run.StrongInterventions} strong interventions)";
}
