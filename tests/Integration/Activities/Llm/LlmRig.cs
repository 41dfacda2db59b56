using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>A worker with the real activity, and a workflow that keeps what it is told.</summary>
internal sealed class LlmRig : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public ITemporalClient Client { get; private init; } = null!;

    public string Queue { get; private init; } = "";

    public string Namespace => Client.Options.Namespace;

    public int Cancelled => _watch.Cancelled;

    private CancelWatch _watch = null!;

    public static async Task<LlmRig> StartAsync(ILlmActivities activities, string? queue = null)
    {
        var rig = new LlmRig { Client = await TemporalServer.ClientAsync(), Queue = queue ?? $"llm-{Guid.NewGuid():n}", _watch = new CancelWatch() };
        var options = new TemporalWorkerOptions(rig.Queue)
        {
            Interceptors = [rig._watch, new FailureInterceptor()],
            GracefulShutdownTimeout = TimeSpan.FromSeconds(20),
            MaxHeartbeatThrottleInterval = TimeSpan.FromSeconds(0.2),
            DefaultHeartbeatThrottleInterval = TimeSpan.FromSeconds(0.2),
        };
        options.AddWorkflow<AskingWorkflow>().AddAllActivities<ILlmActivities>(activities);
        var worker = new TemporalWorker(rig.Client, options);
        rig._running = Task.Run(async () =>
        {
            using (worker)
            {
                await worker.ExecuteAsync(rig._stop.Token);
            }
        });
        return rig;
    }

    public Task<WorkflowHandle<AskingWorkflow, string>> RunAsync(LlmRequest request, double secondsEach = 120) => Client.StartWorkflowAsync(
        (AskingWorkflow w) => w.RunAsync(request, secondsEach), new($"asking-{Guid.NewGuid()}", Queue));

    public Task<IReadOnlyList<StepNews>> NewsAsync(WorkflowHandle<AskingWorkflow, string> handle) => handle.QueryAsync(w => w.News);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // That is how a worker ends.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}

internal sealed class CancelWatch : IWorkerInterceptor
{
    private int _cancelled;

    public int Cancelled => Volatile.Read(ref _cancelled);

    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor next) =>
        new Inbound(next, () => Interlocked.Increment(ref _cancelled));

    private sealed class Inbound(ActivityInboundInterceptor next, Action cancelled)
        : ActivityInboundInterceptor(next)
    {
        public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            await using var registration = ActivityExecutionContext.Current.CancellationToken.Register(cancelled);
            return await base.ExecuteActivityAsync(input);
        }
    }
}

[Workflow]
public class AskingWorkflow
{
    private readonly List<StepNews> _news = [];

    [WorkflowQuery]
    public IReadOnlyList<StepNews> News => _news;

    [WorkflowSignal(StepNews.Signal)]
    public Task ToldAsync(StepNews news)
    {
        _news.Add(news);
        return Task.CompletedTask;
    }

    [WorkflowRun]
    public async Task<string> RunAsync(LlmRequest request, double secondsEach)
    {
        var reply = await Workflow.ExecuteActivityAsync(
            (ILlmActivities llm) => llm.CompleteAsync(request),
            new()
            {
                StartToCloseTimeout = TimeSpan.FromSeconds(secondsEach),
                HeartbeatTimeout = TimeSpan.FromSeconds(10),
                RetryPolicy = new() { InitialInterval = TimeSpan.FromSeconds(0.2), BackoffCoefficient = 1 },
            });
        return reply.Text ?? "";
    }
}
