using System.Formats.Tar;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Support;

/// <summary>One worker's sandbox, its containers and images; all of it is gone when it is disposed.</summary>
internal sealed class SandboxBench : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _containers = [];
    private readonly List<string> _images = [];
    private readonly List<ServiceProvider> _workers = [];

    public SandboxBench(Action<SandboxOptions>? configure = null, Action<DiskOptions>? configureDisk = null)
    {
        Requires.Docker();
        Store = new FileArtifactStore(_folder["store"]);
        Configure = configure;
        ConfigureDisk = configureDisk;
        Services = NewWorker();
        Host = Services.GetRequiredService<SandboxHost>().Name;
    }

    public IArtifactStore Store { get; }

    public string Host { get; }

    /// <summary>Services of the worker that is up now.</summary>
    public ServiceProvider Services { get; private set; }

    public IContainerGateway Gateway => Services.GetRequiredService<IContainerGateway>();

    public string WorkflowId { get; init; } = $"test/{Guid.NewGuid():n}";

    public List<DateTime> Beats { get; } = [];

    /// <summary>What heartbeats showed.</summary>
    public List<string> Shown { get; } = [];

    private Action<SandboxOptions>? Configure { get; }

    private Action<DiskOptions>? ConfigureDisk { get; }

    /// <summary>A worker dies and another one starts on the same host: no connection of the old one is left.</summary>
    public void RestartWorker()
    {
        Services.Dispose();
        Services = NewWorker();
    }

    public ActivityEnvironment Environment(CancellationToken cancellationToken = default)
    {
        var environment = new ActivityEnvironment
        {
            Info = ActivityEnvironment.DefaultInfo with { WorkflowId = WorkflowId, WorkflowRunId = "run-of-test", Attempt = 1 },
            Heartbeater = details =>
            {
                lock (Beats)
                {
                    Beats.Add(DateTime.UtcNow);
                    Shown.AddRange(details.OfType<string>());
                }
            },
        };
        cancellationToken.Register(environment.Cancel);
        return environment;
    }

    public Task<T> DoAsync<T>(Func<ISandboxActivities, Task<T>> activity, CancellationToken cancellationToken = default) =>
        Environment(cancellationToken).RunAsync(() => activity(Services.GetRequiredService<ISandboxActivities>()));

    /// <summary>Builds an image from a Dockerfile, and other files of its context.</summary>
    public async Task<PreparedImage> BuildAsync(
        string dockerfile, double timeoutSec = 300, string? digest = null, bool withoutSkills = false, string? image = null,
        long? storageMb = null, CancellationToken cancellationToken = default, params (string Name, string Content)[] files)
    {
        var context = await TarAsync([("Dockerfile", dockerfile), .. files]);
        digest ??= context.Sha256;
        _images.Add(SandboxLabels.ImageTag(digest, withoutSkills));
        return await DoAsync(
            sandbox => sandbox.PrepareAsync(new PrepareRequest
            {
                Task = "test", EnvironmentDigest = digest, Environment = context, BuildTimeoutSec = timeoutSec, WithoutSkills = withoutSkills, DockerImage = image,
                StorageMb = storageMb,
            }),
            cancellationToken);
    }

    public async Task<StartedSandbox> StartAsync(
        string image = "debian:bookworm-slim", TaskSettings? settings = null, bool shell = true, double deadlineSec = 600, int ordinal = 1,
        ArtifactRef? skills = null, bool withoutSkills = false)
    {
        var started = await DoAsync(sandbox => sandbox.StartAsync(new StartRequest
        {
            Image = image, Task = "test", Ordinal = ordinal, DeadlineSec = deadlineSec, Settings = settings ?? new TaskSettings(), Shell = shell, Run = WorkflowId,
            Skills = skills, WithoutSkills = withoutSkills,
        }));
        _containers.Add(started.Container);
        return started;
    }

    /// <summary>Runs commands as one turn.</summary>
    /// <returns>The reply, and the tool messages that were added.</returns>
    public async Task<(TurnReply Reply, IReadOnlyList<ChatMessage> Answers)> TurnAsync(
        string container, int turn, double timeoutSec, IReadOnlyList<string> commands, int outputCharacters = 16_000, CancellationToken cancellationToken = default)
    {
        return await TurnAsync(container, turn, timeoutSec, await SayAsync(null, commands), outputCharacters, cancellationToken);
    }

    /// <summary>Runs the turn that a conversation asks for.</summary>
    public async Task<(TurnReply Reply, IReadOnlyList<ChatMessage> Answers)> TurnAsync(
        string container, int turn, double timeoutSec, ArtifactRef conversation, int outputCharacters = 16_000, CancellationToken cancellationToken = default)
    {
        var reply = await DoAsync(
            sandbox => sandbox.RunTurnAsync(new TurnRequest
            {
                Container = container, Turn = turn, Conversation = conversation, TimeoutSec = timeoutSec, OutputCharacters = outputCharacters,
            }),
            cancellationToken);
        var messages = await Store.ReadConversationAsync(reply.Conversation, CancellationToken.None);
        return (reply, [.. messages.Skip(1)]);
    }

    /// <summary>A conversation that ends with an assistant's calls; each is one of its own, as each reply of a model is.</summary>
    public Task<ArtifactRef> SayAsync(ArtifactRef? before, IReadOnlyList<string> commands) => Store.AppendAsync(
        before,
        [new ChatMessage { Role = ChatRoles.Assistant, Timestamp = DateTimeOffset.UtcNow, ToolCalls = [.. commands.Select((command, i) => new ToolCall($"call-{i}", "shell", "{}", command))] }],
        CancellationToken.None);

    public async Task<VerifyReply> VerifyAsync(
        string container, string script, TaskSettings? settings = null, double timeoutSec = 60, bool stopServices = false, params (string Name, string Content)[] files)
    {
        var tests = await TarAsync([("test.sh", script), .. files]);
        return await DoAsync(sandbox => sandbox.VerifyAsync(new VerifyRequest
        {
            Container = container, Tests = tests, Settings = settings ?? new TaskSettings(), TimeoutSec = timeoutSec, StopServices = stopServices,
        }));
    }

    /// <summary>Images that are gone with it.</summary>
    public void Owns(params string[] images) => _images.AddRange(images);

    public async Task<string> TextAsync(ArtifactRef reference)
    {
        await using var stream = await Store.OpenAsync(reference, CancellationToken.None);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Verifies in a container of the verifier's own.</summary>
    public async Task<VerifyReply> VerifyApartAsync(
        string container, VerdictMode mode, string image, string script, TaskSettings? settings = null, double timeoutSec = 60, params (string Name, string Content)[] files)
    {
        var tests = await TarAsync([("test.sh", script), .. files]);
        return await DoAsync(sandbox => sandbox.VerifyAsync(new VerifyRequest
        {
            Container = container, Tests = tests, Settings = settings ?? new TaskSettings(), TimeoutSec = timeoutSec, Mode = mode, Image = image,
        }));
    }

    public async Task<ArtifactRef> TarAsync(params (string Name, string Content)[] files)
    {
        using var buffer = new MemoryStream();
        await using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name)
                {
                    Mode = (UnixFileMode)0b110_100_100,
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)),
                });
            }
        }

        return await Store.PutBytesAsync(buffer.ToArray(), MediaTypes.Tar, CancellationToken.None);
    }

    public async Task<bool> ExistsAsync(string container) => await Gateway.FindAsync(container, withSize: false, CancellationToken.None) is not null;

    public async ValueTask DisposeAsync()
    {
        foreach (var container in _containers)
        {
            await Gateway.RemoveAsync(container, CancellationToken.None);
        }

        using var images = new TestImages();
        foreach (var image in _images)
        {
            await images.RemoveAsync(image);
        }

        foreach (var worker in _workers)
        {
            await worker.DisposeAsync();
        }

        _folder.Dispose();
    }

    private ServiceProvider NewWorker()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(Store);
        services.AddDiskCheck(ConfigureDisk).AddSandboxActivities(options =>
        {
            options.Host = "test-host";
            options.StateFolder = _folder["state"];
            Configure?.Invoke(options);
        });
        var worker = services.BuildServiceProvider();
        _workers.Add(worker);
        return worker;
    }
}
