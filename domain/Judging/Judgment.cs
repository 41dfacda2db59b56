namespace Spark.Temporal.Domain.Judging;

/// <summary>How an attempt ended and what the next steps are decided from.</summary>
public sealed record Judgment
{
    public required Outcome Outcome { get; init; }

    /// <summary>The reward; null when the verifier gave none.</summary>
    public double? Reward { get; init; }

    public int TestsPassed { get; init; }

    public int TestsTotal { get; init; }

    /// <summary>
    /// The attempt's commands (docs/architecture.md, "Commands and test summary"), at most
    /// <see cref="AttemptCommands.MaxCharacters"/> characters.
    /// </summary>
    public string Commands { get; init; } = "";

    /// <summary>The tests, a line each, at most <see cref="Judging.TestSummary.MaxCharacters"/> characters.</summary>
    public string TestSummary { get; init; } = "";

    /// <summary>Why there is no verdict or the agent never started; null where nothing went wrong.</summary>
    public string? Problem { get; init; }
}
