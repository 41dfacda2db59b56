namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>Runs a Python script of ours where it can do no harm: no network, no writable disk, little memory.</summary>
public interface IPythonRunner
{
    /// <summary>Runs a script beside files; the script's working folder is theirs.</summary>
    /// <param name="script">Source of the script.</param>
    /// <param name="files">Files by their name, which must be a plain one.</param>
    /// <param name="timeout">How long it may run.</param>
    /// <param name="cancellationToken">Ends the run and removes what it left.</param>
    /// <exception cref="TimeoutException">It ran too long.</exception>
    Task<PythonResult> RunAsync(
        string script, IReadOnlyDictionary<string, byte[]> files, TimeSpan timeout, CancellationToken cancellationToken);
}

/// <summary>Exit code and output of a script. A script that fails gives a result, not an exception.</summary>
/// <param name="ExitCode">Its exit code; 137 when it was killed.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record PythonResult(int ExitCode, string Output, string Error);
