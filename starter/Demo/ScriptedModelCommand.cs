using System.CommandLine;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Demo;

/// <summary>
/// <c>spark scripted-model</c>: the demo's model in a process of its own. Hidden; for tests and for trying requests by
/// hand.
/// </summary>
internal static class ScriptedModelCommand
{
    public static Command Create(CliOutput output)
    {
        var port = new Option<int>("--port") { Description = "Port on the loopback address; 0 takes a free one." };
        var scripts = new Option<string?>("--scripts") { Description = "Folder of scripts; the demo's own without it." };
        var delay = new Option<int>("--delay-ms") { Description = "Milliseconds each reply is held back." };
        var command = new Command(
            "scripted-model",
            "Serves the demo's scripted model until Ctrl-C. Prints its base address on the first line.\n\nExample: spark scripted-model --port 8099")
        {
            port, scripts, delay,
        };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => RunAsync(
            output,
            parsed.GetValue(scripts) ?? DemoSamples.ScriptsDir,
            parsed.GetValue(port),
            TimeSpan.FromMilliseconds(parsed.GetValue(delay)),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        CliOutput output, string scripts, int port, TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var server = Start(scripts, port, delay);
        output.Line(server.BaseAddress.ToString());
        await output.Out.FlushAsync(cancellationToken);
        output.Note("A scripted model answers here with prepared replies; there is no language model behind it. Ctrl-C ends it.");
        await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(
            _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return ExitCodes.Good;
    }

    private static ScriptedModelServer Start(string scripts, int port, TimeSpan delay)
    {
        try
        {
            return ScriptedModelServer.Start(scripts, port, delay);
        }
        catch (Exception missing) when (missing is InvalidDataException or DirectoryNotFoundException)
        {
            throw new CliException($"--scripts: {missing.Message}");
        }
        catch (IOException taken)
        {
            throw new CliException($"cannot listen on port {port}: {taken.Message}; choose another with --port");
        }
    }
}
