using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Trials;

/// <summary>What <c>trial run --json</c> prints.</summary>
internal static class TrialReport
{
    public static object Of(AttemptResult result) => new Dictionary<string, object?>
    {
        ["task"] = result.Task,
        ["agent"] = result.Agent,
        ["outcome"] = result.Outcome,
        ["reward"] = result.Reward,
        ["rewards"] = result.Rewards,
        ["tests_passed"] = result.TestsPassed,
        ["tests_total"] = result.TestsTotal,
        ["duration_ms"] = result.DurationMs,
        ["phases_ms"] = result.PhasesMs,
        ["tokens"] = new { Prompt = result.Usage.PromptTokens, Completion = result.Usage.CompletionTokens, Cached = result.Usage.CachedTokens },
        ["cost_usd"] = result.Usage.KnownUsd,
        ["unpriced"] = result.Usage.Unpriced,
        ["estimated"] = result.Usage.Estimated,
        ["turns"] = result.Turns,
        ["containers_lost"] = result.Losses,
        ["resent_in_flight"] = result.ResentInFlight,
        ["verdict"] = result.VerdictRecord,
        ["notes"] = result.Notes,
        ["trial_dir"] = result.TrialDir,
        ["error"] = result.Error,
    };
}
