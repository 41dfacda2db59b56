using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire;

namespace Spark.Temporal.Starter.Serve;

/// <summary><c>spark up</c>.</summary>
internal static class UpCommand
{
    public static Command Create(CliOutput output)
    {
        var json = CommonOptions.Json();
        var port = RunSettings.Between(1, 65_535, new Option<int?>("--port") { Description = $"Port of the server instead of the one in {DevSettings.FileName}." });
        var uiPort = RunSettings.Between(1, 65_535, new Option<int?>("--ui-port") { Description = "Port of the web UI." });
        var codecPort = RunSettings.Between(1, 65_535, new Option<int?>("--codec-port") { Description = "Port of the codec server, which decodes encrypted payloads for the web UI." });
        var command = new Command(
            "up",
            """
            Starts the development server, its web UI and a worker, until Ctrl-C. State stays in .spark/, so the next
            start goes on with every run.

            Example:
              spark up --port 7300 --ui-port 8300
            """) { port, uiPort, codecPort, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var working = Environment.CurrentDirectory;
            var settings = DevSettingsFile.Read(working);
            settings = settings with
            {
                Port = parsed.GetValue(port) ?? settings.Port,
                UiPort = parsed.GetValue(uiPort) ?? settings.UiPort,
                CodecPort = parsed.GetValue(codecPort) ?? settings.CodecPort,
            };
            var up = new UpSession(new StateFolder(Path.Combine(working, ".spark")), settings, output, parsed.GetValue(json));
            await up.RunAsync(cancellationToken);
            return ExitCodes.Good;
        });
        return command;
    }
}
