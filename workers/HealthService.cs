using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Domain.Json;
using Temporalio.Api.Enums.V1;
using Temporalio.Api.TaskQueue.V1;
using Temporalio.Api.WorkflowService.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Workers;

/// <summary>
/// <c>GET /health</c>: 200 when the server knows this process as a poller of every queue it serves, otherwise 503; JSON
/// says which queue is missing.
/// </summary>
internal sealed class HealthService(
    IOptions<WorkerOptions> options, IReadOnlyList<WorkerQueue> queues, ITemporalClient client, ILogger<HealthService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var listener = new HttpListener();
        listener.Prefixes.Add($"http://{options.Value.HealthAddress}:{options.Value.HealthPort}/");
        listener.Start();
        using var stop = stoppingToken.Register(listener.Stop);
        logger.LogInformation("Health at http://{Address}:{Port}/health", options.Value.HealthAddress, options.Value.HealthPort);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AnswerAsync(await listener.GetContextAsync(), stoppingToken);
            }
            catch (Exception broken) when (broken is HttpListenerException or ObjectDisposedException or IOException)
            {
                // The caller hung up, or the listener was stopped; the loop's condition tells them apart.
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext exchange, CancellationToken cancellationToken)
    {
        using var response = exchange.Response;
        if (exchange.Request.Url?.AbsolutePath != "/health")
        {
            response.StatusCode = 404;
            return;
        }

        var found = await Task.WhenAll(queues.Select(queue => StateOfAsync(queue, cancellationToken)));
        var healthy = found.All(queue => queue.Polling);
        response.StatusCode = healthy ? 200 : 503;
        response.ContentType = "application/json";
        var body = new { Status = healthy ? "ok" : "not_polling", Server = client.Connection.Options.TargetHost, Queues = found };
        await response.OutputStream.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body, SparkJson.Options), cancellationToken);
    }

    private async Task<QueueState> StateOfAsync(WorkerQueue queue, CancellationToken cancellationToken)
    {
        var polling = await PollsAsync(queue.Name, TaskQueueType.Activity, cancellationToken)
            && (!queue.RunsWorkflows || await PollsAsync(queue.Name, TaskQueueType.Workflow, cancellationToken));
        return new QueueState(queue.Name, polling);
    }

    private async Task<bool> PollsAsync(string queue, TaskQueueType type, CancellationToken cancellationToken)
    {
        try
        {
            var request = new DescribeTaskQueueRequest
            {
                Namespace = client.Options.Namespace,
                TaskQueue = new TaskQueue { Name = queue },
                TaskQueueType = type,
            };
            var rpc = new RpcOptions { CancellationToken = cancellationToken, Timeout = TimeSpan.FromSeconds(3), Retry = false };
            var described = await client.WorkflowService.DescribeTaskQueueAsync(request, rpc);
            return described.Pollers.Any(poller => poller.Identity == client.Connection.Options.Identity);
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private sealed record QueueState(string Queue, bool Polling);
}
