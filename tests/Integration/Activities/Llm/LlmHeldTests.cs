using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>A paid reply is kept whatever the disk or a person does; counted are the requests that the endpoint saw.</summary>
[Category("Server")]
public sealed class LlmHeldTests : LlmTestBase
{
    [Test]
    public async Task A_reply_that_cannot_be_stored_is_held_and_stored_later_and_the_workflow_is_told()
    {
        var disk = new FullStore(Store);
        Store = disk;
        await using var rig = await StartRigAsync();
        var request = await RequestAsync();
        disk.FailReplies = true;

        var handle = await rig.RunAsync(request);
        await Eventually.PassesAsync(async () => Assert.That(await rig.NewsAsync(handle), Has.Count.EqualTo(1)));
        disk.FailReplies = false;
        var said = await handle.GetResultAsync<string>();

        var news = await rig.NewsAsync(handle);
        Assert.Multiple(() =>
        {
            Assert.That(said, Is.EqualTo("Done."));
            Assert.That(Server.Requests, Has.Count.EqualTo(1), "paid once");
            Assert.That(news.Select(one => one.Waiting), Is.EqualTo(new[] { RunStates.Results, null }));
            Assert.That(news[0].Why, Does.Contain("/srv/store").And.Contain("Free space").And.Contain("kept in memory"));
            Assert.That(news.Select(one => one.ActivityId).Distinct(), Has.Exactly(1).Items);
        });
    }

    [Test]
    public async Task A_try_that_was_given_up_leaves_its_reply_to_the_next_one()
    {
        var disk = new FullStore(Store);
        Store = disk;
        await using var rig = await StartRigAsync();
        var request = await RequestAsync();
        disk.FailReplies = true;

        // Each try has three seconds; the reply waits for the disk longer than that.
        var handle = await rig.RunAsync(request, secondsEach: 3);
        await Eventually.PassesAsync(async () => Assert.That((await PendingActivities.OfAsync(rig.Client, handle.Id)).Single().Attempt, Is.GreaterThan(2)));
        disk.FailReplies = false;
        var said = await handle.GetResultAsync<string>();

        Assert.That(said, Is.EqualTo("Done."));
        Assert.That(Server.Requests, Has.Count.EqualTo(1), "paid once");
    }

    [Test]
    public async Task A_nearly_full_disk_costs_one_request()
    {
        using var small = new SmallDisk(1);
        Store = new FileArtifactStore(small["store"]);
        await using var rig = await StartRigAsync();
        var request = await RequestAsync();
        Server.Script = _ => FakeReply.Text(new string('x', 200_000));
        small.Fill();
        small.Leave(64 * 1024);

        var handle = await rig.RunAsync(request with { InlineCharacters = 0 });
        await Eventually.PassesAsync(async () => Assert.That(await rig.NewsAsync(handle), Has.Count.EqualTo(1)));
        small.Free();
        await handle.GetResultAsync<string>();

        Assert.That(Server.Requests, Has.Count.EqualTo(1), "paid once");
        Assert.That((await rig.NewsAsync(handle))[0].Why, Does.Contain(small["store"]).And.Contain("No space left"));
    }

    [Test]
    public async Task A_worker_that_is_told_to_stop_still_tries_to_store()
    {
        var disk = new FullStore(Store);
        Store = disk;
        var rig = await StartRigAsync();
        var request = await RequestAsync();
        disk.FailReplies = true;
        var handle = await rig.RunAsync(request);
        await Eventually.PassesAsync(async () => Assert.That(await rig.NewsAsync(handle), Has.Count.EqualTo(1)));

        var stopping = rig.StopAsync();
        disk.FailReplies = false;
        await stopping;
        await using var next = await StartRigAsync(rig);

        Assert.That(await handle.GetResultAsync<string>(), Is.EqualTo("Done."));
        Assert.That(Server.Requests, Has.Count.EqualTo(1), "paid once");
    }

    [Test]
    public async Task A_paused_call_pays_for_the_request_in_flight_only_and_the_workflow_is_told()
    {
        await using var rig = await StartRigAsync();
        var answer = new TaskCompletionSource();
        Server.Script = _ => FakeReply.Text("Done.") with { Until = answer.Task };
        var handle = await rig.RunAsync(await RequestAsync());
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 1), "the request is in flight");

        await rig.Client.WorkflowService.PauseActivityAsync(new() { Namespace = rig.Namespace, Execution = new() { WorkflowId = handle.Id }, Type = "llm.complete" });
        await Eventually.PassesAsync(async () => Assert.That((await rig.NewsAsync(handle)).Select(one => one.Waiting), Is.EqualTo(new[] { RunStates.Paused })));
        Assert.That(Server.Aborted, Is.Zero, "what is in flight comes to its end");
        answer.SetResult();
        await Eventually.PassesAsync(async () => Assert.That(
            (await PendingActivities.OfAsync(rig.Client, handle.Id)).Single().State, Is.EqualTo(Temporalio.Api.Enums.V1.PendingActivityState.Paused)));
        await rig.Client.WorkflowService.UnpauseActivityAsync(new() { Namespace = rig.Namespace, Execution = new() { WorkflowId = handle.Id }, Type = "llm.complete" });

        Assert.That(await handle.GetResultAsync<string>(), Is.EqualTo("Done."));
        var news = await rig.NewsAsync(handle);
        Assert.That(Server.Requests, Has.Count.EqualTo(1), "paid once");
        Assert.That(news.Select(one => one.Waiting), Is.EqualTo(new[] { RunStates.Paused, null }));
        Assert.That(news[0].Why, Does.Contain($"temporal activity unpause --workflow-id '{handle.Id}'"));
    }

    [Test]
    public async Task A_reset_call_pays_for_the_request_in_flight_only()
    {
        await using var rig = await StartRigAsync();
        var answer = new TaskCompletionSource();
        Server.Script = _ => FakeReply.Text("Done.") with { Until = answer.Task };
        var handle = await rig.RunAsync(await RequestAsync());
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 1), "the request is in flight");

        await rig.Client.WorkflowService.ResetActivityAsync(new() { Namespace = rig.Namespace, Execution = new() { WorkflowId = handle.Id }, Type = "llm.complete" });
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Cancelled > 0), "the call was told");
        answer.SetResult();

        Assert.That(await handle.GetResultAsync<string>(), Is.EqualTo("Done."));
        Assert.That((Server.Requests.Count, Server.Aborted), Is.EqualTo((1, 0)), "paid once");
    }

    [Test]
    public async Task A_try_that_the_server_gave_up_is_waited_for_by_the_next_one()
    {
        await using var rig = await StartRigAsync();
        var answer = new TaskCompletionSource();
        Server.Script = _ => FakeReply.Text("Done.") with { Until = answer.Task };

        var handle = await rig.RunAsync(await RequestAsync(), secondsEach: 1);
        await Eventually.PassesAsync(async () => Assert.That((await PendingActivities.OfAsync(rig.Client, handle.Id)).Single().Attempt, Is.GreaterThan(2)));
        answer.SetResult();

        Assert.That(await handle.GetResultAsync<string>(), Is.EqualTo("Done."));
        Assert.That((Server.Requests.Count, Server.Aborted), Is.EqualTo((1, 0)), "paid once");
    }

    [Test]
    public async Task A_run_that_is_reset_gets_the_reply_in_flight()
    {
        await using var rig = await StartRigAsync();
        var answer = new TaskCompletionSource();
        Server.Script = _ => FakeReply.Text("Done.") with { Until = answer.Task };
        var handle = await rig.RunAsync(await RequestAsync());
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 1), "the request is in flight");

        await rig.Client.WorkflowService.ResetWorkflowExecutionAsync(new()
        {
            Namespace = rig.Namespace, WorkflowExecution = new() { WorkflowId = handle.Id }, WorkflowTaskFinishEventId = 4, Reason = "test", RequestId = $"{Guid.NewGuid()}",
        });
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.Cancelled > 0), "the call of the old run was told");
        answer.SetResult();

        Assert.That(await rig.Client.GetWorkflowHandle(handle.Id).GetResultAsync<string>(), Is.EqualTo("Done."));
        Assert.That((Server.Requests.Count, Server.Aborted), Is.EqualTo((1, 0)), "paid once");
    }

    private Task<LlmRig> StartRigAsync(LlmRig? instead = null) => LlmRig.StartAsync(Activities(("HeartbeatSec", "0.2")), instead?.Queue);

    /// <summary>A store whose disk is too full for replies, as soon as a test says so.</summary>
    private sealed class FullStore(IArtifactStore inner) : IArtifactStore
    {
        public volatile bool FailReplies;

        public Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken) => FailReplies
            ? throw new StoreUnavailableException("/srv/store", "No space left on device", "Free space on that disk.")
            : inner.PutAsync(content, mediaType, cancellationToken);

        public Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken) => inner.OpenAsync(reference, cancellationToken);

        public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken) => inner.ContainsAsync(reference, cancellationToken);

        public Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken) => inner.GetKeyAsync(key, cancellationToken);

        public Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken) => inner.PutKeyAsync(key, value, cancellationToken);
    }
}
