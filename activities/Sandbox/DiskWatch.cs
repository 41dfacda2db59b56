using System.Globalization;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Looks at the size of a container's writable layer where the storage driver cannot limit it.</summary>
internal sealed class DiskWatch(IContainerGateway gateway, string container)
{
    /// <summary>Why the command was ended, for the model; null when it was not.</summary>
    public string? Note { get; private set; }

    public async Task<bool> IsFullAsync(CancellationToken cancellationToken)
    {
        if (Note is not null)
        {
            return false;
        }

        var facts = await gateway.FindAsync(container, withSize: true, cancellationToken);
        if (facts is null || !long.TryParse(facts.Labels.GetValueOrDefault(SandboxLabels.Storage), CultureInfo.InvariantCulture, out var limit) || facts.SizeBytes <= limit)
        {
            return false;
        }

        Note = $"killed: the container holds {facts.SizeBytes / (1024 * 1024)} MiB, more than its storage limit of {limit / (1024 * 1024)} MiB";
        return true;
    }
}
