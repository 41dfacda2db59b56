using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <content>The end of its containers.</content>
internal sealed partial class SandboxSession
{
    /// <summary>Whether the task has services of its own beside its container.</summary>
    private bool HasServices => package.Settings.Compose is { Services.Count: > 0 };

    /// <summary>Seconds that starting a verifier's container and copying into it may take.</summary>
    private const double CopySec = 300;

    /// <summary>Seconds that a verification may take: where both verdicts are asked for the tests run twice, and what is collected has its own time.</summary>
    /// <param name="verifierSec">Seconds that the tests may run.</param>
    /// <param name="mode">Where it is verified.</param>
    /// <param name="settings">The task's settings, or those of its step.</param>
    public static double VerifySec(double verifierSec, VerdictMode mode, TaskSettings settings) =>
        (verifierSec * (mode == VerdictMode.Both ? 2 : 1)) + (settings.Collect?.Sum(collect => collect.TimeoutSec) ?? 0) + (mode == VerdictMode.Shared ? 0 : CopySec);

    /// <summary>Where it is verified, if not as the task asks.</summary>
    public VerdictMode Verdict { get; } = VerdictModes.Of(package.Settings, limits.Verdict);

    /// <summary>Image of the verifier's container; null where it runs in the agent's.</summary>
    /// <param name="mode">Where it is verified.</param>
    public string? VerifierImage(VerdictMode mode) => mode switch
    {
        VerdictMode.Shared => null,
        VerdictMode.Separate => _image?.VerifierImage ?? _image?.Image,
        _ => _image?.Image,
    };

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

    private RemoveRequest Removal() => new(_started?.Container ?? "", _ordinal, All: HasServices || Verdict != VerdictMode.Shared || (package.Settings.Steps?.Any(step => step.Separate is not null) ?? false));

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
