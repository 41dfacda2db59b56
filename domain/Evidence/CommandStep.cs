namespace Spark.Temporal.Domain.Evidence;

/// <summary>What a command is for.</summary>
public enum CommandKind
{
    /// <summary>Nothing to learn from: <c>cd</c>, <c>pwd</c>, <c>echo</c>.</summary>
    Other,
    Inspect,
    Verify,
    Run,
    Write,
    Install,
}

/// <summary>A command of the passing attempt with what came of it.</summary>
/// <param name="Number">Its place among the attempt's commands, from 1.</param>
/// <param name="Kind">What it is for.</param>
/// <param name="Command">The command without the shell around it.</param>
/// <param name="ExitCode">Its exit code; null where no result is recorded.</param>
/// <param name="TimedOut">Whether its time-out ended it.</param>
/// <param name="Output">What it printed, as the model saw it.</param>
/// <param name="Score">How much it tells.</param>
public sealed record CommandStep(
    int Number, CommandKind Kind, string Command, int? ExitCode, bool TimedOut, string Output, double Score = 0)
{
    /// <summary>What the agent said before it; empty where it said nothing.</summary>
    public string Said { get; init; } = "";

    public bool Succeeded => ExitCode == 0 && !TimedOut;

    public bool Failed => ExitCode is not (null or 0) || TimedOut;
}
