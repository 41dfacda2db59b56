using System.Formats.Tar;
using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// Containers in which nothing runs but a verifier: a separate one as the task asks for it, with the declared artifacts, or a clean one of the task's
/// own image, with what the agent changed outside system folders. What comes over comes by the engine, not by a program of the agent's container.
/// </summary>
internal sealed class VerifierContainer(IContainerGateway gateway, IArtifactStore store, ContainerStarter starter, OnceRunner once)
{
    private const double SlackSec = 15 * 60;
    private const long MiB = 1024 * 1024;
    private const int MostNamed = 10;
    private const int MostRemoved = 1_000;

    /// <summary>Starts the container of a verification, or finds that of an earlier try, and brings over what belongs into it.</summary>
    /// <param name="request">The verification.</param>
    /// <param name="agent">The agent's container.</param>
    /// <param name="info">The activity.</param>
    /// <param name="notes">Gets what the trial should record.</param>
    /// <param name="beat">Called while it works.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its id.</returns>
    public async Task<string> StartAsync(VerifyRequest request, ContainerFacts agent, ActivityInfo info, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        var settings = SettingsOf(request);
        var started = await starter.StartAsync(
            new StartRequest
            {
                Image = request.Image ?? throw new ArgumentException("A verifier with a container of its own needs an image.", nameof(request)),
                Task = agent.Labels.GetValueOrDefault(SandboxLabels.Run, ""),
                Ordinal = Ordinal(request),
                DeadlineSec = request.TimeoutSec + SlackSec,
                Settings = settings,
                TaskEnv = request.TaskEnv,
                Run = agent.Labels.GetValueOrDefault(SandboxLabels.Run, ""),
            },
            info,
            beat,
            cancellationToken,
            of: agent.Name);
        // What is copied must not change meanwhile.
        if (!await gateway.FreezeAsync(agent.Id, frozen: true, cancellationToken))
        {
            notes.Add("the agent's processes could not be stopped while its changes were copied");
        }

        try
        {
            await FillAsync(request, agent, started.Container, settings, notes, info, beat, cancellationToken);
        }
        catch (UnreportedException)
        {
            await gateway.RemoveAsync(started.Container, CancellationToken.None);
            throw;
        }
        finally
        {
            await gateway.FreezeAsync(agent.Id, frozen: false, CancellationToken.None);
        }

        return started.Container;
    }

    private async Task FillAsync(
        VerifyRequest request, ContainerFacts agent, string verifier, TaskSettings settings, List<string> notes, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        var room = (settings.StorageMb ?? TaskSettings.DefaultStorageMb) * MiB;
        if (request.Mode == VerdictMode.Separate)
        {
            foreach (var path in (IEnumerable<ArtifactPath>)[new ArtifactPath("/logs/artifacts"), .. request.Settings.Artifacts])
            {
                room -= await CopyAsync(agent.Id, verifier, path.Source, Wanted(path), (_, entry, _) => Task.FromResult<Stream?>(entry.DataStream ?? Stream.Null), room, notes, beat, cancellationToken);
            }
        }
        else
        {
            await ChangesAsync(request, agent, verifier, room, notes, info, beat, cancellationToken);
        }
    }

    /// <summary>Settings of the verifier's container.</summary>
    internal static TaskSettings SettingsOf(VerifyRequest request)
    {
        var task = request.Settings;
        var own = request.Mode == VerdictMode.Separate ? task.Separate : null;
        return new TaskSettings
        {
            Cpus = own?.Cpus ?? task.Cpus,
            MemoryMb = own?.MemoryMb ?? task.MemoryMb,
            StorageMb = own?.StorageMb ?? task.StorageMb,
            Network = own?.Network ?? task.VerifierNetwork ?? task.Network,
            AllowedHosts = own?.AllowedHosts ?? task.VerifierAllowedHosts ?? task.AllowedHosts,
            Env = own is { OwnImage: true } ? own.Env : own is null ? task.Env : new Dictionary<string, string>([.. task.Env.Where(pair => !own.Env.ContainsKey(pair.Key)), .. own.Env]),
            VerifierUser = task.VerifierUser,
            VerifierEnv = task.VerifierEnv,
            Workdir = own is { OwnImage: true } ? own.Workdir : own?.Workdir ?? task.Workdir,
            Healthcheck = own?.Healthcheck,
            AllowNewPrivileges = task.AllowNewPrivileges,
        };
    }

    /// <summary>Another number than any container of the agent, the same at each try.</summary>
    private static int Ordinal(VerifyRequest request) =>
        1_000_000 + (int)(Convert.ToUInt32(SandboxLabels.Hash($"{request.Container}\n{request.Step}\n{request.Round}")[..6], 16) % 1_000_000) + (request.Mode == VerdictMode.Separate ? 0 : 1_000_000);

    private static Func<string, TarEntry, bool> Wanted(ArtifactPath path)
    {
        if (path.Exclude is not { Count: > 0 } patterns)
        {
            return (_, _) => true;
        }

        var excluded = Tars.Matcher(patterns);
        return (name, _) => name.Length <= path.Source.Length + 1 || !excluded(name[(path.Source.Length + 1)..]);
    }

    private async Task ChangesAsync(
        VerifyRequest request, ContainerFacts agent, string verifier, long room, List<string> notes, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        var folder = SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", verifier);
        var changes = await CleanChanges.OfAsync(
            await gateway.AllChangesAsync(agent.Id, cancellationToken),
            async folders => Encoding.UTF8.GetString(Observation.Kept(await RunAsync(["sh", "-c", ImageNames.Script, "sh", .. folders], "names"))),
            () => CleanChanges.TextsAsync(store, request.Tests, cancellationToken),
            request.Settings.OutputPath);
        if (changes.Removed.Count > 0)
        {
            await RunAsync(["sh", "-c", "for path do rm -rf -- \"$path\"; done", "sh", .. changes.Removed.Take(MostRemoved)], "removed");
        }

        foreach (var root in Roots(changes.Wanted))
        {
            room -= await CopyAsync(agent.Id, verifier, root, changes.Takes, changes.ContentAsync, room, notes, beat, cancellationToken);
        }

        if (changes.Left.Count > 0)
        {
            notes.Add($"clean verdict: {changes.Left.Count} changed paths stayed behind, among them {string.Join(", ", changes.Left.Order(StringComparer.Ordinal).Take(MostNamed).Select(path => PlainText.OneLine(path, 100)))}");
        }

        Task<CommandEnd> RunAsync(IReadOnlyList<string> command, string name) =>
            once.RunAsync(verifier, new ExecSpec(command) { User = "0", WorkingDirectory = "/" }, $"{folder}-{name}", 60, null, beat, cancellationToken);
    }

    /// <summary>The fewest folders and files that hold all paths, one below each folder of the root.</summary>
    internal static IEnumerable<string> Roots(IEnumerable<string> paths) => paths
        .GroupBy(path => path.Split('/', 3)[1])
        .Select(group => group.Aggregate((common, path) =>
        {
            while (path != common && !path.StartsWith(common + "/", StringComparison.Ordinal))
            {
                common = common[..common.LastIndexOf('/')];
            }

            return common;
        }));

    /// <summary>Copies a path from one container to another, with owners and modes.</summary>
    /// <returns>Bytes that were copied.</returns>
    private async Task<long> CopyAsync(
        string from, string to, string path, Func<string, TarEntry, bool> wanted, Func<string, TarEntry, CancellationToken, Task<Stream?>> content, long room, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        var stream = await gateway.GetAsync(from, path, cancellationToken);
        if (stream is null)
        {
            return 0;
        }

        var parent = path[..path.LastIndexOf('/')];
        var copied = 0L;
        var missed = new List<string>();
        await using (stream)
        await using (var packed = TarPack.Scratch())
        {
            await Processes.Heartbeats.WhileAsync(PackAsync(), beat, cancellationToken);
            packed.Position = 0;
            await gateway.PutAsync(to, packed, cancellationToken);

            async Task<bool> PackAsync()
            {
                await using var packer = TarPacker.Into(packed);
                await foreach (var entry in TarPack.ReadAsync(stream, cancellationToken))
                {
                    var name = $"{parent}/{entry.Name.TrimEnd('/')}";
                    if (!wanted(name, entry))
                    {
                        continue;
                    }

                    if (TarPack.IsFile(entry) && copied + entry.Length > room)
                    {
                        missed.Add(name);
                        if (missed.Count > 0 && entry.Length > room)
                        {
                            // Reading what does not fit can take as long as writing it never did.
                            break;
                        }

                        continue;
                    }

                    var text = TarPack.IsFile(entry) ? await content(name, entry, cancellationToken) : null;
                    if (text is null && TarPack.IsFile(entry))
                    {
                        continue;
                    }

                    copied += TarPack.IsFile(entry) ? entry.Length : 0;
                    await packer.CopyAsync(
                        entry, name.TrimStart('/'), cancellationToken, content: text, target: entry.EntryType is TarEntryType.HardLink ? $"{parent}/{entry.LinkName}".TrimStart('/') : null, keepOwner: true);
                }

                return true;
            }
        }

        if (missed.Count > 0)
        {
            notes.Add($"{path}: {missed.Count} files did not fit into the verifier's storage and were left out, {PlainText.OneLine(missed[0], 100)} first");
        }

        return copied;
    }
}
