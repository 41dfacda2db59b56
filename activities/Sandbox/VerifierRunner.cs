using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Runs the oracle and the verifier.</summary>
internal sealed class VerifierRunner(
    IContainerGateway gateway, IArtifactStore store, ShellConnections shells, OnceRunner once, SandboxOptions options)
{
    private const double PrepareSec = 120;
    private const string TestScript = "/tests/test.sh";
    private const string SolutionScript = "/solution/solve.sh";

    public async Task<OracleReply> OracleAsync(OracleRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        beat();
        var facts = await FindAsync(request.Container, cancellationToken);
        await PutBelowAsync(request.Container, request.Solution, "solution", cancellationToken);
        var spec = new ExecSpec([SolutionScript])
        {
            User = "root",
            WorkingDirectory = facts.Labels.GetValueOrDefault(SandboxLabels.Workdir),
            Environment = ["DEBIAN_FRONTEND=noninteractive", .. Resolve("[solution] env", request.Env)],
        };
        var end = await once.RunAsync(request.Container, spec, Folder(info, request.Container, "oracle"), request.TimeoutSec, null, beat, cancellationToken);
        var output = await store.PutBytesAsync(Observation.Kept(end), MediaTypes.Text, cancellationToken);
        var changes = request.KeepChanges
            ? await Heartbeats.WhileAsync(new OracleChanges(gateway, store, options).KeepAsync(request.Container, Observation.Kept(end), cancellationToken), beat, cancellationToken)
            : null;
        return new OracleReply(end.ExitCode, end.TimedOut, output, end.DurationMs, changes);
    }

    public async Task<VerifyReply> VerifyAsync(VerifyRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        beat();
        var settings = request.Settings;
        var container = request.Container;
        var facts = await FindAsync(container, cancellationToken);
        shells.Close(container);
        await SwitchNetworkAsync(container, settings, cancellationToken);
        var folder = Folder(info, container, request.Round == 1 ? "verify" : $"verify {request.Round}");
        var staged = $"{SandboxScripts.Staging}/{folder[(folder.LastIndexOf('/') + 1)..]}";
        await PutBelowAsync(container, request.Tests, staged.TrimStart('/'), cancellationToken);

        IReadOnlyList<string> prepare =
        [
            "sh", "-c", SandboxScripts.Whole("verify"), "spark-verify", staged, request.StopServices ? "services" : "-",
            await ImageBringsTestsAsync(container, cancellationToken) ? "image" : "-",
        ];
        string? before = null;
        if (IsRoot(settings.VerifierUser ?? facts.User))
        {
            // One process for both: starting one takes the engine as long as a short test.
            before = OnceRunner.Inline(prepare, $"{folder}-ready", PrepareSec);
        }
        else
        {
            var ready = await once.RunAsync(
                container, new ExecSpec(prepare) { User = "root", WorkingDirectory = "/" }, $"{folder}-ready", PrepareSec, null, beat, cancellationToken);
            if (ready.ExitCode != 0)
            {
                throw new IOException($"The container cannot be prepared for the verifier: {Observation.Of(ready, 1000, PrepareSec)}");
            }
        }

        var spec = new ExecSpec([TestScript])
        {
            User = settings.VerifierUser,
            WorkingDirectory = facts.Labels.GetValueOrDefault(SandboxLabels.Workdir),
            Environment = Resolve("[verifier] env", settings.VerifierEnv),
        };
        var end = await once.RunAsync(container, spec, folder, request.TimeoutSec, before, beat, cancellationToken);
        return await ReplyAsync(request, end, beat, cancellationToken);
    }

    private async Task<VerifyReply> ReplyAsync(VerifyRequest request, CommandEnd end, Action beat, CancellationToken cancellationToken)
    {
        List<string> notes = [];
        List<string> agentNotes = [];
        List<string> artifactNotes = [];
        var agentComing = HomeAsync(request.Container, new ArtifactPath("/logs/agent"), agentNotes, beat, cancellationToken);
        var artifactsComing = ArtifactsAsync(request, artifactNotes, beat, cancellationToken);
        var verifierComing = HomeAsync(request.Container, new ArtifactPath("/logs/verifier"), notes, beat, cancellationToken);
        // Waits for all: none may still run when another one has failed.
        await Task.WhenAll(agentComing, artifactsComing, verifierComing);
        var verifier = await verifierComing;
        var agent = await agentComing;
        var artifacts = await artifactsComing;
        notes.AddRange([.. agentNotes, .. artifactNotes]);
        var output = Observation.Kept(end);
        using var logs = new MemoryStream(verifier?.Tar ?? TarPacker.Bytes(_ => { }), writable: false);
        var said = await TarPack.TextsAsync(logs, [RewardFile.JsonName, RewardFile.TextName, VerdictFiles.Ctrf], cancellationToken, options.FileBytes);
        var ctrf = said.GetValueOrDefault(VerdictFiles.Ctrf);
        var reading = RewardFile.Read(said.GetValueOrDefault(RewardFile.JsonName), said.GetValueOrDefault(RewardFile.TextName));
        var problem = reading.Problem;
        if (end.TimedOut)
        {
            // A verdict that was cut off does not count: the file may hold only its first line.
            problem = $"the verifier did not end within {request.TimeoutSec:0.##} s ([verifier] timeout_sec)";
        }

        var report = TestReport.Read(ctrf, System.Text.Encoding.UTF8.GetString(output));
        return new VerifyReply
        {
            Reward = problem is null ? reading.Reward : null,
            Rewards = problem is null ? reading.Rewards : new Dictionary<string, double>(),
            RewardProblem = problem,
            TestsPassed = report.Passed,
            TestsTotal = report.Total,
            Output = await store.PutBytesAsync(output, MediaTypes.Text, cancellationToken),
            Ctrf = ctrf is null ? null : await store.PutTextAsync(ctrf, cancellationToken, MediaTypes.Json),
            AgentLogs = await KeepAsync(agent, cancellationToken),
            VerifierLogs = await KeepAsync(verifier, cancellationToken),
            Artifacts = await KeepAsync(artifacts, cancellationToken),
            ExitCode = end.ExitCode,
            TimedOut = end.TimedOut,
            DurationMs = end.DurationMs,
            Notes = notes,
        };
    }

    private async Task<FetchedFolder?> ArtifactsAsync(VerifyRequest request, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        List<(string Prefix, FetchedFolder Part)> parts = [];
        foreach (var path in (IEnumerable<ArtifactPath>)[new ArtifactPath("/logs/artifacts"), .. request.Settings.Artifacts])
        {
            if (await HomeAsync(request.Container, path, notes, beat, cancellationToken) is { Files: > 0 } part)
            {
                parts.Add((path.Source == "/logs/artifacts" ? "" : $"{path.Source.Trim('/')}/", part));
            }
            else if (path.Source != "/logs/artifacts")
            {
                notes.Add($"artifact {path.Source} is missing or empty");
            }
        }

        return parts.Count == 0 ? null : await Tars.JoinAsync(parts, cancellationToken);
    }

    private async Task<FetchedFolder?> HomeAsync(
        string container, ArtifactPath path, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        var stream = await gateway.GetAsync(container, path.Source, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        FetchedFolder home;
        await using (stream)
        {
            var excluded = path.Exclude is { Count: > 0 } patterns ? Tars.Matcher(patterns) : _ => false;
            home = await Heartbeats.WhileAsync(
                Tars.HomeAsync(stream, path.Source, options.FileBytes, options.FolderBytes, excluded, cancellationToken), beat, cancellationToken);
            notes.AddRange(home.Notes);
        }

        // Only now: the engine gives no second archive of a container while the first one is open.
        return home.Broken && path.Source == "/logs/verifier" ? await VerdictFiles.AddAsync(gateway, options, container, home, cancellationToken) : home;
    }

    private async Task<ArtifactRef?> KeepAsync(FetchedFolder? home, CancellationToken cancellationToken) =>
        home is null or { Files: 0 } ? null : await store.PutBytesAsync(home.Tar, MediaTypes.Tar, cancellationToken);

    private async Task PutBelowAsync(string container, ArtifactRef content, string folder, CancellationToken cancellationToken)
    {
        await using var stored = await store.OpenAsync(content, cancellationToken);
        await using var tar = await Tars.BelowAsync(stored, folder, cancellationToken);
        await gateway.PutAsync(container, tar, cancellationToken);
    }

    /// <summary>
    /// Whether the image has <c>/tests</c>, so that our tests are added to it. The container's mark alone is not enough, since an agent
    /// that is root can make it: the engine is asked too.
    /// </summary>
    private async Task<bool> ImageBringsTestsAsync(string container, CancellationToken cancellationToken)
    {
        await using var mark = await gateway.GetAsync(container, SandboxScripts.TestsOfImage, cancellationToken);
        return mark is not null && !await gateway.WasAddedAsync(container, "/tests", cancellationToken);
    }

    private async Task SwitchNetworkAsync(string container, TaskSettings settings, CancellationToken cancellationToken)
    {
        var agent = settings.AgentNetwork ?? settings.Network;
        var verifier = settings.VerifierNetwork ?? settings.Network;
        if (agent == verifier)
        {
            return;
        }

        try
        {
            if (verifier == NetworkMode.Public)
            {
                await gateway.ConnectAsync(container, ContainerStarter.Network, cancellationToken);
            }
            else
            {
                await gateway.DisconnectAsync(container, ContainerStarter.Network, cancellationToken);
            }
        }
        catch (Docker.DotNet.DockerApiException already) when (BuildMessages.Words(already).Contains("already", StringComparison.Ordinal) || BuildMessages.Words(already).Contains("is not connected", StringComparison.Ordinal))
        {
            // An earlier try of this activity has done it.
        }
    }

    private async Task<ContainerFacts> FindAsync(string container, CancellationToken cancellationToken) =>
        await gateway.FindAsync(container, withSize: false, cancellationToken) is { Running: true } facts ? facts : throw SandboxFailures.Lost(container);

    private static bool IsRoot(string user) => user.Split(':')[0] is "" or "root" or "0";

    private static string Folder(ActivityInfo info, string container, string id) =>
        SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{container} {id}");

    private static IReadOnlyList<string> Resolve(string field, IReadOnlyDictionary<string, string> templates)
    {
        try
        {
            return EnvTemplate.Assignments(field, templates, Environment.GetEnvironmentVariable);
        }
        catch (ArgumentException missing)
        {
            throw SandboxFailures.Start(missing.Message);
        }
    }
}
