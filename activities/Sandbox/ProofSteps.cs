using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What a proof does in a container besides oracle and verifier: writes files and runs a command of ours.</summary>
internal sealed class ProofSteps(IContainerGateway gateway, IArtifactStore store, OnceRunner once)
{
    private const int TailCharacters = 1500;

    public async Task<PutReply> PutAsync(PutRequest request, Action beat, CancellationToken cancellationToken)
    {
        beat();
        await FindAsync(request.Container, cancellationToken);
        var files = 0;
        await using (var counted = await store.OpenAsync(request.Files, cancellationToken))
        {
            await foreach (var entry in TarPack.ReadAsync(counted, cancellationToken))
            {
                files += TarPack.IsFile(entry) ? 1 : 0;
            }
        }

        await using var stored = await store.OpenAsync(request.Files, cancellationToken);
        await Heartbeats.WhileAsync(UnpackAsync(request.Container, stored, cancellationToken), beat, cancellationToken);
        return new PutReply(files);
    }

    public async Task<ExecReply> ExecAsync(ExecRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        beat();
        await FindAsync(request.Container, cancellationToken);
        var folder = SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{request.Container} exec {request.Id}");
        var spec = new ExecSpec(request.Command) { User = "root", WorkingDirectory = request.Workdir };
        var end = await once.RunAsync(request.Container, spec, folder, request.TimeoutSec, null, beat, cancellationToken);
        var output = Observation.Kept(end);
        var text = Encoding.UTF8.GetString(output);
        return new ExecReply(
            end.ExitCode,
            end.TimedOut,
            await store.PutBytesAsync(output, MediaTypes.Text, cancellationToken),
            text.Length <= TailCharacters ? text : text[^TailCharacters..],
            end.DurationMs);
    }

    private async Task<bool> UnpackAsync(string container, Stream files, CancellationToken cancellationToken)
    {
        await gateway.PutAsync(container, files, cancellationToken);
        return true;
    }

    private async Task FindAsync(string container, CancellationToken cancellationToken)
    {
        if (await gateway.FindAsync(container, withSize: false, cancellationToken) is not { Running: true })
        {
            throw SandboxFailures.Lost(container);
        }
    }
}
