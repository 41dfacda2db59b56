using Docker.DotNet;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Runs the oracle and the verifier.</summary>
internal sealed partial class VerifierRunner(
    IContainerGateway gateway, IArtifactStore store, PhaseNetworks networks, VerifierContainer verifiers, ComposeStarter compose, ShellConnections shells, OnceRunner once, StorageExcess excess, SandboxOptions options)
{
    private const double PrepareSec = OnceRunner.BeforeSec;
    private const string TestScript = "/tests/test.sh";
    private const string SolutionScript = "/solution/solve.sh";

    private async Task<OracleReply> OracleWithinAsync(OracleRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        beat();
        var facts = await FindAsync(request.Container, cancellationToken);
        await PutBelowAsync(request.Container, request.Solution, "solution", cancellationToken);
        var spec = new ExecSpec([SolutionScript])
        {
            User = request.User ?? Other(facts.User) ?? "root",
            WorkingDirectory = facts.Labels.GetValueOrDefault(SandboxLabels.Workdir),
            Environment = ["DEBIAN_FRONTEND=noninteractive", .. Resolve("[solution] env", request.Env, request.TaskEnv)],
        };
        var end = await once.RunAsync(request.Container, spec, Folder(info, request.Container, request.Step is { } step ? $"oracle {step}" : "oracle"), request.TimeoutSec, null, beat, cancellationToken);
        var output = await store.PutBytesAsync(Observation.Kept(end), MediaTypes.Text, cancellationToken);
        var changes = request.KeepChanges
            ? await Heartbeats.WhileAsync(new OracleChanges(gateway, store, options).KeepAsync(request.Container, Observation.Kept(end), cancellationToken), beat, cancellationToken)
            : null;
        return new OracleReply(end.ExitCode, end.TimedOut, output, end.DurationMs, changes);
    }

    private async Task<VerifyReply> VerifyWithinAsync(VerifyRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        beat();
        shells.Close(request.Container);
        try
        {
            var agent = await FindAsync(request.Container, cancellationToken);
            return request.Mode == VerdictMode.Shared
                ? await SharedAsync(request, agent, new VerdictWatch(gateway), info, beat, cancellationToken)
                : await ApartAsync(request, agent, info, beat, cancellationToken);
        }
        catch (Exception lost) when (lost is ApplicationFailureException { ErrorType: FailureTypes.SandboxLost } or DockerApiException or IOException)
        {
            if (await EndedAsync(request, cancellationToken) is { } ended)
            {
                return ended;
            }

            throw;
        }
    }

    /// <summary>In a container of the verifier's own, and then in the agent's where the two are compared.</summary>
    private async Task<VerifyReply> ApartAsync(VerifyRequest request, ContainerFacts agent, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        List<string> notes = [];
        var watch = new VerdictWatch(gateway);
        await watch.BeforeAsync(agent.Id, cancellationToken);
        if (request.Mode == VerdictMode.Separate)
        {
            // A clean one needs nothing that runs in the agent's container: that is frozen and copied.
            await StopAsync(request, agent, info, notes, beat, cancellationToken);
        }

        await CollectAsync(request, agent, info, notes, beat, cancellationToken);
        var (container, problem) = await StartAsync(request, agent, info, notes, beat, cancellationToken);
        if (container is null)
        {
            return await NoneAsync(request, problem, cancellationToken);
        }

        try
        {
            var reply = await OwnAsync(request, container, info, notes, beat, cancellationToken);
            if (request.Mode != VerdictMode.Both)
            {
                return reply;
            }

            VerifyReply shared;
            try
            {
                shared = await SharedAsync(request, agent, watch, info, beat, cancellationToken);
            }
            catch (Exception lost) when (lost is ApplicationFailureException { ErrorType: FailureTypes.SandboxLost } or DockerApiException or IOException)
            {
                if (await EndedAsync(request, cancellationToken) is not { } ended)
                {
                    throw;
                }

                (shared, reply) = (ended, reply with { Notes = [.. reply.Notes, ended.RewardProblem!] });
            }

            return reply with
            {
                SharedReward = shared.Reward,
                Differs = shared.Reward != reply.Reward,
                Warnings = Nullable([.. shared.Warnings ?? [], .. shared.Reward == reply.Reward ? Array.Empty<string>() : [$"the clean verdict is {Words(reply)}, the one in the agent's own container {Words(shared)}"]]),
            };
        }
        finally
        {
            await gateway.RemoveAsync(container, CancellationToken.None);
        }
    }

    /// <summary>In the agent's own container, as Harbor does.</summary>
    private async Task<VerifyReply> SharedAsync(
        VerifyRequest request, ContainerFacts agent, VerdictWatch watch, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        List<string> notes = [];
        var settings = request.Settings;
        var (before, network) = (PhaseNetworks.OfAgent(settings), PhaseNetworks.OfVerifier(settings));
        if (request.Mode == VerdictMode.Shared)
        {
            await CollectAsync(request, agent, info, notes, beat, cancellationToken);
            await watch.BeforeAsync(request.Container, cancellationToken);
        }

        await networks.SwitchAsync(request.Container, before.Mode, network.Mode, cancellationToken);
        CommandEnd end;
        try
        {
            end = await RunTestsAsync(request, agent, request.Tests, await networks.VariablesAsync(before, network, cancellationToken), info, beat, cancellationToken);
        }
        catch (UnreportedException broken)
        {
            if (await gateway.FindAsync(request.Container, withSize: false, cancellationToken) is not { Running: true } || await gateway.ExceededAsync(request.Container, cancellationToken))
            {
                throw;
            }

            // Whoever breaks the container in which it is verified gets no verdict, and no further attempt either.
            return new VerifyReply
            {
                RewardProblem = $"the verifier cannot run in the agent's container, as the agent left it: {PlainText.OneLine(broken.Message, 500)}",
                Output = await store.PutTextAsync(broken.Message, cancellationToken),
                Warnings = Nullable(await watch.AfterAsync(request.Container, cancellationToken)),
                Notes = notes,
            };
        }

        var warnings = watch.AfterAsync(request.Container, cancellationToken);
        var reply = await ReplyAsync(request, request.Container, end, notes, beat, cancellationToken);
        // Only now: the engine gives one archive of a container at a time.
        var tests = await TestsWatch.DifferenceAsync(gateway, store, request.Container, request.Tests, cancellationToken);
        return reply with { Warnings = Nullable([.. await warnings, .. tests is null ? Array.Empty<string>() : [tests]]) };
    }

    /// <summary>In a container of the verifier's own, which has what it needs of the agent's.</summary>
    private async Task<VerifyReply> OwnAsync(VerifyRequest request, string container, ActivityInfo info, List<string> notes, Action beat, CancellationToken cancellationToken)
    {
        var verifier = await FindAsync(container, cancellationToken);
        var brings = request.Mode == VerdictMode.Separate && request.Settings.Separate is { OwnImage: true } && request.Step is null;
        var network = await networks.VariablesAsync(PhaseNetworks.OfAgent(VerifierContainer.SettingsOf(request)), cancellationToken);
        var end = await RunTestsAsync(request, verifier, brings ? null : request.Tests, network, info, beat, cancellationToken);
        return await ReplyAsync(request, container, end, notes, beat, cancellationToken) with { Mode = request.Mode };
    }

    /// <summary>Puts the tests in place and runs them.</summary>
    /// <param name="request">The verification.</param>
    /// <param name="container">Where.</param>
    /// <param name="tests">The tests; null where the image brings them.</param>
    /// <param name="network">Variables of its network.</param>
    /// <param name="info">The activity.</param>
    /// <param name="beat">Called while it works.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private async Task<CommandEnd> RunTestsAsync(
        VerifyRequest request, ContainerFacts container, ArtifactRef? tests, IReadOnlyList<string> network, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        var settings = request.Settings;
        var folder = Folder(info, container.Id, Id(request));
        var staged = $"{SandboxScripts.Staging}/{folder[(folder.LastIndexOf('/') + 1)..]}";
        if (tests is not null)
        {
            await PutBelowAsync(container.Id, tests, staged.TrimStart('/'), cancellationToken);
        }

        string? inline = null;
        if (SandboxLabels.IsRoot(settings.VerifierUser ?? container.User))
        {
            // One process for both: starting one takes the engine as long as a short test.
            inline = OnceRunner.Inline(await PreparationAsync(request, container.Id, tests is null ? "-" : staged, cancellationToken), $"{folder}-ready", PrepareSec);
        }
        else
        {
            await PrepareAsync(request, container, tests is null ? "-" : staged, info, beat, cancellationToken);
        }

        var spec = new ExecSpec([TestScript])
        {
            User = settings.VerifierUser ?? Other(container.User),
            WorkingDirectory = container.Labels.GetValueOrDefault(SandboxLabels.Workdir),
            Environment = [.. Resolve("[verifier] env", settings.VerifierEnv, request.TaskEnv), .. network],
        };
        return await once.RunAsync(container.Id, spec, folder, request.TimeoutSec, inline, beat, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> PreparationAsync(VerifyRequest request, string container, string staged, CancellationToken cancellationToken) =>
    [
        "sh", "-c", SandboxScripts.Whole("verify"), "spark-verify", staged, request.StopServices ? "services" : "-",
        staged != "-" && await ImageBringsTestsAsync(container, cancellationToken) ? "image" : "-",
    ];

    private static string Id(VerifyRequest request) => (request.Round == 1 ? "verify" : $"verify {request.Round}") + (request.Step is null ? "" : $" {request.Step}");

    private async Task PutBelowAsync(string container, ArtifactRef content, string folder, CancellationToken cancellationToken)
    {
        await using var stored = await store.OpenAsync(content, cancellationToken);
        await using var tar = await Tars.BelowAsync(stored, folder, cancellationToken);
        await gateway.PutAsync(container, tar, cancellationToken);
    }

    private async Task<ContainerFacts> FindAsync(string container, CancellationToken cancellationToken) =>
        await gateway.FindAsync(container, withSize: false, cancellationToken) is { Running: true } facts ? facts : throw SandboxFailures.Lost(container);

    private static string? Other(string user) => user.Length == 0 ? null : user;

    private static string Folder(ActivityInfo info, string container, string id) =>
        SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{container} {id}");

    private IReadOnlyList<string> Resolve(string field, IReadOnlyDictionary<string, string> templates, IReadOnlyList<string>? allowed)
    {
        try
        {
            return EnvTemplate.Assignments(field, templates, Environment.GetEnvironmentVariable, [.. options.TaskEnv, .. allowed ?? []]);
        }
        catch (ArgumentException missing)
        {
            throw SandboxFailures.Start(missing.Message);
        }
    }
}
