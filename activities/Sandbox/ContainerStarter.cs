using System.Diagnostics;
using System.Globalization;
using Docker.DotNet;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Starts a container with what a task asks for and this host can give.</summary>
internal sealed class ContainerStarter(
    IContainerGateway gateway, SkillInstaller skills, SandboxHost host, ComposeStarter compose, PhaseNetworks networks, ShellConnections shells, OnceRunner once, Healthchecks healthchecks, SandboxOptions options)
{
    private const double DefaultCpus = 1;
    private const long DefaultMemoryMb = 2048;
    private const long MiB = 1024 * 1024;

    private EngineFacts? _engine;

    public async Task<StartedSandbox> StartAsync(StartRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken, string? of = null)
    {
        var clock = Stopwatch.StartNew();
        beat();
        var settings = request.Settings;
        _engine ??= await gateway.DescribeAsync(cancellationToken);
        var image = await gateway.FindImageAsync(request.Image, cancellationToken)
            ?? throw SandboxFailures.ImageLost(request.Image, host.Name);
        foreach (var tag in image.Tags.Where(SandboxLabels.IsImageTag))
        {
            ImageUse.Mark(tag, DateTimeOffset.UtcNow);
        }

        List<string> notes = [];
        var spec = Spec(request, info, image, _engine, notes);
        if (of is not null)
        {
            spec = spec with { Labels = new Dictionary<string, string>(spec.Labels) { [SandboxLabels.Of] = of } };
        }

        if (spec.Network is not null && !ComposeStarter.IsNeeded(settings))
        {
            await networks.EnsureAsync(cancellationToken);
        }

        spec = spec with { Environment = [.. spec.Environment, .. await networks.VariablesAsync(PhaseNetworks.OfAgent(settings), cancellationToken)] };
        var composed = ComposeStarter.IsNeeded(settings);
        var container = composed ? await compose.CreateAsync(spec, request, notes, beat, cancellationToken) : await gateway.CreateAsync(spec, cancellationToken);
        var user = UserOf(settings, image);
        try
        {
            if (!container.Running)
            {
                await gateway.PutAsync(container.Id, SandboxScripts.Open(), cancellationToken);
                if (request.Skills is { } given && !request.WithoutSkills)
                {
                    await skills.InstallAsync(container.Id, given, settings.SkillsDir, user, cancellationToken);
                }

                if (!composed && spec.Network is not null)
                {
                    // Made with the network of the phase that has most.
                    await networks.SwitchAsync(container.Id, NetworkMode.Public, PhaseNetworks.OfAgent(settings).Mode, cancellationToken);
                }

                if (composed)
                {
                    await compose.UpAsync(spec.Name, settings, beat, cancellationToken);
                }
                else
                {
                    await gateway.StartAsync(container.Id, cancellationToken);
                }
            }

            if (request.WithoutSkills)
            {
                await ReplaceSkillsAsync(container.Id, request, info, user, notes, beat, cancellationToken);
            }

            if (settings.Healthcheck is { } check)
            {
                await healthchecks.PassAsync(container.Id, check, settings.Workdir, image.User, "", info, beat, cancellationToken);
            }

            if (request.Shell)
            {
                _ = await shells.GetAsync(container.Id, cancellationToken) ?? throw new SandboxEndedException(container.Id);
            }
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            await gateway.RemoveAsync(container.Id, CancellationToken.None);
            if (composed)
            {
                await compose.RemoveAsync(spec.Name, CancellationToken.None);
            }

            throw failed switch
            {
                DockerApiException refused => SandboxFailures.Start($"The container does not start: {BuildMessages.Words(refused)}"),
                SandboxEndedException => SandboxFailures.Start("The container ended as soon as it was started."),
                _ => failed,
            };
        }

        return new StartedSandbox(
            container.Id, Workdir(settings, image), user.Length > 0 ? user : "root", clock.ElapsedMilliseconds, notes);
    }

    private ContainerSpec Spec(StartRequest request, ActivityInfo info, ImageFacts image, EngineFacts engine, List<string> notes)
    {
        var settings = request.Settings;
        var cpus = Math.Min(settings.Cpus ?? DefaultCpus, engine.Cpus);
        if (settings.Cpus > engine.Cpus)
        {
            notes.Add($"cpus lowered from {settings.Cpus.Value.ToString("0.##", CultureInfo.InvariantCulture)} to the host's {engine.Cpus}");
        }

        var memory = Math.Min((settings.MemoryMb ?? DefaultMemoryMb) * MiB, engine.MemoryBytes);
        if (settings.MemoryMb * MiB > engine.MemoryBytes)
        {
            notes.Add($"memory lowered from {settings.MemoryMb} MiB to the host's {engine.MemoryBytes / MiB} MiB");
        }

        if (settings.AllowNewPrivileges)
        {
            notes.Add("set-uid programs may gain privileges, as the task asks");
        }

        var storage = (settings.StorageMb ?? TaskSettings.DefaultStorageMb) * MiB;
        var seconds = (long)Math.Ceiling(Math.Max(1, request.DeadlineSec));
        IReadOnlyList<string> allowed = [.. options.TaskEnv, .. request.TaskEnv ?? []];
        IReadOnlyList<string> environment;
        try
        {
            environment = EnvTemplate.Assignments("[environment] env", settings.Env, Environment.GetEnvironmentVariable, allowed);
            notes.AddRange(EnvTemplate.Given(settings.Env, Environment.GetEnvironmentVariable, allowed).Select(name => $"the task was given the host's variable {name}"));
        }
        catch (ArgumentException missing)
        {
            throw SandboxFailures.Start(missing.Message);
        }

        return new ContainerSpec
        {
            Name = SandboxLabels.ContainerName(info.WorkflowId ?? request.Run, info.WorkflowRunId ?? "", request.Ordinal),
            Image = image.Id,
            Entrypoint = ["sh", $"{SandboxScripts.Root}/main.sh", seconds.ToString(CultureInfo.InvariantCulture)],
            // An entrypoint gets the same command to keep alive as in Harbor; without an entrypoint there is nothing to start.
            Command = MainCommand(settings.Compose, image),
            Environment = environment,
            WorkingDirectory = settings.Workdir,
            // Our steps are root's, with root's capabilities, whoever the image's own user is.
            User = image.User.Length > 0 ? "0" : null,
            Labels = new Dictionary<string, string>
            {
                [SandboxLabels.Run] = request.Run,
                [SandboxLabels.Attempt] = info.WorkflowId ?? "",
                [SandboxLabels.Deadline] = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() + seconds).ToString(CultureInfo.InvariantCulture),
                [SandboxLabels.Worker] = host.Name,
                [SandboxLabels.User] = UserOf(settings, image),
                [SandboxLabels.ImageUser] = image.User,
                [SandboxLabels.Workdir] = Workdir(settings, image),
                [SandboxLabels.Storage] = storage.ToString(CultureInfo.InvariantCulture),
            },
            Cpus = cpus,
            MemoryBytes = memory,
            Pids = options.PidsLimit,
            StorageBytes = engine.LimitsStorage ? storage : null,
            Memory = Memory(request),
            ShmBytes = settings.Compose?.ShmMb * MiB,
            Network = new[] { settings.Network, settings.AgentNetwork, settings.VerifierNetwork }.Any(mode => mode is NetworkMode.Public or NetworkMode.Allowlist)
                ? PhaseNetworks.Open : null,
            NewPrivileges = settings.AllowNewPrivileges,
        };
    }

    /// <summary>What the task itself wants to run beside the agent; a compose file stands above the image.</summary>
    private static IReadOnlyList<string> MainCommand(ComposeSettings? compose, ImageFacts image)
    {
        var entrypoint = compose?.Entrypoint ?? image.Entrypoint;
        return compose?.Command is { } command ? [.. entrypoint, .. command] : entrypoint.Count > 0 ? [.. entrypoint, "sh", "-c", "sleep infinity"] : [];
    }

    /// <summary>Folders in memory. Where compose starts the container, it reads those of its file by itself.</summary>
    private static Dictionary<string, string> Memory(StartRequest request)
    {
        var memory = ComposeStarter.IsNeeded(request.Settings) ? [] : new Dictionary<string, string>(request.Settings.Compose?.Tmpfs ?? new Dictionary<string, string>());
        if (request.Shell)
        {
            memory[SandboxScripts.Commands] = "mode=1777,size=64m";
        }

        return memory;
    }

    /// <summary>Removes the skills of the image, which needs a running container, and only then installs the given ones.</summary>
    private async Task ReplaceSkillsAsync(
        string container, StartRequest request, ActivityInfo info, string user, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        var folder = SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"skills-{info.Attempt}");
        var command = await skills.EmptyCommandAsync(container, request.Settings.SkillsDir, user, cancellationToken);
        var end = await once.RunAsync(container, new ExecSpec(command) { User = "0" }, folder, 60, null, beat, cancellationToken);
        var output = Observation.Of(end, 2_000, 60);
        if (end.ExitCode != 0)
        {
            throw new IOException($"The skills of the image cannot be taken away: {output}");
        }

        notes.AddRange(output.Split('\n').Where(line => line.StartsWith('/')).Select(place => $"skills of the image in {place} were taken away"));
        if (request.Skills is { } given)
        {
            await skills.InstallAsync(container, given, request.Settings.SkillsDir, user, cancellationToken);
        }
    }

    private static string UserOf(TaskSettings settings, ImageFacts image) => settings.AgentUser ?? settings.Compose?.User ?? image.User;

    private static string Workdir(TaskSettings settings, ImageFacts image) =>
        settings.Workdir ?? (image.WorkingDirectory.Length > 0 ? image.WorkingDirectory : "/");
}
