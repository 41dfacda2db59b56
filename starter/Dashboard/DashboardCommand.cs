using System.CommandLine;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary><c>spark dashboard</c>: a live page of all batches, or of one.</summary>
internal static class DashboardCommand
{
    public static Command Create(CliOutput output)
    {
        var batch = new Argument<string?>("BATCH") { Description = "Batch to open first; without it all batches are listed.", Arity = ArgumentArity.ZeroOrOne };
        var port = RunSettings.Between(1, 65_535, new Option<int>("--port") { Description = "Port.", DefaultValueFactory = _ => DashboardHost.Port });
        var bind = new Option<string?>("--bind") { Description = "Address to listen on; on any address but this machine's own, the page asks for the token." };
        var token = new Option<string?>("--token") { Description = "Token that every page must bring; generated where --bind needs one." };
        var json = CommonOptions.Json();
        var command = new Command(
            "dashboard",
            """
            Shows batches as a live web page: tasks and attempts, PDI, memos and what changed in them, commands, evidence,
            skill, cost. It only reads; stop it with Ctrl-C and start it again at any time.

            Example:
              spark dashboard night --port 8765
            """) { batch, port, bind, token, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var access = DashboardAccess.Of(parsed.GetValue(bind), parsed.GetValue(token));
            await using var session = await SparkSession.OpenAsync(output, new() { NeedsWorker = false }, cancellationToken);
            await using var server = Start(session, parsed.GetValue(port), access);
            var page = server.EntryAddress + (parsed.GetValue(batch) is { Length: > 0 } name ? $"#/batch/{Uri.EscapeDataString(PlainText.Slug(name))}" : "");
            if (parsed.GetValue(json))
            {
                output.Json(new { Address = page, WebUi = session.UiAddress });
            }
            else
            {
                output.Line(page);
                output.Note(access.Local ? "Ctrl-C stops it." : "Anyone with this address can read every run. Ctrl-C stops it.");
            }

            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            return ExitCodes.Good;
        });
        return command;
    }

    private static DashboardServer Start(SparkSession session, int port, DashboardAccess access)
    {
        try
        {
            return DashboardServer.Start(port, new DashboardFeed(session), access);
        }
        catch (IOException taken)
        {
            throw new CliException($"cannot listen on {access.Bind}, port {port} ({PlainText.OneLine(taken.Message)}); a dashboard may run there already, or choose another --port");
        }
    }
}
