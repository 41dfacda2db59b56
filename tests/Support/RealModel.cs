using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Support;

/// <summary>The product's model calls, for a deployment whose other neighbours are made up: replies are really asked for, over HTTP, and really kept.</summary>
internal sealed class RealModel : IAsyncDisposable
{
    private ServiceProvider? _services;

    private RealModel(FakeModelServer server) => Server = server;

    /// <summary>The endpoint; what it was asked is what was paid for.</summary>
    public FakeModelServer Server { get; }

    public static async Task<RealModel> StartAsync() => new(await FakeModelServer.StartAsync());

    /// <summary>Activities as a worker has them, on a store.</summary>
    public ILlmActivities On(IArtifactStore store)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Llm:Profiles:default:BaseUrl"] = Server.BaseUrl,
            ["Llm:Profiles:default:Model"] = "scripted",
            ["Llm:Prices:0:Model"] = "*",
            ["Llm:Prices:0:Prompt"] = "1000",
            ["Llm:Prices:0:Completion"] = "1000",
        };
        _services = new ServiceCollection()
            .AddSingleton(store)
            .AddLogging()
            .AddLlmActivities(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .BuildServiceProvider();
        return _services.GetRequiredService<ILlmActivities>();
    }

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        await Server.DisposeAsync();
    }
}
