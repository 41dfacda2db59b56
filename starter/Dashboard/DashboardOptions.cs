using System.CommandLine;
using Spark.Temporal.Starter.RunOptions;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>Options of every command that may have a live page beside it.</summary>
internal sealed class DashboardOptions
{
    private readonly Option<bool> _none = new("--no-dashboard")
    {
        Description = "Show no live page while the command runs; there is none either where output is piped and no --port is given.",
    };

    private readonly Option<int?> _port = RunSettings.Positive(new Option<int?>("--port") { Description = $"Port of the live page; default {DashboardHost.Port}." });

    public void AddTo(Command command)
    {
        command.Add(_none);
        command.Add(_port);
    }

    public DashboardWish Of(ParseResult parsed) => new(!parsed.GetValue(_none), parsed.GetValue(_port));
}

/// <summary>Whether a live page may stand beside a command.</summary>
/// <param name="Wanted">False when it was declined.</param>
/// <param name="Port">Port that was asked for; null for the usual one, and then only where a person is there to look.</param>
internal sealed record DashboardWish(bool Wanted = true, int? Port = null);
