using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Sandbox;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>
/// Lies between the agents in containers and their models, so that no container holds a key. It knows a run by its token,
/// passes the request on with the real key and counts the usage that the reply states. It refuses unknown tokens, and runs that
/// are past their time or have used up their budget. It starts with the first agent, and with a worker that had one before.
/// </summary>
internal sealed class ModelProxy(
    IOptions<ProxyOptions> options, IOptions<LlmOptions> llm, SandboxOptions sandbox, IContainerGateway gateway, ILogger<ModelProxy> logger) : IAsyncDisposable, IResumed
{
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly Lazy<ProxyState> _state = new(() => new ProxyState(sandbox.StateFolder));
    private WebApplication? _app;
    private ProxyRequests? _requests;
    private string _root = "";

    /// <summary>Knows which container an address belongs to; a test has none.</summary>
    internal ContainerAddresses Addresses { get; init; } = new(gateway);

    public RunAccounts Accounts => _state.Value.Accounts;

    /// <summary>Base address for agents of a protocol, as a container reaches it.</summary>
    public async Task<string> UrlAsync(AgentApi api, CancellationToken cancellationToken)
    {
        await EnsureUpAsync(cancellationToken);
        return $"{_root}/{PathOf(api)}";
    }

    public string Sign(RunToken token) => token.Sign(_state.Value.Secret);

    /// <summary>Starts if an agent of this host may still be running from before a restart.</summary>
    public Task ResumeAsync(CancellationToken cancellationToken) =>
        File.Exists(Path.Combine(sandbox.StateFolder, "agents", "port")) ? EnsureUpAsync(cancellationToken) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _requests?.Dispose();
        _starting.Dispose();
    }

    private static string PathOf(AgentApi api) => api switch
    {
        AgentApi.Anthropic => "anthropic",
        AgentApi.Gemini => "gemini",
        _ => "openai/v1",
    };

    private async Task EnsureUpAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_app is not null)
            {
                return;
            }

            var reached = options.Value.ProxyAddress ?? await gateway.GatewayAddressAsync(PhaseNetworks.Engines, cancellationToken)
                ?? throw Unreachable("the engine's bridge network has no gateway", null);
            var bind = await AddressAsync(options.Value.ProxyBind ?? reached, cancellationToken);
            var port = options.Value.ProxyPort > 0 ? options.Value.ProxyPort : _state.Value.Port(bind);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.ConfigureKestrel(server =>
            {
                server.Listen(bind, port);
                server.Limits.MaxRequestBodySize = 256 * 1024 * 1024;
                server.AddServerHeader = false;
            });
            var app = builder.Build();
            var requests = new ProxyRequests(_state.Value, llm.Value, options.Value, Addresses);
            app.Run(requests.HandleAsync);
            try
            {
                await app.StartAsync(cancellationToken);
            }
            catch (IOException taken)
            {
                await app.DisposeAsync();
                requests.Dispose();
                throw Unreachable($"nothing can listen on {bind}:{port}", taken);
            }

            (_app, _requests, _root) = (app, requests, $"http://{(reached.Contains(':', StringComparison.Ordinal) ? $"[{reached}]" : reached)}:{port}");
            logger.LogInformation("Model proxy for agents at {Address}", _root);
        }
        finally
        {
            _starting.Release();
        }
    }

    private static async Task<IPAddress> AddressAsync(string host, CancellationToken cancellationToken) =>
        IPAddress.TryParse(host, out var address) ? address
        : (await Dns.GetHostAddressesAsync(host, cancellationToken)).FirstOrDefault() ?? throw Unreachable($"'{host}' is not an address", null);

    private static IOException Unreachable(string why, Exception? cause) => new(
        $"The model proxy for agents cannot start: {why}. Set {ProxyOptions.Section}:ProxyAddress to an address of this host that containers reach (and ProxyBind, ProxyPort).", cause);
}
