using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Judging;
using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary><c>pipeline_summary.json</c>: a batch at a glance. Infrastructure failures stand apart and are no score.</summary>
internal static class PipelineSummary
{
    public static object Of(WriteSummaryRequest request)
    {
        var scored = request.Results.Where(result => result.Outcome.IsScored()).ToList();
        var passed = scored.Count(result => result.Status == SkillRunStatus.Passed);
        return new
        {
            request.Batch,
            request.StartedAt,
            request.FinishedAt,
            Total = request.Results.Count,
            Scored = scored.Count,
            Passed = passed,
            PassRate = scored.Count == 0 ? (double?)null : Math.Round((double)passed / scored.Count, 4),
            NotScored = request.Results.Where(result => !result.Outcome.IsScored()).Select(result => new { result.Task, result.Outcome, result.Error }),
            CostUsd = request.Results.Sum(result => result.CostUsd),
            PromptTokens = request.Results.Sum(result => result.Usage.PromptTokens),
            CompletionTokens = request.Results.Sum(result => result.Usage.CompletionTokens),
            ModelCalls = request.Results.Sum(result => result.ModelCalls),
            ResentInFlight = request.Results.Sum(result => result.ResentInFlight),
            request.Results,
        };
    }
}
