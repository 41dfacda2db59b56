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

        if (NameOf(from) is { } left)
        {
            await DoneAsync(gateway.DisconnectAsync(container, left, cancellationToken));
        }

        if (NameOf(to) is { } entered)
        {
            await DoneAsync(gateway.ConnectAsync(container, entered, cancellationToken));
        }
    }

    private static string? NameOf(NetworkMode mode) => mode switch
    {
        NetworkMode.Public => ContainerStarter.Network,
        NetworkMode.Allowlist => HostsProxy.Network,
        _ => null,
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
