using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Containers on this host.</summary>
internal sealed class SandboxActivities(
    IContainerGateway gateway,
    ImagePreparer images,
    ContainerStarter starter,
    TurnRunner turns,
    VerifierRunner verifier,
    ProofSteps proof,
    ShellConnections shells,
    ILogger<SandboxActivities> logger) : ISandboxActivities
{
    private static ActivityExecutionContext Context => ActivityExecutionContext.Current;

    public Task<PreparedImage> PrepareAsync(PrepareRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(null, () => images.PrepareAsync(request, Beat(context), context.CancellationToken));
    }

    public Task<StartedSandbox> StartAsync(StartRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(null, () => starter.StartAsync(request, context.Info, Beat(context), context.CancellationToken));
    }

    public Task<TurnReply> RunTurnAsync(TurnRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(request.Container, () => turns.RunAsync(request, Beat(context), context.CancellationToken));
    }

    public Task<TurnReply> RerunAsync(RerunRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(request.Container, () => turns.RerunAsync(request, Beat(context), context.CancellationToken));
    }

    public Task<OracleReply> OracleAsync(OracleRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(request.Container, () => verifier.OracleAsync(request, context.Info, Beat(context), context.CancellationToken));
    }

    public Task<VerifyReply> VerifyAsync(VerifyRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(request.Container, () => verifier.VerifyAsync(request, context.Info, Beat(context), context.CancellationToken));
    }

    public Task<PutReply> PutAsync(PutRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(request.Container, () => proof.PutAsync(request, Beat(context), context.CancellationToken));
    }

    public Task<ExecReply> ExecAsync(ExecRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(request.Container, () => proof.ExecAsync(request, context.Info, Beat(context), context.CancellationToken));
    }

    public Task<RemoveReply> RemoveAsync(RemoveRequest request)
    {
        var context = Context;
        return SandboxFailures.TypedAsync(null, async () =>
        {
            var clock = Stopwatch.StartNew();
            var container = request.Container.Length > 0
                ? request.Container
                : SandboxLabels.ContainerName(context.Info.WorkflowId ?? "", context.Info.WorkflowRunId ?? "", request.Ordinal);
            shells.Close(container);
            var removed = await gateway.RemoveAsync(container, context.CancellationToken);
            logger.LogDebug("Container {Container} removed: {Removed}", SandboxFailures.Short(container), removed);
            return new RemoveReply(removed, clock.ElapsedMilliseconds);
        });
    }

    private static Action Beat(ActivityExecutionContext context) => () => context.Heartbeat();
}
