using System.CommandLine;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Serve;

/// <summary><c>spark down</c>.</summary>
internal static class DownCommand
{
    public static Command Create(CliOutput output)
    {
        var json = CommonOptions.Json();
        var state = new Option<string?>("--state") { Description = "State folder. Default: .spark/ in the working folder.", HelpName = "DIR" };
        var unused = new Option<bool>("--if-unused") { Description = "Only a server and a worker that no command uses any more." };
        var now = new Option<bool>("--now") { Description = "Do not wait for model calls in flight; they are paid for again when the runs go on." };
        var command = new Command(
            "down",
            """
            Stops what a folder runs: spark up and other commands that use its server, its worker, its server. State stays
            in .spark/, so the next start goes on with every run. Exits 0 also where nothing runs.

            Example:
              spark down
            """) { state, unused, now, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var folder = new StateFolder(parsed.GetValue(state) ?? Path.Combine(Environment.CurrentDirectory, ".spark"));
            var stop = new FolderStop(folder);
            var stopped = parsed.GetValue(unused)
                ? await stop.StopUnusedAsync(cancellationToken)
                : await stop.StopAsync(parsed.GetValue(now), Waiting, cancellationToken);
            if (parsed.GetValue(json))
            {
                output.Json(new { Folder = folder.Path, Stopped = stopped.Select(process => new { Kind = Name(process.Kind), process.Mark.Pid }) });
                return ExitCodes.Good;
            }

            foreach (var process in stopped)
            {
                output.Line($"stopped {Name(process.Kind)} (process {process.Mark.Pid})");
            }

            if (stopped.Count == 0)
            {
                output.Line($"nothing {(parsed.GetValue(unused) ? "unused " : "")}runs in {folder.Path}");
            }

            return ExitCodes.Good;
        });
        return command;

        void Waiting(LocalProcess process) =>
            output.Note($"The command of process {process.Mark.Pid} is told to stop{(OperatingSystem.IsLinux() ? $": {LocalProcesses.Title(process.Mark.Pid)}" : "")}");
    }

    private static string Name(LocalKind kind) => kind switch
    {
        LocalKind.Command => "command",
        LocalKind.Worker => "worker",
        _ => "server",
    };
}
