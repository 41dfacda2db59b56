using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <content>What is asked about a model: whether it answers, how it is asked, what it can do, what it costs.</content>
internal sealed partial class LlmActivities
{
    public async Task<ModelProbe> ProbeAsync(ModelChoice model)
    {
        var context = ActivityExecutionContext.Current;
        var probe = await new EndpointProbe(gateway, settings.Value, redactor, time).AskAsync(model, context.Info.WorkflowId!, EndpointProbe.Patience, context.CancellationToken);
        var endpoint = ModelEndpoint.Resolve(model, settings.Value);
        return probe with { ContextTokens = Fitting.ContextOf(endpoint, await _habits.OfAsync(endpoint, context.CancellationToken)) };
    }

    public Task<ModelDescription> DescribeAsync(ModelDescriptionRequest request) =>
        ModelDescriptions.OfAsync(request, ModelEndpoint.Resolve(request.Model, settings.Value), _habits, ActivityExecutionContext.Current.CancellationToken);

    public async Task<ModelTest> TestAsync(ModelChoice model)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, time, TimeSpan.FromSeconds(settings.Value.HeartbeatSec));
        await using var end = new StepEnd(context, signals);
        var endpoint = ModelEndpoint.Resolve(model, settings.Value);
        var before = await _habits.EntriesAsync(endpoint, end.Stop);
        var (id, run) = (context.Info.WorkflowId!, context.Info.WorkflowRunId!);
        var tester = new ModelTester(
            model, endpoint, run, (request, messages) => CallOf(request, endpoint, id, ReplyShelf.Of(store, request, id)).AskAsync(messages, end), redactor);
        var test = await tester.RunAsync();
        return test with { Learned = [.. (await _habits.EntriesAsync(endpoint, end.Stop)).Except(before).Select(ModelDescriptions.Told)] };
    }

    /// <summary>A budget in dollars would never be reached by a model whose cost nobody knows.</summary>
    private async Task RequirePriceAsync(LlmRequest request, ModelEndpoint endpoint, ActivityExecutionContext context, StepEnd end)
    {
        if (PriceTable.Knows(settings.Value, endpoint.Model, endpoint.BaseUrl))
        {
            return;
        }

        // The endpoint may state the cost of its replies itself: one short one tells.
        var probe = await new EndpointProbe(gateway, settings.Value, redactor, time).AskAsync(request.Model, context.Info.WorkflowId!, EndpointProbe.Patience, end.Abort);
        if (probe is { Unpriced: true, Throttled: null })
        {
            throw new ApplicationFailureException(
                $"The run has a budget in dollars, and nobody knows what model '{endpoint.Model}' costs: {Money.Remedy(endpoint.Model)}.", FailureTypes.ModelRefused, nonRetryable: true);
        }
    }
}
