using Docker.DotNet;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The network of a phase of a trial.</summary>
/// <param name="Mode">Which network.</param>
/// <param name="Hosts">Hosts that may be reached where the mode is <see cref="NetworkMode.Allowlist"/>.</param>
internal sealed record PhaseNetwork(NetworkMode Mode, IReadOnlyList<string> Hosts);

/// <summary>Puts containers into the network that a phase asks for.</summary>
internal sealed class PhaseNetworks(IContainerGateway gateway, HostsProxy proxy)
{
    /// <summary>The network of all containers with network access: none of them reaches another.</summary>
    public const string Open = "spark-public";

    /// <summary>The engine's own network, in which containers reach each other. Those of an older version are in it.</summary>
    public const string Engines = "bridge";

    public static PhaseNetwork OfAgent(TaskSettings settings) =>
        new(settings.AgentNetwork ?? settings.Network, settings.AgentAllowedHosts ?? settings.AllowedHosts ?? []);

    public static PhaseNetwork OfVerifier(TaskSettings settings) =>
        new(settings.VerifierNetwork ?? settings.Network, settings.VerifierAllowedHosts ?? settings.AllowedHosts ?? []);

    /// <summary>Variables with which programs find their way out of an allowlisted network; none in others.</summary>
    public async Task<IReadOnlyList<string>> VariablesAsync(PhaseNetwork network, CancellationToken cancellationToken) =>
        network.Mode == NetworkMode.Allowlist ? await proxy.VariablesAsync(network.Hosts, cancellationToken) : [];

    /// <summary>The same for a phase of a container that was made for another one, whose variables it would inherit.</summary>
    public async Task<IReadOnlyList<string>> VariablesAsync(PhaseNetwork before, PhaseNetwork network, CancellationToken cancellationToken) =>
        before.Mode == NetworkMode.Allowlist && network.Mode != NetworkMode.Allowlist
            ? [.. (await proxy.VariablesAsync([], cancellationToken)).Select(variable => variable[..(variable.IndexOf('=', StringComparison.Ordinal) + 1)])]
            : await VariablesAsync(network, cancellationToken);

    /// <summary>Moves a container from the network of one mode to that of another; nothing where an earlier try has done it.</summary>
    public async Task SwitchAsync(string container, NetworkMode from, NetworkMode to, CancellationToken cancellationToken)
    {
        if (from == to)
        {
            return;
        }

        foreach (var left in NamesOf(from))
        {
            await DoneAsync(gateway.DisconnectAsync(container, left, cancellationToken));
        }

        if (NamesOf(to) is [var entered, ..])
        {
            await EnsureAsync(cancellationToken);
            await DoneAsync(gateway.ConnectAsync(container, entered, cancellationToken));
        }
    }

    /// <summary>Makes the network of <see cref="NetworkMode.Public"/>, which stays: it is one for all trials of a host.</summary>
    public Task EnsureAsync(CancellationToken cancellationToken) => gateway.EnsureNetworkAsync(Open, closed: false, cancellationToken);

    private static IReadOnlyList<string> NamesOf(NetworkMode mode) => mode switch
    {
        NetworkMode.Public => [Open, Engines],
        NetworkMode.Allowlist => [HostsProxy.Network],
        _ => [],
    };

    private static async Task DoneAsync(Task change)
    {
        try
        {
            await change;
        }
        catch (DockerApiException already) when (BuildMessages.Words(already).Contains("already", StringComparison.Ordinal) || BuildMessages.Words(already).Contains("is not connected", StringComparison.Ordinal))
        {
            // An earlier try of this activity has done it.
        }
    }
}
