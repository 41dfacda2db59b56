namespace Spark.Temporal.Starter.Cli;

/// <summary>A failure that a user can fix: the message names what is wrong and the remedy.</summary>
internal sealed class CliException(string message, int exitCode = ExitCodes.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
