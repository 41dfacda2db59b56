using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Disks;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Containers on this host.</summary>
internal sealed class SandboxActivities(
    IContainerGateway gateway,
    ImagePreparer images,
    ContainerStarter starter,
    ComposeStarter compose,
    TurnRunner turns,
    VerifierRunner verifier,
    TaskSteps taskSteps,
    ProofSteps proof,
    ShellConnections shells,
    DiskCheck disks,
    SandboxHost host,
    TimeProvider time,
    ILogger<SandboxActivities> logger,
    IAgentImages? agents = null) : ISandboxActivities
{
    public Task<PreparedImage> PrepareAsync(PrepareRequest request) =>
        StepAsync(null, async step =>
        {
            var image = await images.PrepareAsync(request, step.Beat, step.Cancelled);
            return request.Agent is null || agents is null ? image : await agents.WithAgentAsync(image, request, step.Beat, step.Cancelled);
        });

    public Task<StartedSandbox> StartAsync(StartRequest request) =>
        StepAsync(null, step => starter.StartAsync(request, step.Info, step.Beat, step.Cancelled));

    public Task<TurnReply> RunTurnAsync(TurnRequest request) =>
        StepAsync(request.Container, step => turns.RunAsync(request, step.Beat, step.Heartbeats.Show, step.Cancelled));

    public Task<TurnReply> RerunAsync(RerunRequest request) =>
        StepAsync(request.Container, step => turns.RerunAsync(request, step.Beat, step.Heartbeats.Show, step.Cancelled));

    public Task<BeginStepReply> BeginStepAsync(BeginStepRequest request) =>
        StepAsync(request.Container, step => taskSteps.BeginAsync(request, step.Info, step.Beat, step.Cancelled));

    public Task<OracleReply> OracleAsync(OracleRequest request) =>
        StepAsync(request.Container, step => verifier.OracleAsync(request, step.Info, step.Beat, step.Cancelled));

    public Task<VerifyReply> VerifyAsync(VerifyRequest request) =>
        StepAsync(request.Container, step => verifier.VerifyAsync(request, step.Info, step.Beat, step.Cancelled));

    public Task<PutReply> PutAsync(PutRequest request) =>
        StepAsync(request.Container, step => proof.PutAsync(request, step.Beat, step.Cancelled));

    public Task<ExecReply> ExecAsync(ExecRequest request) =>
        StepAsync(request.Container, step => proof.ExecAsync(request, step.Info, step.Beat, step.Cancelled));

    public Task<RemoveReply> RemoveAsync(RemoveRequest request) => StepAsync(null, async step =>
    {
        var clock = Stopwatch.StartNew();
        var container = request.Container.Length > 0
            ? request.Container
            : SandboxLabels.ContainerName(step.Info.WorkflowId ?? "", step.Info.WorkflowRunId ?? "", request.Ordinal);
        shells.Close(container);
        var removed = await gateway.RemoveAsync(container, step.Cancelled);
        if (request.All)
        {
            var name = SandboxLabels.ContainerName(step.Info.WorkflowId ?? "", step.Info.WorkflowRunId ?? "", request.Ordinal);
            await Task.WhenAll((await gateway.ListAsync($"{SandboxLabels.Of}={name}", step.Cancelled)).Select(verifier => gateway.RemoveAsync(verifier.Id, step.Cancelled)));
            await compose.RemoveAsync(name, step.Cancelled);
        }

        logger.LogDebug("Container {Container} removed: {Removed}", SandboxFailures.Short(container), removed);
        return new RemoveReply(removed, clock.ElapsedMilliseconds);
    });

    public Task<DiskReply> DiskAsync() =>
        StepAsync(null, async step => disks.OfHost((await gateway.DescribeAsync(step.Cancelled)).RootFolder));

    /// <summary>Runs one activity: failures are typed, and heartbeats go out however long the engine takes.</summary>
    private async Task<T> StepAsync<T>(string? container, Func<Step, Task<T>> work)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, time);
        return await SandboxFailures.TypedAsync(container, host.Name, () => work(new Step(context.Info, heartbeats, context.CancellationToken)));
    }

    private sealed record Step(ActivityInfo Info, Heartbeats Heartbeats, CancellationToken Cancelled)
    {
        public void Beat() => Heartbeats.Beat();
    }
}
