using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Agents;

/// <summary>The agents' proxy before a stand-in for a model, with the settings of a test.</summary>
public abstract class ProxyFixture : IAsyncDisposable
{
    protected const string Variable = "SPARK_TEST_PROXY_KEY";
    protected const string Key = "sk-canary-real-key-of-the-proxy";

    protected TemporaryFolder Folder { get; } = new();
    protected HttpClient Http { get; } = new();
    protected FakeModelServer Model { get; private set; } = null!;
    internal ModelProxy Proxy { get; private set; } = null!;
    protected LlmProfile Profile { get; private set; } = null!;

    [SetUp]
    public async Task StartAsync()
    {
        Environment.SetEnvironmentVariable(Variable, Key);
        Model = await FakeModelServer.StartAsync();
        Proxy = NewProxy();
    }

    [TearDown]
    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await Model.DisposeAsync();
        Http.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    internal static RunToken Unsigned(double? budget = null) => new()
    {
        Account = "account",
        Run = "eval/a/b",
        Task = "a task",
        Api = "openai",
        Model = new ModelChoice(Name: "priced"),
        BudgetUsd = budget,
        Expires = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds(),
    };

    protected string Token(double? budget = null) => Proxy.Sign(Unsigned(budget));

    protected async Task<HttpResponseMessage> PostAsync(string token, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{await Proxy.UrlAsync(AgentApi.Openai, default)}/chat/completions")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        return await Http.SendAsync(request);
    }

    internal ModelProxy NewProxy()
    {
        var llm = new LlmOptions
        {
            Profiles = { ["default"] = Profile = new LlmProfile { BaseUrl = Model.BaseUrl, KeyVariable = Variable } },
            Prices = { new ModelPrice { Model = "priced", Prompt = 10, Completion = 10 } },
        };
        return new ModelProxy(
            Options.Create(new ProxyOptions { ProxyAddress = "127.0.0.1" }),
            Options.Create(llm),
            new SandboxOptions { StateFolder = Folder["state"] },
            new DockerContainerGateway("unix:///nowhere"),
            NullLogger<ModelProxy>.Instance)
        {
            Addresses = new ContainerAddresses(
                (container, _) => Task.FromResult<IReadOnlyList<string>>(container switch { "mine" => ["172.17.0.9", "127.0.0.1"], "other" => ["172.17.0.8"], _ => [] }),
                TimeProvider.System),
        };
    }

    /// <summary>The worker goes and comes back.</summary>
    protected async Task RestartAsync()
    {
        await Proxy.DisposeAsync();
        Proxy = NewProxy();
        await Proxy.ResumeAsync(default);
    }
}
