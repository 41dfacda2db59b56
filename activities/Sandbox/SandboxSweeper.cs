using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Whether a workflow is closed: true, false, or null when that cannot be found out now.</summary>
public delegate Task<bool?> WorkflowClosed(string workflowId, CancellationToken cancellationToken);

/// <summary>Removes containers that no run needs any more, and only those.</summary>
internal sealed class SandboxSweeper(IContainerGateway gateway, SandboxHost host, TimeProvider time, ILogger<SandboxSweeper> logger) : ISandboxSweeper
{
    public async Task<IReadOnlyList<string>> SweepAsync(WorkflowClosed isClosed, CancellationToken cancellationToken)
    {
        List<string> removed = [];
        foreach (var container in await gateway.ListAsync($"{SandboxLabels.Worker}={host.Name}", cancellationToken))
        {
            try
            {
                var why = await WhyAsync(container.Labels, isClosed, cancellationToken);
                if (why is not null && await gateway.RemoveAsync(container.Id, cancellationToken))
                {
                    removed.Add(container.Id);
                    logger.LogInformation("Swept container {Container}: {Reason}", container.Name, why);
                }
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                // The next sweep tries again. A container that cannot be removed must not keep the others.
                logger.LogWarning(failed, "Container {Container} could not be swept", container.Name);
            }
        }

        foreach (var (project, labels) in await gateway.ListProjectsAsync($"{SandboxLabels.Worker}={host.Name}", cancellationToken))
        {
            if (await WhyAsync(labels, isClosed, cancellationToken) is { } why)
            {
                await gateway.RemoveProjectAsync(project, cancellationToken);
                logger.LogInformation("Swept networks and volumes of {Project}: {Reason}", project, why);
            }
        }

        return removed;
    }

    private async Task<string?> WhyAsync(IReadOnlyDictionary<string, string> labels, WorkflowClosed isClosed, CancellationToken cancellationToken)
    {
        if (long.TryParse(labels.GetValueOrDefault(SandboxLabels.Deadline), CultureInfo.InvariantCulture, out var deadline)
            && time.GetUtcNow().ToUnixTimeSeconds() > deadline)
        {
            return "past its deadline";
        }

        return labels.GetValueOrDefault(SandboxLabels.Attempt) is { Length: > 0 } workflow && await isClosed(workflow, cancellationToken) == true
            ? $"workflow {workflow} is closed"
            : null;
    }
}

/// <summary>Finds and removes the containers of this host that outlived their purpose.</summary>
public interface ISandboxSweeper
{
    /// <summary>Removes the containers past their deadline and those whose workflow is closed.</summary>
    /// <returns>Ids of the containers that were removed.</returns>
    Task<IReadOnlyList<string>> SweepAsync(WorkflowClosed isClosed, CancellationToken cancellationToken);
}
