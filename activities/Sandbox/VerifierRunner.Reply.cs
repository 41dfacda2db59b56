using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>What a verification came to, and what is kept of it.</content>
internal sealed partial class VerifierRunner
{
    private async Task<VerifyReply> ReplyAsync(VerifyRequest request, string container, CommandEnd end, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        List<string> agentNotes = [];
        List<string> artifactNotes = [];
        var agentComing = HomeAsync(request.Container, new ArtifactPath("/logs/agent"), agentNotes, beat, cancellationToken);
        var artifactsComing = ArtifactsAsync(request, artifactNotes, beat, cancellationToken);
        var verifierComing = HomeAsync(container, new ArtifactPath("/logs/verifier"), notes, beat, cancellationToken);
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

        if (end.EngineCode is { } code)
        {
            notes.Add($"the verifier is said to have ended with exit code {end.ExitCode}, and by the engine's account with {code}");
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
            ServiceLogs = await ServiceLogsAsync(request, beat, cancellationToken),
            ExitCode = end.ExitCode,
            TimedOut = end.TimedOut,
            DurationMs = end.DurationMs,
            Notes = notes,
        };
    }

    private async Task<ArtifactRef?> ServiceLogsAsync(VerifyRequest request, Action beat, CancellationToken cancellationToken)
    {
        if (!ComposeStarter.IsNeeded(request.Settings))
        {
            return null;
        }

        var logs = await compose.LogsAsync((await FindAsync(request.Container, cancellationToken)).Name, beat, cancellationToken);
        return logs.Count == 0 ? null : await store.PutBytesAsync(
            TarPacker.Bytes(tar =>
            {
                foreach (var (service, text) in logs)
                {
                    tar.File($"{service}.log", System.Text.Encoding.UTF8.GetBytes(text));
                }
            }),
            MediaTypes.Tar,
            cancellationToken);
    }

    private async Task<FetchedFolder?> ArtifactsAsync(VerifyRequest request, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        List<(string Prefix, FetchedFolder Part)> parts = [];
        foreach (var path in (IEnumerable<ArtifactPath>)[new ArtifactPath("/logs/artifacts"), .. request.Settings.Artifacts])
        {
            if (await HomeAsync(request.Container, path, notes, beat, cancellationToken) is { Files: > 0 } part)
            {
                var place = path.Source.Trim('/');
                parts.Add((path.Source == "/logs/artifacts" ? "" : !part.IsFile ? $"{place}/" : place[..(place.LastIndexOf('/') + 1)], part));
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

    private static string Words(VerifyReply reply) => reply.Reward?.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture) ?? "none";

    private static IReadOnlyList<string>? Nullable(IReadOnlyList<string> all) => all.Count == 0 ? null : all;
}
