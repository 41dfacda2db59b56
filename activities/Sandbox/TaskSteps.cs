using System.Diagnostics;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Makes a container ready for the next step of a multi-step task; what runs in it goes on.</summary>
internal sealed class TaskSteps(IContainerGateway gateway, IArtifactStore store, PhaseNetworks networks, OnceRunner once, Healthchecks healthchecks)
{
    private const double PrepareSec = 120;

    /// <summary>
    /// Empties what belongs to the step before, and gives the new files to the agent. $1 the folder with them or "-", $2 the working folder, $3 the
    /// agent's user. The folder of the verdict keeps its identity, since some tests look at it.
    /// </summary>
    private const string Script = """
        rm -rf /tests /solution
        if [ -L /logs/verifier ]; then rm -f /logs/verifier; fi
        for left in /logs/verifier/* /logs/verifier/.[!.]* /logs/verifier/..?*; do
            if [ -e "$left" ] || [ -L "$left" ]; then rm -rf "$left"; fi
        done
        [ "$1" != - ] || exit 0
        chown -R "$3" "$1" && mkdir -p "$2" && cp -a "$1/." "$2/" && rm -rf "$1"
        """;

    public async Task<BeginStepReply> BeginAsync(BeginStepRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        beat();
        var clock = Stopwatch.StartNew();
        var facts = await gateway.FindAsync(request.Container, withSize: false, cancellationToken) is { Running: true } found ? found : throw SandboxFailures.Lost(request.Container);
        if (request.Before is { } before)
        {
            // Where it was verified in the agent's container, that has the verifier's network now; where not, it still has the agent's.
            var (from, to) = (PhaseNetworks.OfAgent(before), PhaseNetworks.OfAgent(request.Settings));
            await networks.SwitchAsync(request.Container, PhaseNetworks.OfVerifier(before).Mode, to.Mode, cancellationToken);
            await networks.SwitchAsync(request.Container, from.Mode, to.Mode, cancellationToken);
        }

        var workdir = facts.Labels.GetValueOrDefault(SandboxLabels.Workdir, "/");
        var agent = facts.Labels.GetValueOrDefault(SandboxLabels.User) is { Length: > 0 } user ? user : "root";
        var folder = SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{request.Container} step {request.Step}");
        var staged = $"{SandboxScripts.Staging}/{folder[(folder.LastIndexOf('/') + 1)..]}";
        if (request.Workdir is { } files)
        {
            await using var stored = await store.OpenAsync(files, cancellationToken);
            await using var tar = await Tars.BelowAsync(stored, staged.TrimStart('/'), cancellationToken);
            await gateway.PutAsync(request.Container, tar, cancellationToken);
        }

        var ready = await once.RunAsync(
            request.Container,
            new ExecSpec(["sh", "-c", Script, "spark-step", request.Workdir is null ? "-" : staged, workdir, agent]) { User = "root", WorkingDirectory = "/" },
            $"{folder}-ready", PrepareSec, null, beat, cancellationToken);
        if (ready.ExitCode != 0)
        {
            return new BeginStepReply(ready.ExitCode, Observation.Of(ready, 1000, PrepareSec), clock.ElapsedMilliseconds);
        }

        if (request.Setup)
        {
            var spec = new ExecSpec(["sh", "-c", $"chmod +x ./{StepsReader.SetupScript} 2>/dev/null; exec ./{StepsReader.SetupScript}"]) { User = agent, WorkingDirectory = workdir };
            var setup = await once.RunAsync(request.Container, spec, folder, request.TimeoutSec, null, beat, cancellationToken);
            if (setup.ExitCode != 0)
            {
                return new BeginStepReply(setup.ExitCode, Observation.Of(setup, 1000, request.TimeoutSec), clock.ElapsedMilliseconds);
            }
        }

        if (request.Healthcheck is { } check)
        {
            await healthchecks.PassAsync(request.Container, check, request.Settings.Workdir, agent, $"step {request.Step} ", info, beat, cancellationToken);
        }

        return new BeginStepReply(0, "", clock.ElapsedMilliseconds);
    }
}
