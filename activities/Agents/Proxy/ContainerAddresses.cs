using System.Collections.Concurrent;
using System.Net;
using Spark.Temporal.Activities.Sandbox;

namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>Knows from which addresses a container speaks. A container that was restarted or connected to another network has others, so a miss is looked up again.</summary>
internal sealed class ContainerAddresses(Func<string, CancellationToken, Task<IReadOnlyList<string>>> lookUp, TimeProvider time)
{
    /// <summary>How long an answer counts: a container that is gone is found out within this time.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>How often strangers can make us ask the engine about one container.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, (IReadOnlyList<IPAddress> Addresses, DateTimeOffset At)> _known = new();

    public ContainerAddresses(IContainerGateway gateway)
        : this(gateway.AddressesAsync, TimeProvider.System)
    {
    }

    /// <summary>Whether a request from an address comes out of a container.</summary>
    /// <exception cref="Exception">The engine does not answer, and its last answer does not tell.</exception>
    public async Task<bool> HasAsync(string container, IPAddress? from, CancellationToken cancellationToken)
    {
        var address = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from;
        var now = time.GetUtcNow();
        if (address is null)
        {
            return false;
        }

        if (_known.TryGetValue(container, out var known) && now - known.At < Fresh && (known.Addresses.Contains(address) || now - known.At < Pause))
        {
            return known.Addresses.Contains(address);
        }

        try
        {
            IReadOnlyList<IPAddress> found = [.. (await lookUp(container, cancellationToken)).Select(text => IPAddress.TryParse(text, out var one) ? one : null).OfType<IPAddress>()];
            _known[container] = (found, now);
            return found.Contains(address);
        }
        catch (Exception away) when (away is not OperationCanceledException && known.Addresses?.Contains(address) == true)
        {
            // The engine restarts: the container goes on, and its model may go on answering.
            return true;
        }
    }
}
