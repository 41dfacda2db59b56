using System.Collections.Concurrent;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The connections of this worker, one per container.</summary>
internal sealed class ShellConnections(IContainerGateway gateway, SandboxOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<string, ShellConnection> _open = new();
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _opening = new();

    /// <summary>The connection to a container, opened if there is none.</summary>
    /// <returns>Null when the container is gone.</returns>
    public async Task<ShellConnection?> GetAsync(string container, CancellationToken cancellationToken)
    {
        if (_open.TryGetValue(container, out var open) && open.IsOpen)
        {
            return open;
        }

        var gate = _opening.GetOrAdd(container, _ => new SemaphoreSlim(1, 1));
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (_open.TryGetValue(container, out open) && open.IsOpen)
            {
                return open;
            }

            open?.Dispose();
            var facts = await gateway.FindAsync(container, withSize: false, cancellationToken);
            if (facts is not { Running: true })
            {
                return null;
            }

            var user = facts.Labels.GetValueOrDefault(SandboxLabels.User);
            var connection = await ShellConnection.OpenAsync(
                gateway, container, string.IsNullOrEmpty(user) ? null : user, facts.Labels.GetValueOrDefault(SandboxLabels.Workdir, "/"), options.OutputBytes, cancellationToken);
            _open[container] = connection;
            return connection;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Ends the connection to a container, if there is one.</summary>
    public void Close(string container)
    {
        _opening.TryRemove(container, out _);
        if (_open.TryRemove(container, out var connection))
        {
            connection.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var container in _open.Keys)
        {
            Close(container);
        }
    }
}
