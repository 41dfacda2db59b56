using System.Diagnostics;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Servers;

/// <summary>
/// Starts a process in a session of its own, with its output in a log file. Ctrl-C at the terminal does not reach it, and
/// it goes on when this process is killed.
/// </summary>
internal static class DetachedProcess
{
    /// <param name="program">Path of the program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="log">File to which its output is appended.</param>
    /// <param name="environment">Variables to set; null removes one.</param>
    /// <exception cref="CliException">It cannot be started.</exception>
    public static ProcessMark Start(
        string program, IReadOnlyList<string> arguments, string log, IReadOnlyDictionary<string, string?>? environment = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(log)!);

        // Every step of the shell is an exec, so the process id is the program's.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("""
            log=$1; shift
            command -v setsid >/dev/null 2>&1 && exec setsid "$@" >>"$log" 2>&1 </dev/null
            exec "$@" >>"$log" 2>&1 </dev/null
            """);
        foreach (var argument in (string[])["sh", log, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new CliException($"{program} cannot be started");
        return ProcessMark.Of(process.Id) ?? throw new CliException($"{program} ended at once; see {log}");
    }

    /// <summary>The last lines of a log, for an error message.</summary>
    public static string Tail(string log, int lines = 8)
    {
        try
        {
            return string.Join('\n', File.ReadLines(log).TakeLast(lines));
        }
        catch (IOException)
        {
            return "";
        }
    }
}
