using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Tests.Wire.Encryption;
using Spark.Temporal.Wire;
using Spark.Temporal.Wire.Encryption;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Api.Enums.V1;
using Temporalio.Api.History.V1;
using Temporalio.Common;
using Temporalio.Exceptions;
using Temporalio.Worker;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Runs whose payloads are encrypted.</summary>
[Category("Server")]
public sealed class EncryptedRunTests
{
    private const string Canary = "canary-0d5b";

    private static readonly EncryptionKeys Keys = EncryptionKeys.Create("keys.json", "20261124-3f9a", EncryptionKeysTests.Key(7));

    /// <summary>
    /// What the server must be able to read: ids, names of types, queues and activities, search attributes, and the trace
    /// header. Nothing else of what was said may be found in the bytes that it keeps.
    /// </summary>
    [Test]
    public async Task The_server_keeps_nothing_readable_of_a_run_and_it_is_replayed_and_steered_as_ever()
    {
        await using var deployment = await FakeDeployment.StartAsync(keys: Keys);
        var run = await MeasuredRuns.SkillRunAsync(deployment, 2, refused: false);
        await run.ExecuteUpdateAsync(workflow => workflow.AddGuidanceAsync(new GuidanceRequest($"The {Canary} sings.")));
        var result = await run.GetResultAsync();
        var own = await run.FetchHistoryAsync();
        var child = await deployment.Client.GetWorkflowHandle($"{run.Id}/attempt-1").FetchHistoryAsync();

        Assert.That(result.Attempts, Is.EqualTo(2));
        Assert.That((await HistorySize.OfAsync(deployment.Client, run)).LargestPayload, Is.LessThanOrEqualTo(HistoryBoundsTests.LargestPayload));
        Assert.That(Said(own).Concat(Said(child)), Has.Some.Contains(Canary).And.Some.Contains("attempt 1 of"), "the test must know what to look for");
        foreach (var history in new[] { own, child })
        {
            var kept = string.Concat(history.Events.Select(happened => Encoding.Latin1.GetString(happened.ToByteArray())));
            Assert.That(Said(history).Where(said => kept.Contains(said) && !Visible(history).Contains(said)), Is.Empty);
            Assert.That(kept, Does.Not.Contain(Canary));
        }

        var options = new WorkflowReplayerOptions { DataConverter = SparkConverter.With(Keys), Interceptors = [new TracingInterceptor()] };
        var replayer = new WorkflowReplayer(options.AddWorkflow<SkillGenerationWorkflow>().AddWorkflow<AttemptWorkflow>());
        Assert.That((await replayer.ReplayWorkflowAsync(own, throwOnReplayFailure: false)).ReplayFailure, Is.Null);
        Assert.That((await replayer.ReplayWorkflowAsync(child, throwOnReplayFailure: false)).ReplayFailure, Is.Null);

        var described = await deployment.Client.GetWorkflowHandle(child.Id).DescribeAsync();
        Assert.That(await described.GetStaticSummaryAsync(), Does.StartWith("attempt 1 of"));
    }

    [Test]
    public async Task A_failure_is_encrypted_too_and_a_client_without_keys_is_told_what_it_needs()
    {
        await using var deployment = await FakeDeployment.StartAsync(keys: Keys);
        deployment.World.Before = (call, _) => call == "packages.read"
            ? throw new ApplicationFailureException($"The {Canary} is dead.", FailureTypes.InvalidTask, nonRetryable: true)
            : Task.CompletedTask;
        var attempt = await MeasuredRuns.AttemptAsync(deployment, 1);

        var result = await attempt.GetResultAsync();
        var history = await attempt.FetchHistoryAsync();
        var plain = (await TemporalServer.ClientAsync()).GetWorkflowHandle<AttemptWorkflow, AttemptResult>(attempt.Id);

        Assert.That(result.Error, Does.Contain(Canary), "the run knows why");
        Assert.That(history.Events.Select(happened => happened.EventType), Has.Some.EqualTo(EventType.ActivityTaskFailed));
        Assert.That(string.Concat(history.Events), Does.Not.Contain(Canary).And.Not.Contain("   at "), "neither message nor stack");
        Assert.That(async () => await plain.GetResultAsync(), Throws.TypeOf<EncryptionException>().With.Message.Contains("set SPARK_ENCRYPTION_KEYS"));
    }

    [Test]
    public async Task An_encrypted_attempt_of_100_turns_stays_within_its_bound()
    {
        using var spans = Spans.Listen();
        await using var deployment = await FakeDeployment.StartAsync(keys: Keys);
        var handle = await MeasuredRuns.AttemptAsync(deployment, 100);
        await handle.GetResultAsync();
        var size = await HistorySize.OfAsync(deployment.Client, handle);
        TestContext.Out.WriteLine(size);
        TestContext.Out.WriteLine(await HistorySize.WeightsAsync(handle));

        Assert.Multiple(() =>
        {
            Assert.That(size.Events, Is.LessThanOrEqualTo(1300));
            Assert.That(size.Bytes, Is.LessThanOrEqualTo(350_000), "each payload is longer by its key id, nonce and tag, and compressed");
            Assert.That(size.LargestPayload, Is.LessThanOrEqualTo(HistoryBoundsTests.LargestPayload), size.LargestEvent);
        });
    }

    /// <summary>Every text of 6 characters or more in the payloads of a history, opened.</summary>
    private static List<string> Said(WorkflowHistory history)
    {
        var codec = new EncryptionCodec(Keys);
        return
        [
            .. history.Events.SelectMany(HistorySize.Payloads)
                .Where(EncryptionCodec.IsSealed)
                .Select(payload => codec.DecodeAsync([payload]).Result.Single().Data)
                .Where(data => data.Length > 0)
                .SelectMany(data => Texts(JsonDocument.Parse(data.Memory).RootElement))
                .Where(text => text.Length >= 6)
                .Distinct(),
        ];
    }

    /// <summary>What the server reads on purpose.</summary>
    private static string Visible(WorkflowHistory history)
    {
        var activities = history.Events.Select(happened => happened.ActivityTaskScheduledEventAttributes).OfType<ActivityTaskScheduledEventAttributes>().ToList();
        var started = history.Events.First().WorkflowExecutionStartedEventAttributes;
        var attributes = history.Events.Select(happened => happened.UpsertWorkflowSearchAttributesEventAttributes?.SearchAttributes)
            .Append(started.SearchAttributes).OfType<Temporalio.Api.Common.V1.SearchAttributes>();
        return string.Join(
            '\n',
            [
                history.Id,
                started.FirstExecutionRunId,
                started.ParentWorkflowExecution?.RunId ?? "",
                .. activities.SelectMany(activity => new[] { activity.ActivityType.Name, activity.TaskQueue.Name }),
                .. attributes.SelectMany(attribute => attribute.IndexedFields.Values).Select(payload => payload.Data.ToStringUtf8()),
            ]);
    }

    private static IEnumerable<string> Texts(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(field => Texts(field.Value)),
        _ => [],
    };
}
