using System.CommandLine;
using Spark.Temporal.Starter.RunOptions;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>Options of every command that may have a live page beside it.</summary>
internal sealed class DashboardOptions
{
    private readonly Option<bool> _none = new("--no-dashboard")
    {
        Description = "Serve no live page while the command runs. Without --port, piped output has no live page either.",
    };

    private readonly Option<int?> _port = RunSettings.Positive(new Option<int?>("--port") { Description = $"Port of the live page; default {DashboardHost.Port}." });

    public void AddTo(Command command)
    {
        command.Add(_none);
        command.Add(_port);
    }

    public DashboardRequest Of(ParseResult parsed) => new(!parsed.GetValue(_none), parsed.GetValue(_port));
}

/// <summary>Whether a live page may be served beside a command.</summary>
/// <param name="Wanted">False when it was declined.</param>
/// <param name="Port">Port that was asked for; null for the usual one, and then only on a terminal.</param>
internal sealed record DashboardRequest(bool Wanted = true, int? Port = null);
