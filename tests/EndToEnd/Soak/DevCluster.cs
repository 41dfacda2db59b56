using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>The development server with its database in a file.</summary>
internal sealed class DevCluster : ISoakCluster
{
    private readonly TemporaryFolder _folder = new();
    private readonly StateFolder _state;
    private readonly DevSettings _settings = TemporalServer.Settings with { Port = DevServer.FreePort(), UiPort = DevServer.FreePort() };
    private readonly CliOutput _output = new(TextWriter.Null, TextWriter.Null);
    private UpRecord _server = null!;

    private DevCluster() => _state = new StateFolder(_folder[".spark"]);

    public ITemporalClient Client { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["TEMPORAL_ADDRESS"] = _server.Address, ["TEMPORAL_NAMESPACE"] = _server.Namespace,
    };

    public static async Task<DevCluster> StartAsync()
    {
        Requires.Command("temporal");
        var cluster = new DevCluster();
        cluster._server = await DevServer.StartAsync(cluster._state, cluster._settings, cluster._output, CancellationToken.None);
        cluster.Client = await TemporalClient.ConnectAsync(new(cluster._server.Address) { Namespace = cluster._server.Namespace, DataConverter = SparkConverter.Plain });
        return cluster;
    }

    public async Task KillAndRestartAsync()
    {
        _server.Server.Signal(ProcessMark.Kill);
        await _server.Server.ExitedAsync(CancellationToken.None);
        _server = await DevServer.StartAsync(_state, _settings, _output, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await DevServer.StopAsync(_server.Server);
        _folder.Dispose();
    }
}
