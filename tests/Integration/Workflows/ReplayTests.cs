using System.Reflection;
using System.Text.RegularExpressions;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
using Temporalio.Api.History.V1;
using Temporalio.Common;
using Temporalio.Converters;
using Temporalio.Exceptions;
using Temporalio.Worker;
using Temporalio.Worker.Interceptors;
using Temporalio.Workflows;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>
/// Runs of every kind, recorded and checked in, go through the workflows as they are now: what runs at a user's must go on
/// after an upgrade. <c>infra/record-history.sh</c> records them afresh.
/// </summary>
public sealed partial class ReplayTests
{
    private const long LargestFile = 300_000;

    private static readonly (string Name, EventType? Last)[] Kinds =
    [
        ("attempt-passed", EventType.WorkflowExecutionCompleted),
        ("attempt-moved", EventType.WorkflowExecutionCompleted),
        ("attempt-cancelled", EventType.WorkflowExecutionCanceled),
        ("attempt-installed", EventType.WorkflowExecutionCompleted),
        ("attempt-replayed", EventType.WorkflowExecutionCompleted),
        ("skill-passed", EventType.WorkflowExecutionCompleted),
        ("skill-exhausted", EventType.WorkflowExecutionCompleted),
        ("skill-refused", EventType.WorkflowExecutionFailed),
        ("skill-cancelled", EventType.WorkflowExecutionCanceled),
        ("skill-replayed", EventType.WorkflowExecutionCompleted),
        ("skill-steered", EventType.WorkflowExecutionCompleted),
        ("skill-waiting-budget", null),
        ("skill-waiting-infrastructure", null),
        ("skill-waiting-endpoint", null),
        ("skill-waited", EventType.WorkflowExecutionCompleted),
        ("skill-attempt-terminated", EventType.WorkflowExecutionCompleted),
        ("attempt-waiting-endpoint", EventType.TimerStarted),
        ("attempt-waited", EventType.WorkflowExecutionCompleted),
        ("batch", EventType.WorkflowExecutionContinuedAsNew),
        ("batch-continued", EventType.WorkflowExecutionCompleted),
        ("construction-accepted", EventType.WorkflowExecutionCompleted),
        ("construction-rejected", EventType.WorkflowExecutionCompleted),
        ("construction-cancelled", EventType.WorkflowExecutionCanceled),
        ("construction-waiting-budget", null),
        ("construction-variant", EventType.WorkflowExecutionCompleted),
        ("proof-proven", EventType.WorkflowExecutionCompleted),
        ("proof-refuted", EventType.WorkflowExecutionCompleted),
        ("proof-cancelled", EventType.WorkflowExecutionCanceled),
        ("family", EventType.WorkflowExecutionCompleted),
        ("evaluation", EventType.WorkflowExecutionCompleted),
        ("evaluation-cancelled", EventType.WorkflowExecutionCanceled),
        ("evaluation-continued", EventType.WorkflowExecutionCompleted),
        ("export", EventType.WorkflowExecutionCompleted),
        ("preflight", EventType.WorkflowExecutionCompleted),
    ];

    /// <summary>Every kind, and what was recorded of it beside that for a patch.</summary>
    private static IEnumerable<TestCaseData> Recorded() => Kinds
        .Concat(Kinds.SelectMany(kind => Directory.GetFiles(RecordedHistory.Folder, $"{kind.Name}{RecordedHistory.Beside}*.json").Select(file => (Path.GetFileNameWithoutExtension(file), kind.Last))))
        .Select(recorded => new TestCaseData(recorded.Item1, recorded.Last));

    private static IEnumerable<string> Names() => Recorded().Select(recorded => (string)recorded.Arguments[0]!);

    [TestCaseSource(nameof(Recorded))]
    public async Task A_recorded_run_goes_through_the_workflows_as_they_are(string name, EventType? last)
    {
        var history = RecordedHistory.Read(name);

        var result = await Replayer().ReplayWorkflowAsync(history, throwOnReplayFailure: false);

        Assert.That(result.ReplayFailure, Is.Null);
        Assert.That(
            history.Events.Last().EventType,
            last is { } closed ? Is.EqualTo(closed) : Is.EqualTo(EventType.UpsertWorkflowSearchAttributes),
            "it is the kind of run that its name says");
    }

    [TestCaseSource(nameof(Names))]
    public async Task What_a_recorded_run_asked_of_its_activities_is_still_read(string name)
    {
        var requests = typeof(TaskQueues).Assembly.GetTypes().Where(type => type.IsInterface).SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<ActivityAttribute>()?.Name is not null)
            .ToDictionary(method => method.GetCustomAttribute<ActivityAttribute>()!.Name!, method => method.GetParameters());

        foreach (var scheduled in RecordedHistory.Read(name).Events.Select(recorded => recorded.ActivityTaskScheduledEventAttributes).OfType<ActivityTaskScheduledEventAttributes>())
        {
            var types = requests[scheduled.ActivityType.Name];
            for (var place = 0; place < types.Length; place++)
            {
                Assert.That(await SparkConverter.Plain.ToValueAsync(scheduled.Input.Payloads_[place], types[place].ParameterType), Is.Not.Null, scheduled.ActivityType.Name);
            }
        }
    }

    [Test]
    public void Every_recorded_history_is_replayed() =>
        Assert.That(Directory.GetFiles(RecordedHistory.Folder, "*.json").Select(Path.GetFileNameWithoutExtension), Is.EquivalentTo(Names()));

    [Test]
    public void Every_kind_of_workflow_has_a_recorded_history() =>
        Assert.That(Names().Select(RecordedHistory.Read).Select(TypeOf).Distinct(), Is.EquivalentTo(Workflows().Select(type => type.Name)));

    [Test]
    public void Every_patch_has_recorded_histories_on_both_its_sides()
    {
        var workflows = Path.Combine(Checkout.Root, "workflows");
        var patches = Directory.GetFiles(workflows, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(workflows, file).StartsWith("obj", StringComparison.Ordinal))
            .SelectMany(file => PatchPattern().Matches(File.ReadAllText(file))).Select(match => (Id: match.Groups[2].Value, Deprecated: match.Groups[1].Value == "DeprecatePatch")).ToHashSet();
        var histories = Names().Select(RecordedHistory.Read).Select(history => (Type: TypeOf(history), Patches: RecordedHistory.Patches(history))).ToList();

        foreach (var (patch, deprecated) in patches)
        {
            var types = histories.Where(history => history.Patches.Contains(patch)).Select(history => history.Type).ToHashSet();
            Assert.That(types, Is.Not.Empty, $"no history has met the patch '{patch}': infra/record-history.sh --beside {patch}");
            Assert.That(deprecated || histories.Any(history => types.Contains(history.Type) && !history.Patches.Contains(patch)), $"no history of before the patch '{patch}' is left");
        }

        Assert.That(histories.SelectMany(history => history.Patches), Is.SubsetOf(patches.Select(patch => patch.Id)), "a patch that is gone leaves no history");
    }

    [TestCase("attempt-passed", "sandbox.verify")]
    [TestCase("attempt-moved", "sandbox.rerun")]
    [TestCase("attempt-cancelled", "sandbox.remove")]
    [TestCase("skill-passed", "records.judge")]
    [TestCase("skill-exhausted", "records.reflect")]
    [TestCase("skill-refused", "records.check_skill")]
    [TestCase("skill-cancelled", "packages.hint")]
    [TestCase("skill-steered", "records.begin")]
    [TestCase("skill-waiting-budget", "records.begin")]
    [TestCase("skill-waiting-infrastructure", "records.write_run")]
    [TestCase("batch", "batches.plan")]
    [TestCase("batch-continued", "batches.summarize")]
    [TestCase("batch-continued", "versions.move")]
    [TestCase("construction-accepted", "construction.repair")]
    [TestCase("construction-rejected", "construction.finish")]
    [TestCase("construction-cancelled", "construction.render")]
    [TestCase("construction-waiting-budget", "construction.begin")]
    [TestCase("construction-variant", "construction.critique")]
    [TestCase("proof-proven", "construction.mutants")]
    [TestCase("proof-refuted", "construction.second_build")]
    [TestCase("proof-cancelled", "sandbox.remove")]
    [TestCase("family", "construction.take_variant")]
    [TestCase("attempt-installed", "agents.run")]
    [TestCase("skill-replayed", "replay.reflect")]
    [TestCase("evaluation", "evaluation.plan")]
    [TestCase("evaluation-cancelled", "evaluation.write")]
    [TestCase("evaluation-continued", "versions.move")]
    [TestCase("export", "records.export")]
    public async Task A_step_put_before_another_makes_the_replay_fail(string name, string activity)
    {
        var result = await Replayer(new ExtraStep(activity)).ReplayWorkflowAsync(RecordedHistory.Read(name), throwOnReplayFailure: false);

        Assert.That(result.ReplayFailure, Is.InstanceOf<WorkflowNondeterminismException>());
    }

    [Test]
    public async Task Another_step_in_its_place_makes_the_replay_fail()
    {
        var result = await Replayer(new OtherStep("records.judge", "records.ask_again"))
            .ReplayWorkflowAsync(RecordedHistory.Read("skill-passed"), throwOnReplayFailure: false);

        Assert.That(result.ReplayFailure, Is.InstanceOf<WorkflowNondeterminismException>());
    }

    [TestCaseSource(nameof(Names))]
    public void A_recorded_history_is_small_and_says_nothing_of_its_machine(string name)
    {
        var texts = RecordedHistory.Texts(name);

        Assert.That(new FileInfo(Path.Combine(RecordedHistory.Folder, name + ".json")).Length, Is.LessThanOrEqualTo(LargestFile));
        Assert.That(texts, Does.Not.Contain(Path.GetTempPath()).And.Not.Contain("/home/").And.Not.Contain("/root/").And.Not.Match(@"\d+@(?!fake-host)"));
    }

    [GeneratedRegex(@"Workflow\.(DeprecatePatch|Patched)\(""([^""]+)""")]
    private static partial Regex PatchPattern();

    private static IEnumerable<Type> Workflows() => typeof(TaskQueues).Assembly.GetTypes().Where(type => type.GetCustomAttribute<WorkflowAttribute>() is not null);

    private static string TypeOf(WorkflowHistory history) => history.Events.First().WorkflowExecutionStartedEventAttributes.WorkflowType.Name;

    private static WorkflowReplayer Replayer(params IWorkerInterceptor[] changes)
    {
        var options = new WorkflowReplayerOptions
        {
            DataConverter = SparkConverter.Plain,
            Interceptors = [new TracingInterceptor(), .. changes],
        };
        foreach (var workflow in Workflows())
        {
            options.AddWorkflow(workflow);
        }

        return new WorkflowReplayer(options);
    }

    /// <summary>The workflows changed so that they wait a second before an activity.</summary>
    private sealed class ExtraStep(string activity) : Change
    {
        protected override async Task<TResult> ScheduleAsync<TResult>(ScheduleActivityInput input, Func<ScheduleActivityInput, Task<TResult>> next)
        {
            if (input.Activity == activity)
            {
                await Workflow.DelayAsync(TimeSpan.FromSeconds(1));
            }

            return await next(input);
        }
    }

    /// <summary>The workflows changed so that another activity stands in the place of one.</summary>
    private sealed class OtherStep(string activity, string other) : Change
    {
        protected override Task<TResult> ScheduleAsync<TResult>(ScheduleActivityInput input, Func<ScheduleActivityInput, Task<TResult>> next) =>
            next(input.Activity == activity ? input with { Activity = other } : input);
    }

    private abstract class Change : IWorkerInterceptor
    {
        public WorkflowInboundInterceptor InterceptWorkflow(WorkflowInboundInterceptor nextInterceptor) => new Inbound(nextInterceptor, this);

        protected abstract Task<TResult> ScheduleAsync<TResult>(ScheduleActivityInput input, Func<ScheduleActivityInput, Task<TResult>> next);

        private sealed class Inbound(WorkflowInboundInterceptor next, Change change) : WorkflowInboundInterceptor(next)
        {
            public override void Init(WorkflowOutboundInterceptor outbound) => base.Init(new Outbound(outbound, change));
        }

        private sealed class Outbound(WorkflowOutboundInterceptor next, Change change) : WorkflowOutboundInterceptor(next)
        {
            public override Task<TResult> ScheduleActivityAsync<TResult>(ScheduleActivityInput input) =>
                change.ScheduleAsync<TResult>(input, base.ScheduleActivityAsync<TResult>);
        }
    }
}
