using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Temporalio.Activities;
using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Wire;

[Category("Server")]
public sealed class TracingInterceptorTests
{
    [Test]
    public async Task One_trace_holds_a_run_and_its_steps_and_replay_adds_nothing()
    {
        var spans = new List<Activity>();
        using var provider = Sdk.CreateTracerProviderBuilder().AddSource(TracingInterceptor.SourceName).AddInMemoryExporter(spans).Build();
        var plain = await TemporalServer.ClientAsync();
        var client = new TemporalClient(
            plain.Connection,
            new() { Namespace = plain.Options.Namespace, DataConverter = SparkConverter.Plain, Interceptors = [new TracingInterceptor()] });
        var id = $"traced-{Guid.NewGuid()}";

        // Without a cache every workflow task replays the run from its start.
        var options = new TemporalWorkerOptions(id) { MaxCachedWorkflows = 0 }.AddWorkflow<TracedWorkflow>().AddActivity(Step);
        using var worker = new TemporalWorker(client, options);
        await worker.ExecuteAsync(() => client.ExecuteWorkflowAsync((TracedWorkflow w) => w.RunAsync(), new(id, id)));

        var own = spans.Where(span => Equals(span.GetTagItem("temporalWorkflowID"), id)).ToList();
        Assert.That(own.Select(span => span.DisplayName), Is.EquivalentTo(new[]
        {
            "StartWorkflow:TracedWorkflow",
            "RunWorkflow:TracedWorkflow",
            "StartActivity:test.step", "RunActivity:test.step",
            "StartActivity:test.step", "RunActivity:test.step",
            "CompleteWorkflow:TracedWorkflow",
        }));
        Assert.That(own.Select(span => span.TraceId).Distinct().Count(), Is.EqualTo(1));
        var first = own.First(span => span.DisplayName == "RunActivity:test.step");
        Assert.That(own.Select(span => (span.SpanId, span.DisplayName)), Has.Some.EqualTo((first.ParentSpanId, "StartActivity:test.step")));
    }

    [Test]
    public void An_unreadable_header_counts_as_none() => Assert.That(
        TracingInterceptor.ContextOf(new Dictionary<string, Temporalio.Api.Common.V1.Payload>
        {
            ["_tracer-data"] = Temporalio.Converters.DataConverter.Default.PayloadConverter.ToPayload("no dictionary"),
        }),
        Is.EqualTo(default(ActivityContext)));

    [Activity("test.step")]
    private static Task Step() => Task.CompletedTask;

    [Workflow]
    public class TracedWorkflow
    {
        [WorkflowRun]
        public async Task RunAsync()
        {
            await Workflow.ExecuteActivityAsync(() => Step(), new() { ScheduleToCloseTimeout = TimeSpan.FromSeconds(30) });
            await Workflow.ExecuteActivityAsync(() => Step(), new() { ScheduleToCloseTimeout = TimeSpan.FromSeconds(30) });
        }
    }
}
