using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Sandbox;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Ends an agent whose model's endpoint answers nothing: agents repeat a refused key for minutes before they give up.</summary>
internal sealed class AgentEnd(IContainerGateway gateway, TimeProvider time, ILogger<AgentEnd> logger)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Watches an agent until what is returned is disposed of.</summary>
    /// <param name="container">Its container.</param>
    /// <param name="folder">Folder under which it runs.</param>
    /// <param name="account">Its account; null where it asks no model.</param>
    public IAsyncDisposable Watch(string container, string folder, RunAccount? account) => new Watcher(stop => WatchAsync(container, folder, account, stop));

    private async Task WatchAsync(string container, string folder, RunAccount? account, CancellationToken stop)
    {
        while (account is not null)
        {
            await Task.Delay(Look, time, stop);
            if (account.Failures.Hopeless(account.Calls > 0, time.GetUtcNow()))
            {
                logger.LogInformation("The agent in {Container} is ended: its model's endpoint answers nothing", SandboxFailures.Short(container));
                await EndAsync(container, folder, stop);
                return;
            }
        }
    }

    private async Task EndAsync(string container, string folder, CancellationToken stop)
    {
        try
        {
            using var process = await gateway.ExecAsync(container, new ExecSpec(["sh", AgentFolder.End, folder]) { User = "0" }, stop);
            var buffer = new byte[1024];
            while (await process.ReadAsync(buffer, stop) > 0)
            {
            }
        }
        catch (Exception failed) when (failed is not OperationCanceledException)
        {
            // It gives up by itself, later.
            logger.LogInformation("The agent in {Container} cannot be ended: {Reason}", SandboxFailures.Short(container), failed.Message);
        }
    }

    private sealed class Watcher : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _watching;

        public Watcher(Func<CancellationToken, Task> watch) => _watching = watch(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            try
            {
                await _watching;
            }
            catch (OperationCanceledException)
            {
                // Told to.
            }

            _stop.Dispose();
        }
    }
}
