using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>Networks.</content>
internal sealed partial class DockerContainerGateway
{
    public async Task<string?> GatewayAddressAsync(string network, CancellationToken cancellationToken)
    {
        var found = await _client.Networks.InspectNetworkAsync(network, cancellationToken);
        if (found.IPAM?.Config?.Select(range => range.Gateway).FirstOrDefault(gateway => !string.IsNullOrEmpty(gateway)) is { } known)
        {
            return known;
        }

        // Older engines name no gateway; it is the address of the bridge itself.
        return found.Options is not null && found.Options.TryGetValue("com.docker.network.bridge.name", out var name)
            ? NetworkInterface.GetAllNetworkInterfaces().Where(one => one.Name == name).SelectMany(one => one.GetIPProperties().UnicastAddresses)
                .Select(one => one.Address).FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork)?.ToString()
            : null;
    }

    public async Task EnsureNetworkAsync(string name, bool closed, CancellationToken cancellationToken)
    {
        if (await HasNetworkAsync(name, cancellationToken))
        {
            return;
        }

        await using var others = await HostLock.TakeAsync($"network {name}", cancellationToken);
        if (await HasNetworkAsync(name, cancellationToken))
        {
            return;
        }

        try
        {
            await _client.Networks.CreateNetworkAsync(
                new NetworksCreateParameters
                {
                    Name = name,
                    Driver = "bridge",
                    Internal = closed,
                    Labels = new Dictionary<string, string> { [SandboxLabels.Shared] = "true" },
                    Options = new Dictionary<string, string>
                    {
                        ["com.docker.network.bridge.enable_icc"] = "false",
                        // A name that rules of the host's own firewall can speak of. It also keeps an older engine from making two networks of one name.
                        ["com.docker.network.bridge.name"] = name,
                    },
                },
                cancellationToken);
        }
        catch (DockerApiException)
        {
            // A worker of another user may have been first.
            if (!await HasNetworkAsync(name, cancellationToken))
            {
                throw;
            }
        }
    }

    private async Task<bool> HasNetworkAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await _client.Networks.InspectNetworkAsync(name, cancellationToken);
            return true;
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    public Task ConnectAsync(string container, string network, CancellationToken cancellationToken) =>
        _client.Networks.ConnectNetworkAsync(network, new NetworkConnectParameters { Container = container }, cancellationToken);

    public Task DisconnectAsync(string container, string network, CancellationToken cancellationToken) =>
        _client.Networks.DisconnectNetworkAsync(network, new NetworkDisconnectParameters { Container = container, Force = true }, cancellationToken);

    public async Task<IReadOnlyList<string>> AddressesAsync(string container, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _client.Containers.InspectContainerAsync(container, cancellationToken);
            return found.State?.Running != true ? [] : [.. (found.NetworkSettings?.Networks ?? new Dictionary<string, EndpointSettings>()).Values
                .SelectMany(network => new[] { network.IPAddress, network.GlobalIPv6Address }).Where(address => !string.IsNullOrEmpty(address))];
        }
        catch (DockerApiException missing) when (missing.StatusCode == HttpStatusCode.NotFound)
        {
            return [];
        }
    }
}
