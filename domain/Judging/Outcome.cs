namespace Spark.Temporal.Domain.Judging;

/// <summary>How an attempt ended.</summary>
public enum Outcome
{
    /// <summary>Reward of 1 or more.</summary>
    Pass,

    /// <summary>Reward between 0 and 1, or no reward with some tests passed.</summary>
    Partial,

    /// <summary>Reward of 0 or less, and no test passed.</summary>
    Fail,

    /// <summary>The agent never started or the verifier gave no verdict: reflected on, without test results.</summary>
    Error,

    /// <summary>Container, disk, network or model endpoint: never scored, never reflected on, uses up no attempt.</summary>
    Infrastructure,

    /// <summary>Not tried.</summary>
    Skipped,
}

/// <summary>The rules by which an attempt gets its <see cref="Outcome"/>.</summary>
public static class Outcomes
{
    /// <summary>
    /// Judges a verified attempt. How the agent ended (a time-out, a non-zero exit) plays no part: it is verified all the
    /// same, and the reward decides; tests count only where it is 0 or less.
    /// </summary>
    /// <param name="reward">What the verifier gave; null or not finite when it gave no verdict.</param>
    /// <param name="testsPassed">How many tests passed.</param>
    /// <param name="agentStarted">Whether the agent ever started.</param>
    public static Outcome Of(double? reward, int testsPassed, bool agentStarted = true) =>
        reward is not { } value || !double.IsFinite(value) || !agentStarted ? Outcome.Error
        : value >= 1 ? Outcome.Pass
        : value > 0 || testsPassed > 0 ? Outcome.Partial
        : Outcome.Fail;

    /// <summary>Whether the outcome counts in scores.</summary>
    public static bool IsScored(this Outcome outcome) => outcome is not (Outcome.Infrastructure or Outcome.Skipped);
}
