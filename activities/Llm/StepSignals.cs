using System.Collections.Concurrent;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Tells a workflow what one of its steps waits for. A signal that does not arrive changes nothing but what is shown.</summary>
internal sealed class StepSignals
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Steps of this process that said that they wait and have not said yet that they go on.</summary>
    private readonly ConcurrentDictionary<(string Workflow, string Run, string Activity), bool> _waiting = new();

    /// <summary>Says what the step waits for.</summary>
    /// <param name="context">The step.</param>
    /// <param name="state">The run's state meanwhile.</param>
    /// <param name="why">The same for a person, with the remedy.</param>
    public async Task WaitsAsync(ActivityExecutionContext context, string state, string why)
    {
        _waiting[KeyOf(context.Info)] = true;
        await SayAsync(context, new StepNews(context.Info.ActivityId, state, why));
    }

    /// <summary>Says that the step goes on, where it said before that it waits.</summary>
    public async Task GoesOnAsync(ActivityExecutionContext context)
    {
        if (_waiting.TryRemove(KeyOf(context.Info), out _))
        {
            await SayAsync(context, new StepNews(context.Info.ActivityId, null));
        }
    }

    private static (string Workflow, string Run, string Activity) KeyOf(ActivityInfo info) =>
        (info.WorkflowId ?? "", info.WorkflowRunId ?? "", info.ActivityId);

    private static async Task SayAsync(ActivityExecutionContext context, StepNews news)
    {
        try
        {
            // Not cancelled with the step: it is what a cancelled one has to say.
            await context.TemporalClient.GetWorkflowHandle(context.Info.WorkflowId!, context.Info.WorkflowRunId)
                .SignalAsync(StepNews.Signal, [news], new() { Rpc = new() { Timeout = Patience } });
        }
        catch (Exception)
        {
            // The workflow may be closed, the server away, or the activity run without one.
        }
    }
}
