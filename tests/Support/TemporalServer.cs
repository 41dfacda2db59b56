using Google.Protobuf.WellKnownTypes;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.OperatorService.V1;
using Temporalio.Client;
using Temporalio.Common;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Support;

/// <summary>
/// One development server for the whole test run, started when the first test asks for it and configured by
/// <c>temporal-dev.yaml</c>. <c>TEMPORAL_TEST_ADDRESS</c> (and <c>TEMPORAL_TEST_NAMESPACE</c>) select a server that runs
/// already and has the search attributes.
/// </summary>
public static class TemporalServer
{
    private static readonly Lazy<Task<WorkflowEnvironment>> Environment = new(StartAsync);
    private static string? _uiAddress;

    /// <summary>The settings that the server has.</summary>
    public static DevSettings Settings { get; } = DevSettings.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, DevSettings.FileName)));

    /// <summary>Client with the product's data converter.</summary>
    public static async Task<ITemporalClient> ClientAsync() => (await EnvironmentAsync()).Client;

    /// <summary>Address as <c>host:port</c>, for processes started by a test.</summary>
    public static async Task<string> AddressAsync() => (await ClientAsync()).Connection.Options.TargetHost!;

    /// <summary>Address of the server's web UI.</summary>
    public static async Task<string> UiAddressAsync()
    {
        await EnvironmentAsync();
        if (_uiAddress is null)
        {
            Requires.Missing("the server given by TEMPORAL_TEST_ADDRESS has a web UI that the tests do not know; set TEMPORAL_TEST_UI_ADDRESS");
        }

        return _uiAddress!;
    }

    /// <summary>Variables that make a child process use this server.</summary>
    public static async Task<Dictionary<string, string>> VariablesAsync()
    {
        var client = await ClientAsync();
        return new() { ["TEMPORAL_ADDRESS"] = client.Connection.Options.TargetHost!, ["TEMPORAL_NAMESPACE"] = client.Options.Namespace };
    }

    /// <summary>
    /// A client of a new namespace on the same server, for tests that run whole workers: task queues have fixed names, so
    /// two of them in one namespace would take each other's tasks.
    /// </summary>
    public static async Task<ITemporalClient> NewNamespaceAsync()
    {
        var client = await ClientAsync();
        var name = $"test-{Guid.NewGuid():n}";
        await client.WorkflowService.RegisterNamespaceAsync(new()
        {
            Namespace = name,
            WorkflowExecutionRetentionPeriod = Duration.FromTimeSpan(TimeSpan.FromDays(1)),
        });
        var own = new TemporalClient(client.Connection, new() { Namespace = name, DataConverter = SparkConverter.Plain });
        await AddSearchAttributesAsync(own);
        return own;
    }

    /// <summary>Adds the product's search attributes to the client's namespace, and waits until they can be asked for.</summary>
    internal static async Task AddSearchAttributesAsync(ITemporalClient client)
    {
        await Eventually.PassesAsync(async () =>
        {
            var request = new AddSearchAttributesRequest { Namespace = client.Options.Namespace };
            foreach (var key in SearchAttributes.All)
            {
                request.SearchAttributes.Add(key.Name, key.ValueType);
            }

            await client.OperatorService.AddSearchAttributesAsync(request);
        });
        await Eventually.PassesAsync(() => client.CountWorkflowsAsync("SparkBatch = 'none'"));
    }

    internal static async Task StopAsync()
    {
        if (Environment is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await Environment.Value).DisposeAsync();
        }
    }

    private static async Task<WorkflowEnvironment> EnvironmentAsync()
    {
        try
        {
            return await Environment.Value;
        }
        catch (Exception failure) when (failure is not (IgnoreException or AssertionException))
        {
            Requires.Missing($"no Temporal server: {failure.Message}; put 'temporal' on PATH or set TEMPORAL_TEST_ADDRESS");
            throw;
        }
    }

    private static async Task<WorkflowEnvironment> StartAsync()
    {
        if (System.Environment.GetEnvironmentVariable("TEMPORAL_TEST_ADDRESS") is { Length: > 0 } address)
        {
            var client = await TemporalClient.ConnectAsync(new(address)
            {
                Namespace = System.Environment.GetEnvironmentVariable("TEMPORAL_TEST_NAMESPACE") ?? Settings.Namespace,
                DataConverter = SparkConverter.Plain,
            });
            _uiAddress = System.Environment.GetEnvironmentVariable("TEMPORAL_TEST_UI_ADDRESS");
            return new WorkflowEnvironment(client);
        }

        var uiPort = DevServer.FreePort();
        _uiAddress = $"http://127.0.0.1:{uiPort}";
        return await WorkflowEnvironment.StartLocalAsync(new()
        {
            Namespace = Settings.Namespace,
            DataConverter = SparkConverter.Plain,
            UI = true,
            UIPort = uiPort,
            SearchAttributes = [.. Settings.SearchAttributes.Select(pair => Key(pair.Key, pair.Value))],
            DevServerOptions = new()
            {
                ExistingPath = Requires.FindOnPath("temporal"),
                LogLevel = "error",
                StartupTimeout = TimeSpan.FromMinutes(1),
                ExtraArgs = Settings.DynamicConfigArguments(),
            },
        });
    }

    private static SearchAttributeKey Key(string name, string type) => type switch
    {
        "Keyword" => SearchAttributeKey.CreateKeyword(name),
        "Int" => SearchAttributeKey.CreateLong(name),
        "Double" => SearchAttributeKey.CreateDouble(name),
        _ => throw new NotSupportedException($"{DevSettings.FileName}: search attribute {name} has type {type}"),
    };
}
