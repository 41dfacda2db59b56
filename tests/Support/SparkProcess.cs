using System.Diagnostics;

namespace Spark.Temporal.Tests.Support;

/// <summary>Runs <c>spark</c> as a user does.</summary>
internal static class SparkProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    /// <summary>The one built with the tests, or the installed one that <c>SPARK_TEST_PROGRAM</c> names.</summary>
    public static string Program { get; } = Environment.GetEnvironmentVariable("SPARK_TEST_PROGRAM") ?? Path.Combine(AppContext.BaseDirectory, "spark");

    /// <summary>Runs a command to its end; what it prints with <c>--json</c> must fit its schema.</summary>
    /// <param name="arguments">What stands behind <c>spark</c>.</param>
    /// <param name="folder">Working folder.</param>
    /// <param name="environment">Variables to set.</param>
    /// <param name="patience">How long it may take; null for eight minutes: the first build of a published task installs packages.</param>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        IReadOnlyList<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null, TimeSpan? patience = null)
    {
        using var process = Start(arguments, folder, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(patience ?? Patience);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"spark {string.Join(' ', arguments)} does not end: {await error}");
        }

        var (printed, noted) = (await output, await error);
        JsonOutputs.Check(arguments, printed, noted);
        return (process.ExitCode, printed, noted);
    }

    /// <summary>Starts a command; the caller ends it.</summary>
    public static Process Start(IReadOnlyList<string> arguments, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = Signals.Heard(Program, arguments);
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, folder ?? Environment.CurrentDirectory);
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("TEMPORAL_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
