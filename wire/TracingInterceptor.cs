using System.Diagnostics;
using Temporalio.Activities;
using Temporalio.Api.Common.V1;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Client.Interceptors;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Spark.Temporal.Wire;

/// <summary>
/// Spans for starting, running and finishing workflows and activities, tied together by the W3C trace context in the
/// header <c>_tracer-data</c> that the SDKs of all languages use. Spans inside a workflow are started and stopped at once
/// (a workflow may move to another machine in between) and left out while replaying.
/// </summary>
public sealed class TracingInterceptor : IClientInterceptor, IWorkerInterceptor
{
    /// <summary>Name of the span source.</summary>
    public const string SourceName = "Spark.Temporal";

    private const string HeaderKey = "_tracer-data";

    private static readonly ActivitySource Source = new(SourceName);

    private static readonly AsyncLocal<ActivityContext> WorkflowContext = new();

    public ClientOutboundInterceptor InterceptClient(ClientOutboundInterceptor nextInterceptor) => new ClientSpans(nextInterceptor);

    public WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) => new WorkflowSpans(nextInterceptor);

    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new ActivitySpans(nextInterceptor);

    /// <summary>The headers with the context added; as they are when there is none.</summary>
    internal static IDictionary<string, Payload>? WithContext(IDictionary<string, Payload>? headers, ActivityContext context)
    {
        if (context == default)
        {
            return headers;
        }

        var carrier = new Dictionary<string, string>
        {
            ["traceparent"] = $"00-{context.TraceId}-{context.SpanId}-{(byte)context.TraceFlags:x2}",
        };
        if (!string.IsNullOrEmpty(context.TraceState))
        {
            carrier["tracestate"] = context.TraceState;
        }

        return new Dictionary<string, Payload>(headers ?? new Dictionary<string, Payload>())
        {
            [HeaderKey] = DataConverter.Default.PayloadConverter.ToPayload(carrier),
        };
    }

    /// <summary>The context in headers; an unreadable one counts as none, because tracing must not fail a run.</summary>
    internal static ActivityContext ContextOf(IReadOnlyDictionary<string, Payload>? headers)
    {
        if (headers is null || !headers.TryGetValue(HeaderKey, out var payload))
        {
            return default;
        }

        try
        {
            var carrier = DataConverter.Default.PayloadConverter.ToValue<Dictionary<string, string>>(payload);
            return carrier.TryGetValue("traceparent", out var parent)
                && ActivityContext.TryParse(parent, carrier.GetValueOrDefault("tracestate"), isRemote: true, out var context)
                    ? context
                    : default;
        }
        catch (System.Text.Json.JsonException)
        {
            return default;
        }
    }

    /// <summary>A span of a workflow, over as soon as it is made; its context, or the parent's while replaying.</summary>
    private static ActivityContext Mark(string name, ActivityKind kind, Exception? failure = null)
    {
        if (Workflow.Unsafe.IsReplaying)
        {
            return WorkflowContext.Value;
        }

        using var span = Source.StartActivity(
            name,
            kind,
            WorkflowContext.Value,
            [new("temporalWorkflowID", Workflow.Info.WorkflowId), new("temporalRunID", Workflow.Info.RunId)]);
        Fail(span, failure);
        return span?.Context ?? WorkflowContext.Value;
    }

    private static void Fail(Activity? span, Exception? failure)
    {
        if (span is null || failure is null)
        {
            return;
        }

        if (failure is not ApplicationFailureException { Category: ApplicationErrorCategory.Benign })
        {
            span.SetStatus(ActivityStatusCode.Error, failure.Message);
        }

        // As tags and not as an event: an exporter can still remove secrets from tags.
        span.SetTag("exception.type", failure.GetType().FullName).SetTag("exception.message", failure.Message).SetTag("exception.stacktrace", failure.ToString());
    }

    private sealed class ClientSpans(ClientOutboundInterceptor next) : ClientOutboundInterceptor(next)
    {
        public override Task<WorkflowHandle<TWorkflow, TResult>> StartWorkflowAsync<TWorkflow, TResult>(StartWorkflowInput input) =>
            TrackAsync(
                $"StartWorkflow:{input.Workflow}",
                input.Options.Id!,
                context => base.StartWorkflowAsync<TWorkflow, TResult>(input with { Headers = WithContext(input.Headers, context) }));

        public override Task SignalWorkflowAsync(SignalWorkflowInput input) =>
            TrackAsync<bool>(
                $"SignalWorkflow:{input.Signal}",
                input.Id,
                async context =>
                {
                    await base.SignalWorkflowAsync(input with { Headers = WithContext(input.Headers, context) });
                    return true;
                });

        public override Task<WorkflowUpdateHandle<TResult>> StartWorkflowUpdateAsync<TResult>(StartWorkflowUpdateInput input) =>
            TrackAsync(
                $"UpdateWorkflow:{input.Update}",
                input.Id,
                context => base.StartWorkflowUpdateAsync<TResult>(input with { Headers = WithContext(input.Headers, context) }));

        private static async Task<T> TrackAsync<T>(string name, string workflowId, Func<ActivityContext, Task<T>> call)
        {
            using var span = Source.StartActivity(name, ActivityKind.Client, default(ActivityContext), [new("temporalWorkflowID", workflowId)]);
            try
            {
                return await call(span?.Context ?? Activity.Current?.Context ?? default);
            }
            catch (Exception failure)
            {
                Fail(span, failure);
                throw;
            }
        }
    }

    private sealed class WorkflowSpans(WorkflowInboundInterceptor next) : WorkflowInboundInterceptor(next)
    {
        public override void Init(WorkflowOutboundInterceptor outbound) => base.Init(new OutboundSpans(outbound));

        public override async Task<object?> ExecuteWorkflowAsync(ExecuteWorkflowInput input)
        {
            var type = Workflow.Info.WorkflowType;
            WorkflowContext.Value = ContextOf(Workflow.Info.Headers);
            WorkflowContext.Value = Mark($"RunWorkflow:{type}", ActivityKind.Server);
            try
            {
                var result = await base.ExecuteWorkflowAsync(input);
                Mark($"CompleteWorkflow:{type}", ActivityKind.Internal);
                return result;
            }
            catch (Exception failure) when (failure is not ContinueAsNewException)
            {
                var ends = failure is FailureException or OperationCanceledException;
                Mark($"{(ends ? "CompleteWorkflow" : "WorkflowTaskFailure")}:{type}", ActivityKind.Internal, failure);
                throw;
            }
        }

        public override Task HandleSignalAsync(HandleSignalInput input)
        {
            WorkflowContext.Value = ContextOf(Workflow.Info.Headers);
            WorkflowContext.Value = Mark($"HandleSignal:{input.Signal}", ActivityKind.Server);
            return base.HandleSignalAsync(input);
        }

        public override Task<object?> HandleUpdateAsync(HandleUpdateInput input)
        {
            WorkflowContext.Value = ContextOf(Workflow.Info.Headers);
            WorkflowContext.Value = Mark($"HandleUpdate:{input.Update}", ActivityKind.Server);
            return base.HandleUpdateAsync(input);
        }
    }

    private sealed class OutboundSpans(WorkflowOutboundInterceptor next) : WorkflowOutboundInterceptor(next)
    {
        public override Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) =>
            base.ScheduleActivityAsync<TResult>(input with { Headers = Headers(input.Headers, $"StartActivity:{input.Activity}") });

        public override Task<ChildWorkflowHandle<TWorkflow, TResult>> StartChildWorkflowAsync<TWorkflow, TResult>(StartChildWorkflowInput input) =>
            base.StartChildWorkflowAsync<TWorkflow, TResult>(input with { Headers = Headers(input.Headers, $"StartChildWorkflow:{input.Workflow}") });

        public override ContinueAsNewException CreateContinueAsNewException(CreateContinueAsNewExceptionInput input) =>
            base.CreateContinueAsNewException(input with { Headers = WithContext(input.Headers, WorkflowContext.Value) });

        private static IDictionary<string, Payload>? Headers(IDictionary<string, Payload>? headers, string span) =>
            WithContext(headers, Mark(span, ActivityKind.Client));
    }

    private sealed class ActivitySpans(ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            var info = ActivityExecutionContext.Current.Info;
            using var span = Source.StartActivity(
                $"RunActivity:{input.Activity.Name}",
                ActivityKind.Server,
                ContextOf(input.Headers),
                [
                    new("temporalWorkflowID", info.WorkflowId),
                    new("temporalRunID", info.WorkflowRunId),
                    new("temporalActivityID", info.ActivityId),
                    new("temporalActivityAttempt", info.Attempt),
                ]);
            try
            {
                return await base.ExecuteActivityAsync(input);
            }
            catch (Exception failure)
            {
                Fail(span, failure);
                throw;
            }
        }
    }
}
