using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>
/// The dashboard that is served beside a batch while its command runs. A failure of the dashboard does not stop the
/// command.
/// </summary>
internal static class DashboardHost
{
    public const int Port = 8765;

    /// <summary>Starts it where standard output is a terminal, or where a port was named.</summary>
    /// <param name="session">Where the runs are.</param>
    /// <param name="batch">Batch whose page is named; null for all.</param>
    /// <param name="request">What the options ask for.</param>
    /// <param name="output">Where its address is printed.</param>
    /// <returns>What to dispose at the end; null where none was started.</returns>
    public static DashboardServer? TryStart(SparkSession session, string? batch, DashboardRequest request, CliOutput output)
    {
        var port = request.Port ?? Port;
        if (!request.Wanted || (request.Port is null && !output.Console.Profile.Out.IsTerminal))
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
            output.Note($"No dashboard: port {port} is taken ({PlainText.OneLine(taken.Message)}). The dashboard on that port shows all batches; for another one give --port N");
            return null;
        }
    }
}
