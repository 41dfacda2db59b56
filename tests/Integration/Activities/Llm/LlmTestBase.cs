using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>A model server, a store and the activities as a worker has them, for each test its own.</summary>
public abstract class LlmTestBase
{
    private ServiceProvider? _services;

    protected FakeModelServer Server { get; private set; } = null!;

    protected TemporaryFolder Folder { get; private set; } = null!;

    protected IArtifactStore Store { get; set; } = null!;

    protected LogLines Logs { get; private set; } = null!;

    /// <summary>The variable that the profile's key is read from.</summary>
    protected string KeyVariable { get; private set; } = "";

    /// <summary>A key that must not appear anywhere.</summary>
    protected string Canary { get; private set; } = "";

    [SetUp]
    public async Task StartAsync()
    {
        Server = await FakeModelServer.StartAsync();
        Folder = new TemporaryFolder();
        Store = new FileArtifactStore(Folder["store"]);
        Logs = new LogLines();
        KeyVariable = $"SPARK_TEST_KEY_{Guid.NewGuid():n}";
        Canary = $"canary-{Guid.NewGuid():n}";
        Environment.SetEnvironmentVariable(KeyVariable, Canary);
    }

    [TearDown]
    public async Task StopAsync()
    {
        Environment.SetEnvironmentVariable(KeyVariable, null);
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }

        await Server.DisposeAsync();
        Logs.Dispose();
        Folder.Dispose();
    }

    /// <summary>Activities registered as in a worker, with more settings below <c>Llm</c>.</summary>
    protected ILlmActivities Activities(params (string Field, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>
        {
            ["Llm:Profiles:default:BaseUrl"] = Server.BaseUrl,
            ["Llm:Profiles:default:Model"] = "scripted",
            ["Llm:Profiles:default:KeyVariable"] = KeyVariable,
        };
        foreach (var (field, value) in settings)
        {
            values[$"Llm:{field}"] = value;
        }

        _services?.Dispose();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        _services = new ServiceCollection()
            .AddSingleton(Store)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Logs))
            .AddLlmActivities(configuration)
            .BuildServiceProvider();
        return _services.GetRequiredService<ILlmActivities>();
    }

    /// <summary>A request whose conversation is a system prompt and the given messages.</summary>
    protected async Task<LlmRequest> RequestAsync(params ChatMessage[] messages) => new()
    {
        Model = new ModelChoice(),
        Purpose = LlmPurposes.Agent,
        Conversation = await Store.AppendAsync(null, [System, .. messages.Length > 0 ? messages : [User("Do it.")]], CancellationToken.None),
        Call = 1,
        FirstRunId = "first-run",
        Task = "hello-world",
        Tools = true,
        InlineCharacters = 10_000,
    };

    protected static ChatMessage System { get; } = new() { Role = ChatRoles.System, Content = "You act." };

    protected static ChatMessage User(string content) => new() { Role = ChatRoles.User, Content = content };

    /// <summary>Runs a call as the activity of a workflow.</summary>
    protected static Task<LlmReply> CallAsync(ILlmActivities activities, LlmRequest request, ActivityEnvironment? environment = null) =>
        (environment ?? NewEnvironment()).RunAsync(() => StorageFailures.TypedAsync(() => activities.CompleteAsync(request)));

    protected static ActivityEnvironment NewEnvironment() => new()
    {
        Info = ActivityEnvironment.DefaultInfo with { WorkflowId = "skill/batch/model/hello-world/attempt-1" },
    };

    /// <summary>Runs a call that must fail.</summary>
    protected static async Task<ApplicationFailureException> FailureAsync(ILlmActivities activities, LlmRequest request) =>
        (await Assert.ThrowsAsync<ApplicationFailureException>(() => CallAsync(activities, request)))!;

    /// <summary>The message that a reply added.</summary>
    protected async Task<ChatMessage> SaidAsync(LlmReply reply) =>
        (await Store.ReadConversationAsync(reply.Conversation, CancellationToken.None))[^1];
}
