namespace Spark.Temporal.Starter.Cli;

/// <summary>Exit codes of the <c>spark</c> command.</summary>
internal static class ExitCodes
{
    public const int Good = 0;

    /// <summary>The command failed.</summary>
    public const int Failed = 1;

    /// <summary>Wrong usage: nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>Finished, but some items failed.</summary>
    public const int SomeFailed = 3;

    /// <summary>Interrupted; a batch goes on unless <c>--cancel-on-interrupt</c>.</summary>
    public const int Interrupted = 130;
}
