using Spark.Temporal.Workflows.Contracts;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <content>The end of its containers.</content>
internal sealed partial class SandboxSession
{
    /// <summary>Whether the task has services of its own beside its container.</summary>
    private bool HasServices => package.Settings.Compose is { Services.Count: > 0 };

    /// <summary>Removes the container and waits until that is done or its host is given up on.</summary>
    public async Task RemoveAsync()
    {
        if (_started is not null || _removals.Count == 0)
        {
            GiveBack();
        }

        await Workflow.WhenAllAsync(_removals);
    }

    /// <summary>
    /// Schedules the removal at once, whatever was cancelled. A start that was under way may have made a container that
    /// we were not told of, so its name is enough.
    /// </summary>
    public void GiveBack()
    {
        if (_image is null || _ordinal < firstOrdinal)
        {
            return;
        }

        _removals.Add(RemoveQuietlyAsync(_image.HostQueue, Removal()));
        _started = null;
    }

    private RemoveRequest Removal() => new(_started?.Container ?? "", _ordinal, All: HasServices);

    private async Task RemoveQuietlyAsync(string queue, RemoveRequest request)
    {
        try
        {
            await Workflow.ExecuteActivityAsync(
                (ISandboxActivities sandbox) => sandbox.RemoveAsync(request), ActivityProfiles.Remove(queue, limits.HostAwaySec));
        }
        catch (ActivityFailureException)
        {
            // Its host is away. The container ends at its deadline by itself, or by the host's sweep before.
        }
    }
}
