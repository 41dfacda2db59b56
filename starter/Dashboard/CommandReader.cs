using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Api.Enums.V1;
using Temporalio.Api.History.V1;
using Temporalio.Converters;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>The last steps of a running workflow, from its newest events: every step carries a summary of one line.</summary>
internal sealed class CommandReader(SparkSession session)
{
    private const int NewestEvents = 120;

    /// <summary>Newest steps, oldest first; empty where the workflow has not started.</summary>
    public async Task<IReadOnlyList<CommandLine>> NewestAsync(string workflowId, CancellationToken cancellationToken)
    {
        try
        {
            var newest = await session.Client.WorkflowService.GetWorkflowExecutionHistoryReverseAsync(
                new() { Namespace = session.Client.Options.Namespace, Execution = new() { WorkflowId = workflowId }, MaximumPageSize = NewestEvents },
                new() { CancellationToken = cancellationToken });
            var steps = await StepsAsync([.. newest.History.Events.Reverse()]);
            return steps.Any(step => step.Running) ? await WithTriesAsync(workflowId, steps, cancellationToken) : steps;
        }
        catch (RpcException missing) when (missing.Code == RpcException.StatusCode.NotFound)
        {
            return [];
        }
    }

    /// <summary>Adds what the server knows of the step under way: its tries and its last failure.</summary>
    private async Task<IReadOnlyList<CommandLine>> WithTriesAsync(string workflowId, IReadOnlyList<CommandLine> steps, CancellationToken cancellationToken)
    {
        var pending = await RunDetails.RetriedAsync(session, workflowId, cancellationToken);
        return pending.Count == 0 ? steps : [.. steps.Select((step, index) => index == steps.Count - 1 ? step with { HeldUp = string.Join("; ", pending) } : step)];
    }

    private async Task<IReadOnlyList<CommandLine>> StepsAsync(IReadOnlyList<HistoryEvent> events)
    {
        var replies = events.Where(happened => happened.EventType == EventType.ActivityTaskCompleted)
            .ToDictionary(happened => happened.ActivityTaskCompletedEventAttributes.ScheduledEventId, happened => happened.ActivityTaskCompletedEventAttributes.Result);
        var ended = events.Where(happened => happened.EventType is EventType.ActivityTaskFailed or EventType.ActivityTaskTimedOut or EventType.ActivityTaskCanceled)
            .Select(happened => happened.ActivityTaskFailedEventAttributes?.ScheduledEventId
                ?? happened.ActivityTaskTimedOutEventAttributes?.ScheduledEventId ?? happened.ActivityTaskCanceledEventAttributes.ScheduledEventId).ToHashSet();
        List<CommandLine> steps = [];
        foreach (var scheduled in events.Where(happened => happened.EventType == EventType.ActivityTaskScheduled))
        {
            var type = scheduled.ActivityTaskScheduledEventAttributes.ActivityType.Name;
            var summary = scheduled.UserMetadata?.Summary is { } payload ? await session.Client.Options.DataConverter.ToValueAsync<string>(payload) : type;
            var reply = replies.GetValueOrDefault(scheduled.EventId);
            int? exit = type == "sandbox.run_turn" && reply is { Payloads_: [var result, ..] }
                ? (await session.Client.Options.DataConverter.ToValueAsync<TurnReply>(result)).ExitCode
                : null;
            steps.Add(new CommandLine(VisibleText.Of(summary, 400), null, exit, reply is null && !ended.Contains(scheduled.EventId)));
        }

        return steps;
    }
}
