using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spectre.Console;

namespace Spark.Temporal.Starter.Cli;

/// <summary>
/// Where a command prints. Data goes to standard output, and with <c>--json</c> nothing else does; progress, notes and
/// errors go to standard error. Tests pass writers of their own.
/// </summary>
internal sealed class CliOutput(TextWriter output, TextWriter error)
{
    private const int PipedWidth = 200;

    public TextWriter Out { get; } = output;

    public TextWriter Error { get; } = error;

    /// <summary>Rich output on standard output; plain when it is piped or <c>NO_COLOR</c> is set.</summary>
    public IAnsiConsole Console { get; } = Rich(output);

    /// <summary>Rich output on standard error, for progress.</summary>
    public IAnsiConsole Progress { get; } = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });

    /// <summary>
    /// Whether progress may move the cursor. Where it may not (piped, <c>NO_COLOR</c>, a terminal that cannot), progress is
    /// one line per event.
    /// </summary>
    public bool Live => Progress.Profile is { Out.IsTerminal: true, Capabilities.Ansi: true } && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <summary>
    /// One line of data. It may hold text of agents, tasks and models, so escape sequences are removed before the terminal
    /// gets it.
    /// </summary>
    public void Line(string text = "") => Out.WriteLine(PlainText.Printable(text));

    /// <summary>One line of progress or explanation, on standard error. Where a terminal is gone nobody reads it, and what the command has to end must not fail for it.</summary>
    public void Note(string text)
    {
        try
        {
            Error.WriteLine(PlainText.Printable(text));
        }
        catch (IOException)
        {
            // There is nowhere left to say it.
        }
    }

    /// <summary>One JSON document on standard output.</summary>
    public void Json<T>(T value) => Out.WriteLine(JsonSerializer.Serialize(value, SparkJson.Indented));

    /// <summary>What went wrong, on standard error; an error envelope on standard output when JSON was asked for.</summary>
    /// <returns>The exit code given.</returns>
    public int Fail(string message, bool json = false, int exitCode = ExitCodes.Failed)
    {
        if (json)
        {
            Json(new { Error = new { Message = message, ExitCode = exitCode } });
        }

        Note($"spark: {message}");
        return exitCode;
    }

    private static IAnsiConsole Rich(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!console.Profile.Out.IsTerminal)
        {
            // A pipe has no screen width that a table would have to fit.
            console.Profile.Width = PipedWidth;
        }

        return console;
    }
}
