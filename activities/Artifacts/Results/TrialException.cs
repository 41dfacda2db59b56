using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>What a trial says went wrong. A time-out of the agent is one in Harbor's words too, though the trial is verified and scored all the same.</summary>
internal static class TrialException
{
    private const string AgentTimeout = "AgentTimeoutError";

    /// <returns>Null where nothing went wrong.</returns>
    public static HarborExceptionInfo? Of(WriteTrialRequest trial)
    {
        var result = trial.Result;
        if (result.Error is { } error)
        {
            return Info(result.ErrorType ?? result.Outcome.ToString(), error, trial.FinishedAt);
        }

        if (!result.AgentTimedOut)
        {
            return null;
        }

        var seconds = trial.Package.Settings.AgentTimeoutSec * trial.Input.Limits.TimeoutMultiplier;
        var worked = trial.Phases.LastOrDefault(time => time.Phase == "agent");
        return Info(AgentTimeout, $"the agent did not end within {seconds:0.##} s ([agent] timeout_sec)", worked?.StartedAt.AddMilliseconds(worked.DurationMs) ?? trial.FinishedAt);
    }

    /// <summary>The same of one step.</summary>
    public static HarborExceptionInfo? Of(WriteTrialRequest trial, StepResult step)
    {
        var ended = step.Phases.Count == 0 ? trial.FinishedAt : step.Phases[^1].StartedAt.AddMilliseconds(step.Phases[^1].DurationMs);
        return step.Error is { } error ? Info(nameof(Domain.Judging.Outcome.Error), error, ended)
            : step.AgentTimedOut ? Info(AgentTimeout, "the agent did not end within its time ([steps.agent] timeout_sec)", ended)
            : null;
    }

    private static HarborExceptionInfo Info(string type, string message, DateTime at) => new()
    {
        ExceptionType = type,
        ExceptionMessage = message,
        ExceptionTraceback = "",
        OccurredAt = at,
    };
}
