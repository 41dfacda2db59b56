using System.Diagnostics;

namespace Spark.Temporal.Tests.Support;

/// <summary>Runs any program to its end.</summary>
internal static class ProgramRun
{
    /// <summary>Runs it; killed with all that it started when it takes too long.</summary>
    /// <param name="program">Path or name of the program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Working folder; null for this process's own.</param>
    /// <param name="environment">Variables to set; null takes one away.</param>
    /// <param name="patience">How long it may take; null for two minutes.</param>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program,
        IReadOnlyList<string> arguments,
        string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        TimeSpan? patience = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Environment.CurrentDirectory,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} does not end: {await output}{await error}");
        }

        return (process.ExitCode, await output, await error);
    }

    /// <summary>The same for a program that must succeed.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> OutputAsync(
        string program,
        IReadOnlyList<string> arguments,
        string? folder = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        TimeSpan? patience = null)
    {
        var (code, output, error) = await RunAsync(program, arguments, folder, environment, patience);
        Assert.That(code, Is.Zero, $"{program} {string.Join(' ', arguments)}: {output}{error}");
        return output;
    }
}
