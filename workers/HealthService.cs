using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
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
/// <c>GET /health</c>: 200 if the server knows this process as a poller of every queue that it serves, otherwise 503; JSON
/// says which queue is missing.
/// </summary>
internal sealed class HealthService(
    IOptions<WorkerOptions> options, IReadOnlyList<WorkerQueue> queues, ITemporalClient client, ILogger<HealthService> logger) : BackgroundService
{
    /// <summary>How long requests in flight may take to end when the worker stops; then their connections are cut.</summary>
    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (address, port) = (options.Value.HealthAddress, options.Value.HealthPort);
        await using var app = Build(stoppingToken);
        try
        {
            await app.StartAsync(stoppingToken);
        }
        catch (Exception taken) when (taken is IOException or SocketException)
        {
            var section = WorkerOptions.Section;
            throw new IOException(
                $"Health cannot be served at {address}:{port}: {taken.Message} Set {section}:HealthPort to a free port and {section}:HealthAddress to an address of this host.", taken);
        }

        logger.LogInformation("Health at http://{Address}:{Port}/health", address, port);
        await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await app.StopAsync(CancellationToken.None);
    }

    private WebApplication Build(CancellationToken stoppingToken)
    {
        // The empty builder writes no log of its own and does not read the settings and variables that steer other web servers.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Configure);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopsWithin);
        var app = builder.Build();
        app.Run(context => AnswerAsync(context, stoppingToken));
        return app;
    }

    private void Configure(KestrelServerOptions server)
    {
        server.AddServerHeader = false;
        var (address, port) = (options.Value.HealthAddress, options.Value.HealthPort);
        if (IsEveryAddress(address))
        {
            server.ListenAnyIP(port, OneProtocol);
        }
        else if (address == "localhost")
        {
            server.ListenLocalhost(port, OneProtocol);
        }
        else
        {
            server.Listen(IPAddress.TryParse(address, out var ip) ? ip : Dns.GetHostAddresses(address)[0], port, OneProtocol);
        }
    }

    private static void OneProtocol(ListenOptions listen) => listen.Protocols = HttpProtocols.Http1;

    private static bool IsEveryAddress(string address) => address is "*" or "+" or "0.0.0.0" or "::" or "[::]";

    private async Task AnswerAsync(HttpContext context, CancellationToken stoppingToken)
    {
        try
        {
            if (!IsNamed(context.Request.Host.Host))
            {
                context.Response.StatusCode = StatusCodes.Status400BadRequest;
            }
            else if (context.Request.Path.Value != "/health")
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
            }
            else
            {
                using var ended = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, context.RequestAborted);
                await ReportAsync(context.Response, ended.Token);
            }
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            // The caller hung up, or the worker stops.
            context.Abort();
        }
    }

    /// <summary>
    /// Whether a request calls this server by the address that it listens on. A web page whose name was made to lead here uses
    /// its own name, and must not read the answer.
    /// </summary>
    private bool IsNamed(string host) => host.Length == 0 || IsEveryAddress(options.Value.HealthAddress)
        || host.Trim('[', ']').Equals(options.Value.HealthAddress.Trim('[', ']'), StringComparison.OrdinalIgnoreCase);

    private async Task ReportAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(queues.Select(queue => StateOfAsync(queue, cancellationToken)));
        var healthy = found.All(queue => queue.Polling);
        var body = new { Status = healthy ? "ok" : "not_polling", Server = client.Connection.Options.TargetHost, Queues = found };
        var json = JsonSerializer.SerializeToUtf8Bytes(body, SparkJson.Options);
        response.StatusCode = healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.Body.WriteAsync(json, cancellationToken);
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
