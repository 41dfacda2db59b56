using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>
/// Looks at the disks before a batch starts runs, and while it waits for room. A look that nobody answers in time counts as
/// room enough: it must not keep a batch from going on.
/// </summary>
/// <param name="input">The batch.</param>
/// <param name="state">What it knows of itself.</param>
internal sealed class BatchDisks(BatchInput input, BatchState state)
{
    private bool _timed;

    /// <summary>Recorded runs need no container.</summary>
    private bool NeedsEngine => input.Work is not SkillWork { Run.Agent: AgentNames.Replay };

    /// <summary>Whether it is time to look.</summary>
    /// <param name="starts">Whether the batch is about to start runs.</param>
    public bool Due(bool starts) => input.Tuning.DiskLookSec > 0
        && (state.DisksLookedAt is not { } looked || Workflow.UtcNow - looked >= TimeSpan.FromSeconds(input.Tuning.DiskLookSec))
        && (state.Held == RunStates.Disk || (starts && state.Held is null));

    public async Task LookAsync()
    {
        var looks = await Workflow.WhenAllAsync(
            new List<Task<DiskReply>>
            {
                AnsweredAsync(() => Workflow.ExecuteActivityAsync(
                    (IBatchActivities batches) => batches.DisksAsync(new DiskRequest(input.OutDir)), ActivityProfiles.Disks(TaskQueues.Workflows, "look at the disks of results"))),
                NeedsEngine
                    ? AnsweredAsync(() => Workflow.ExecuteActivityAsync(
                        (ISandboxActivities sandbox) => sandbox.DiskAsync(), ActivityProfiles.Disks(TaskQueues.Sandbox, "look at the disk of an engine")))
                    : Task.FromResult(new DiskReply([])),
            });
        state.Looked([.. looks.SelectMany(look => look.Shortages)]);
    }

    /// <summary>A timer for the next look, while the batch waits for room.</summary>
    public void PlanLook()
    {
        if (!_timed && state.Held == RunStates.Disk)
        {
            _timed = true;
            _ = WaitAsync();
        }
    }

    private async Task WaitAsync()
    {
        await Workflow.DelayWithOptionsAsync(new(TimeSpan.FromSeconds(input.Tuning.DiskLookSec)) { Summary = "look at the disks again", CancellationToken = CancellationToken.None });
        (state.DisksLookedAt, _timed) = (null, false);
    }

    private static async Task<DiskReply> AnsweredAsync(Func<Task<DiskReply>> look)
    {
        try
        {
            return await look();
        }
        catch (ActivityFailureException)
        {
            return new DiskReply([]);
        }
    }
}
