using Google.Protobuf.WellKnownTypes;
using Spark.Temporal.Wire;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;
using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>The real server, all its services in one process, on PostgreSQL: four history shards, databases by the server's own tool.</summary>
internal sealed class PostgresCluster : ISoakCluster
{
    private const string Namespace = "soak";

    private readonly TemporaryFolder _folder = new();
    private readonly Postgres _database;
    private readonly int _port = DevServer.FreePort();
    private ProcessMark? _server;

    private PostgresCluster(Postgres database) => _database = database;

    public ITemporalClient Client { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>
    {
        ["TEMPORAL_ADDRESS"] = $"127.0.0.1:{_port}", ["TEMPORAL_NAMESPACE"] = Namespace,
    };

    private string Log => _folder["server.log"];

    /// <summary>Whether all programs are on this machine.</summary>
    public static bool IsThere => Postgres.IsThere && Requires.FindOnPath("temporal-server") is not null && Requires.FindOnPath("temporal-sql-tool") is not null;

    /// <summary>Skips the test where a program is missing.</summary>
    public static void Require()
    {
        Postgres.Require();
        Requires.Command("temporal-server");
        Requires.Command("temporal-sql-tool");
    }

    public static async Task<PostgresCluster> StartAsync()
    {
        Require();
        var cluster = new PostgresCluster(await Postgres.StartAsync());
        try
        {
            await cluster.MakeDatabaseAsync("temporal");
            await cluster.MakeDatabaseAsync("visibility");
            cluster.WriteConfiguration();
            await cluster.StartServerAsync();
            cluster.Client = new TemporalClient(
                await TemporalConnection.ConnectAsync(new($"127.0.0.1:{cluster._port}")), new() { Namespace = Namespace, DataConverter = SparkConverter.Plain });
            await Eventually.PassesAsync(() => cluster.Client.WorkflowService.RegisterNamespaceAsync(new()
            {
                Namespace = Namespace, WorkflowExecutionRetentionPeriod = Duration.FromTimeSpan(TimeSpan.FromDays(1)),
            }));
            await TemporalServer.AddSearchAttributesAsync(cluster.Client);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async Task KillAndRestartAsync()
    {
        _server!.Signal(ProcessMark.Kill);
        await _server.ExitedAsync(CancellationToken.None);
        await StartServerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.StopAsync(ProcessMark.Terminate, TimeSpan.FromSeconds(10));
        }

        await _database.DisposeAsync();
        _folder.Dispose();
    }

    private async Task MakeDatabaseAsync(string name)
    {
        string[] tool =
        [
            "temporal-sql-tool", "--plugin", "postgres12", "--endpoint", "127.0.0.1", "--port", $"{_database.Port}", "--user", "postgres", "--password", "none", "--database", name,
        ];
        await Postgres.RunAsync([.. tool, "create-database"]);
        await Postgres.RunAsync([.. tool, "setup-schema", "-v", "0.0"]);
        await Postgres.RunAsync([.. tool, "update-schema", "--schema-name", $"postgresql/v12/{name}"]);
    }

    private async Task StartServerAsync()
    {
        _server = DetachedProcess.Start(
            Requires.FindOnPath("temporal-server")!, ["--root", _folder.Path, "--config", "config", "--env", "soak", "--allow-no-auth", "start"], Log);
        await Eventually.PassesAsync(
            async () =>
            {
                Assert.That(_server.IsAlive, Is.True, () => DetachedProcess.Tail(Log));
                var connection = await TemporalConnection.ConnectAsync(new($"127.0.0.1:{_port}"));
                Assert.That(await connection.CheckHealthAsync(), Is.True, () => DetachedProcess.Tail(Log));
            },
            TimeSpan.FromSeconds(90));
    }

    private void WriteConfiguration()
    {
        Directory.CreateDirectory(_folder["config"]);
        File.WriteAllText(
            _folder["config/dynamic.yaml"],
            string.Concat(TemporalServer.Settings.DynamicConfig.Select(pair => $"{pair.Key}:\n  - value: {pair.Value}\n")));
        File.WriteAllText(
            _folder["config/soak.yaml"],
            $$"""
            log: { stdout: true, level: error }
            persistence:
              numHistoryShards: 4
              defaultStore: default
              visibilityStore: visibility
              datastores:
                default: { sql: { {{Sql("temporal")}} } }
                visibility: { sql: { {{Sql("visibility")}} } }
            global:
              membership: { maxJoinDuration: 30s, broadcastAddress: "127.0.0.1" }
            services:
            {{string.Join('\n', new[] { "frontend", "matching", "history", "worker" }.Select(Service))}}
            clusterMetadata:
              enableGlobalNamespace: false
              failoverVersionIncrement: 10
              masterClusterName: active
              currentClusterName: active
              clusterInformation:
                active: { enabled: true, initialFailoverVersion: 1, rpcName: frontend, rpcAddress: "127.0.0.1:{{_port}}" }
            dcRedirectionPolicy: { policy: noop }
            publicClient: { hostPort: "127.0.0.1:{{_port}}" }
            dynamicConfigClient: { filepath: "{{_folder["config/dynamic.yaml"]}}", pollInterval: 60s }
            """);
    }

    private string Service(string name) =>
        $"  {name}: {{ rpc: {{ grpcPort: {(name == "frontend" ? _port : DevServer.FreePort())}, membershipPort: {DevServer.FreePort()}, bindOnLocalHost: true }} }}";

    private string Sql(string database) =>
        $"""pluginName: postgres12, databaseName: {database}, connectAddr: "127.0.0.1:{_database.Port}", connectProtocol: tcp, user: postgres, password: none, maxConns: 20, maxIdleConns: 20, maxConnLifetime: 1h""";
}
