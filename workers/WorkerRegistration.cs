using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities;
using Spark.Temporal.Activities.Agents;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Common;
using Temporalio.Extensions.Hosting;
using Temporalio.Worker;

namespace Spark.Temporal.Workers;

/// <summary>Everything the worker process runs, as one registration for the program and for tests.</summary>
public static class WorkerRegistration
{
    /// <summary>Name of the deployment whose versions the server tells apart.</summary>
    public const string Deployment = "spark";

    /// <summary>
    /// The version that the user interface shows of a worker. Without it, the SDK writes a GUID of the build into every
    /// second event: 20 KB of an attempt with 100 turns.
    /// </summary>
    internal static WorkerDeploymentOptions Version { get; } = VersionOf("", versioned: false);

    /// <summary>
    /// Adds the Temporal workers of the roles in the section <c>Worker</c>, their activities, and the client (unless one
    /// is registered). Activities registered afterwards for the same contract take the place of the real ones.
    /// </summary>
    /// <exception cref="OptionsValidationException">A setting cannot work; names the field.</exception>
    public static IServiceCollection AddSparkWorkers(this IServiceCollection services, IConfiguration configuration)
    {
        var options = configuration.GetSection(WorkerOptions.Section).Get<WorkerOptions>() ?? new WorkerOptions();
        if (new WorkerOptionsValidator().Validate(null, options) is { Failed: true } invalid)
        {
            throw new OptionsValidationException(WorkerOptions.Section, typeof(WorkerOptions), invalid.Failures);
        }

        services.AddSingleton(Options.Create(options));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => Secrets.RedactorFor(configuration));
        services.TryAddSingleton<IArtifactStore>(provider => new RedactingArtifactStore(
            new FileArtifactStore(Path.GetFullPath(options.ArtifactFolder)), provider.GetRequiredService<SecretRedactor>()));
        services.AddDiskCheck(disk =>
        {
            disk.StateFolder = options.StateFolder;
            disk.ArtifactFolder = options.ArtifactFolder;
            configuration.GetSection(DiskOptions.Section).Bind(disk);
        });
        services.AddSparkClient().AddFileActivities();

        var queues = new List<WorkerQueue>();
        if (options.Has(WorkerOptions.WorkflowsRole))
        {
            AddWorkflows(services, options, queues);
        }

        if (options.Has(WorkerOptions.LlmRole))
        {
            AddLlm(services, configuration, options, queues);
        }

        if (options.Has(WorkerOptions.SandboxRole))
        {
            AddSandbox(services, configuration, options, queues);
        }

        services.AddSingleton<IReadOnlyList<WorkerQueue>>(queues);
        services.Configure<HostOptions>(host =>
        {
            host.ServicesStopConcurrently = true;
            host.ShutdownTimeout = options.LongestShutdown + TimeSpan.FromSeconds(10);
        });
        if (options.EmbeddedIn.Length > 0)
        {
            services.AddHostedService<EmbeddedWatchService>();
        }

        if (options.HealthPort > 0)
        {
            services.AddHostedService<HealthService>();
        }

        return services;
    }

    /// <summary>
    /// Only workflows are bound to a version. Containers live on hosts and model calls at a rate of the whole cluster, so
    /// the workers of those serve the runs of every version.
    /// </summary>
    internal static WorkerDeploymentOptions VersionOf(string version, bool versioned) =>
        new(new(Deployment, version.Length > 0 ? version : ProductVersion.Number), versioned)
        {
            DefaultVersioningBehavior = versioned ? VersioningBehavior.Pinned : VersioningBehavior.Unspecified,
        };

    private static void AddWorkflows(IServiceCollection services, WorkerOptions options, List<WorkerQueue> queues)
    {
        var worker = AddWorker(services, options, queues, TaskQueues.Workflows, options.FileSlots, QueueRoles.BesideWorkflows, options.WorkerVersioning, runsWorkflows: true);
        foreach (var workflow in QueueRoles.Workflows)
        {
            worker.AddWorkflow(workflow);
        }

        worker.ConfigureOptions(worker =>
        {
            worker.MaxCachedWorkflows = options.CachedWorkflows;
            worker.MaxConcurrentWorkflowTasks = options.WorkflowSlots;
            worker.Interceptors = [.. worker.Interceptors ?? [], new LivenessInterceptor()];
        });
    }

    private static void AddLlm(IServiceCollection services, IConfiguration configuration, WorkerOptions options, List<WorkerQueue> queues)
    {
        services.AddLlmActivities(configuration).AddHostedService<QueueRateService>();
        var named = configuration.GetSection($"{LlmOptions.Section}:{nameof(LlmOptions.Profiles)}").GetChildren().Select(profile => profile.Key);
        foreach (var profile in named.Append(LlmOptions.DefaultProfile).Distinct())
        {
            AddWorker(services, options, queues, TaskQueues.Llm(profile), options.LlmSlots, QueueRoles.Llm, shutdownSec: options.ModelShutdownSec);
        }
    }

    private static void AddSandbox(IServiceCollection services, IConfiguration configuration, WorkerOptions options, List<WorkerQueue> queues)
    {
        void Configure(SandboxOptions sandbox)
        {
            sandbox.StateFolder = options.StateFolder;
            sandbox.QueuePrefix = options.QueuePrefix;
            sandbox.Host = options.HostName.Length > 0 ? options.HostName : null;
            configuration.GetSection(SandboxOptions.Section).Bind(sandbox);
        }

        // Without this folder every step would fail: a worker that cannot have it says so and ends.
        HostFolder.Obtain();

        // The queue carries the host's name, so it is needed before there is a container to ask for it.
        var bound = new SandboxOptions();
        Configure(bound);
        var host = new SandboxHost(Options.Create(bound));
        services.AddSandboxActivities(Configure).AddSingleton(host).AddHostedService<SandboxSweepService>();
        services.AddLlmSettings(configuration).AddAgentActivities(configuration);
        AddWorker(services, options, queues, TaskQueues.Sandbox, options.BuildSlots, QueueRoles.Sandbox);
        AddWorker(services, options, queues, TaskQueues.SandboxHost(host.Name), options.SandboxSlots, QueueRoles.SandboxHost);
    }

    private static ITemporalWorkerServiceOptionsBuilder AddWorker(
        IServiceCollection services,
        WorkerOptions options,
        List<WorkerQueue> queues,
        string queue,
        int slots,
        IReadOnlyList<Type> contracts,
        bool versioned = false,
        bool runsWorkflows = false,
        double? shutdownSec = null)
    {
        queue = options.QueuePrefix + queue;
        queues.Add(new WorkerQueue(queue, runsWorkflows));
        var worker = services.AddHostedTemporalWorker(queue, VersionOf(options.DeploymentVersion, versioned));
        foreach (var contract in contracts)
        {
            worker.ApplyTemporalActivities(contract);
        }

        worker.ConfigureOptions(worker =>
        {
            worker.MaxConcurrentActivities = slots;
            worker.Interceptors = [.. worker.Interceptors ?? [], new FailureInterceptor()];

            // Cancellation reaches an activity with a heartbeat's answer: a container must go within 5 s of a cancel.
            worker.MaxHeartbeatThrottleInterval = TimeSpan.FromSeconds(1);
            worker.DefaultHeartbeatThrottleInterval = TimeSpan.FromSeconds(1);
            worker.GracefulShutdownTimeout = TimeSpan.FromSeconds(shutdownSec ?? options.GracefulShutdownSec);
        });
        return worker;
    }
}

/// <summary>A task queue that this process polls.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RunsWorkflows">Whether workflow tasks are polled beside activities.</param>
internal sealed record WorkerQueue(string Name, bool RunsWorkflows);
