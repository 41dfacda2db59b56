using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>The dashboard that stands beside a batch while its command runs. What goes wrong with it is no reason to stop.</summary>
internal static class DashboardHost
{
    public const int Port = 8765;

    /// <summary>Starts it where a person is there to look, or asked for it by naming a port.</summary>
    /// <param name="session">Where the runs are.</param>
    /// <param name="batch">Batch whose page is named; null for all.</param>
    /// <param name="wish">What was asked for.</param>
    /// <param name="output">Where its address is told.</param>
    /// <returns>What to dispose at the end; null where none was started.</returns>
    public static DashboardServer? TryStart(SparkSession session, string? batch, DashboardWish wish, CliOutput output)
    {
        var port = wish.Port ?? Port;
        if (!wish.Wanted || (wish.Port is null && !output.Console.Profile.Out.IsTerminal))
        {
            return null;
        }

        try
        {
            var server = DashboardServer.Start(port, new DashboardFeed(session), DashboardAccess.Of(null, null));
            output.Note($"dashboard  {server.Address}{(batch is null ? "" : $"#/batch/{Uri.EscapeDataString(PlainText.Slug(batch))}")}");
            return server;
        }
        catch (IOException taken)
        {
            output.Note($"No dashboard: port {port} is taken ({PlainText.OneLine(taken.Message)}). Another one shows all batches, or: --port N");
            return null;
        }
    }
}
