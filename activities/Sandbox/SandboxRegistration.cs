using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Registration of the sandbox: host and tests use the same.</summary>
public static class SandboxRegistration
{
    /// <summary>
    /// Adds <see cref="ISandboxActivities"/>, <see cref="SandboxHost"/>, <see cref="ISandboxSweeper"/> and
    /// <see cref="IImageCollector"/>. An <c>IArtifactStore</c> must be there; <see cref="SandboxOptions"/> are bound by the caller.
    /// </summary>
    public static IServiceCollection AddSandboxActivities(this IServiceCollection services, Action<SandboxOptions>? configure = null)
    {
        services.AddOptions<SandboxOptions>().Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SandboxOptions>, Validation>());
        services.AddDiskCheck().TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<SandboxHost>();
        services.TryAddSingleton<IContainerGateway>(provider =>
            new DockerContainerGateway(provider.GetRequiredService<IOptions<SandboxOptions>>().Value.DockerEndpoint));
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<SandboxOptions>>().Value);
        services.TryAddSingleton<ShellConnections>();
        services.TryAddSingleton<OnceRunner>();
        services.TryAddSingleton<Healthchecks>();
        services.TryAddSingleton<TaskSteps>();
        services.TryAddSingleton(provider => new HostProgram(provider.GetRequiredService<SandboxOptions>()));
        services.TryAddSingleton<BuildKitClient>();
        services.TryAddSingleton<ImageBuilds>();
        services.TryAddSingleton<ImagePreparer>();
        services.TryAddSingleton<SkillInstaller>();
        services.TryAddSingleton<HostsProxy>();
        services.TryAddSingleton<PhaseNetworks>();
        services.TryAddSingleton<ComposeClient>();
        services.TryAddSingleton<ComposeStarter>();
        services.TryAddSingleton<ContainerStarter>();
        services.TryAddSingleton(provider => new TurnRunner(
            provider.GetRequiredService<IContainerGateway>(),
            provider.GetRequiredService<IArtifactStore>(),
            provider.GetRequiredService<ShellConnections>(),
            // The worker's where it has one: it knows the keys.
            provider.GetService<SecretRedactor>() ?? new SecretRedactor([])));
        services.TryAddSingleton<StorageExcess>();
        services.TryAddSingleton<VerifierContainer>();
        services.TryAddSingleton<VerifierRunner>();
        services.TryAddSingleton<ProofSteps>();
        services.TryAddSingleton<ISandboxActivities, SandboxActivities>();
        services.TryAddSingleton<ISandboxSweeper, SandboxSweeper>();
        services.TryAddSingleton<IImageCollector, ImageCollector>();
        services.AddHostedService<Resumption<HostsProxy>>();
        services.TryAddSingleton<StorageGuard>();
        services.AddHostedService(provider => provider.GetRequiredService<StorageGuard>());
        return services;
    }

    private sealed class Validation : IValidateOptions<SandboxOptions>
    {
        public ValidateOptionsResult Validate(string? name, SandboxOptions options)
        {
            List<ValidationResult> problems = [];
            return Validator.TryValidateObject(options, new ValidationContext(options), problems, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(problems.Select(problem => $"{SandboxOptions.Section}:{string.Join(',', problem.MemberNames)}: {problem.ErrorMessage}"));
        }
    }
}
