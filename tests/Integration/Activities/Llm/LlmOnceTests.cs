using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Nothing is paid for twice.</summary>
public sealed class LlmOnceTests : LlmTestBase
{
    [Test]
    public async Task A_reply_that_was_kept_is_not_asked_for_again()
    {
        var request = await RequestAsync();
        Server.Then(FakeReply.Shell("ls", timeoutSec: 5));
        var first = await CallAsync(Activities(), request);

        // Another instance, as after a restart between the reply and the activity's completion.
        var again = await CallAsync(Activities(), request);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_changed_setting_does_not_make_a_kept_reply_a_strangers()
    {
        var request = await RequestAsync();
        var first = await CallAsync(Activities(("Profiles:default:Temperature", "0.1")), request);

        var again = await CallAsync(Activities(("Profiles:default:Temperature", "0.9"), ("Profiles:default:Tools", "off")), request);

        Assert.That(again, Is.EqualTo(first));
    }

    [Test]
    public async Task A_kept_reply_to_another_request_is_an_error()
    {
        var activities = Activities();
        await CallAsync(activities, await RequestAsync(User("One thing.")));

        var failure = await FailureAsync(activities, await RequestAsync(User("Another thing.")));

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ReplyMismatch));
        Assert.That(failure.NonRetryable, Is.True);
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Equal_requests_of_other_calls_runs_and_workflows_are_draws_of_their_own()
    {
        var activities = Activities();
        var request = await RequestAsync();
        var elsewhere = NewEnvironment();
        elsewhere = elsewhere with { Info = elsewhere.Info with { WorkflowId = "another" } };

        await CallAsync(activities, request);
        await CallAsync(activities, request with { Call = 2 });
        await CallAsync(activities, request with { FirstRunId = "second-run" });
        await CallAsync(activities, request, elsewhere);

        Assert.That(Server.CountByIdempotencyKey, Has.Count.EqualTo(4).And.All.Property("Value").EqualTo(1));
    }

    [Test]
    public async Task A_request_cut_off_in_flight_is_sent_again_under_its_key_and_counted()
    {
        Server.Then(new FakeReply { Drop = true }, FakeReply.Text("half") with { Half = true });
        var request = await RequestAsync();
        await FailureAsync(Activities(), request);
        await FailureAsync(Activities(), request);

        var reply = await CallAsync(Activities(), request);
        var kept = await CallAsync(Activities(), request);

        Assert.That(reply.ResentInFlight, Is.EqualTo(2));
        Assert.That(kept.ResentInFlight, Is.EqualTo(2));
        Assert.That(Server.CountByIdempotencyKey.Values, Is.EqualTo(new[] { 3 }));
    }

    [Test]
    public async Task A_request_that_was_refused_was_not_in_flight()
    {
        Server.Then(FakeReply.Error(429, "slow down"), FakeReply.Error(500, "oops"));
        var activities = Activities();
        var request = await RequestAsync();
        await FailureAsync(activities, request);
        await FailureAsync(activities, request);

        var reply = await CallAsync(activities, request);

        Assert.That(reply.ResentInFlight, Is.Zero);
    }

    [Test]
    public async Task A_cancel_reaches_the_call()
    {
        using var never = new CancellationTokenSource();
        Server.Then(FakeReply.Text("never") with { Until = Task.Delay(Timeout.Infinite, never.Token) });
        var environment = NewEnvironment();
        var running = CallAsync(Activities(), await RequestAsync(), environment);
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 1), "the request arrived");

        environment.Cancel();

        await Assert.ThrowsAsync(Is.InstanceOf<OperationCanceledException>(), () => running);
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Aborted == 1), "the server saw the request given up");
        await never.CancelAsync();
    }

    [Test]
    public async Task A_cancel_that_comes_after_the_reply_does_not_lose_it()
    {
        var environment = NewEnvironment();
        Store = new HookedStore(Store) { BeforePut = environment.Cancel };
        var request = await RequestAsync();

        // The first put is the conversation of the request, made above; the next one is the raw reply.
        var reply = await CallAsync(Activities(), request, environment);

        Assert.That(environment.CancellationTokenSource.IsCancellationRequested, Is.True);
        Assert.That(reply.Text, Is.EqualTo("Done."));
        await CallAsync(Activities(), request);
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Two_workers_that_ask_at_once_agree_on_one_reply()
    {
        Server.Script = request => FakeReply.Text($"reply {request.Number}");
        var activities = Activities();
        var request = await RequestAsync();

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CallAsync(activities, request)));

        Assert.That(replies.Select(reply => reply.Conversation).Distinct(), Has.Exactly(1).Items);
    }

    [Test]
    public async Task A_conversation_that_the_store_lost_is_said_so()
    {
        var lost = new ArtifactRef(new string('a', 64), 10, MediaTypes.Json);

        var request = await RequestAsync();

        var failure = await FailureAsync(Activities(), request with { Conversation = lost });

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ArtifactLost, true)));
        Assert.That(failure.Message, Does.Contain(lost.Sha256).And.Contain("10 bytes").And.Contain(MediaTypes.Json));
    }

    private sealed class HookedStore(IArtifactStore inner) : IArtifactStore
    {
        public Action? BeforePut { get; set; }

        private int _puts;

        public Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken)
        {
            if (++_puts == 2)
            {
                BeforePut?.Invoke();
            }

            cancellationToken.ThrowIfCancellationRequested();
            return inner.PutAsync(content, mediaType, cancellationToken);
        }

        public Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken) => inner.OpenAsync(reference, cancellationToken);

        public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken) => inner.ContainsAsync(reference, cancellationToken);

        public Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken) => inner.GetKeyAsync(key, cancellationToken);

        public Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken) =>
            inner.PutKeyAsync(key, value, cancellationToken);
    }
}
