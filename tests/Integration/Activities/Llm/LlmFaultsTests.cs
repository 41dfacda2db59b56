using System.Globalization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class LlmFaultsTests : LlmTestBase
{
    [TestCase(408)]
    [TestCase(409)]
    [TestCase(425)]
    [TestCase(429)]
    [TestCase(500)]
    [TestCase(502)]
    [TestCase(503)]
    [TestCase(529)]
    public async Task A_passing_trouble_is_left_to_Temporal_to_retry(int status)
    {
        Server.Then(FakeReply.Error(status, "come back later"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.Multiple(() =>
        {
            Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelUnavailable));
            Assert.That(failure.NonRetryable, Is.False);
            Assert.That(failure.Message, Does.Contain("come back later").And.Contain($"{status}"));
            Assert.That(Server.Requests, Has.Count.EqualTo(1), "the client must not retry by itself");
        });
    }

    [TestCase(401, FailureTypes.ModelUnauthorized)]
    [TestCase(403, FailureTypes.ModelUnauthorized)]
    [TestCase(400, FailureTypes.ModelRefused)]
    [TestCase(404, FailureTypes.ModelRefused)]
    [TestCase(418, FailureTypes.ModelRefused)]
    [TestCase(422, FailureTypes.ModelRefused)]
    public async Task A_refusal_ends_the_call_with_the_providers_words(int status, string type)
    {
        Server.Then(FakeReply.Error(status, "no such thing here"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(type));
        Assert.That(failure.NonRetryable, Is.True);
        Assert.That(failure.Message, Does.Contain("no such thing here"));
    }

    [Test]
    public async Task A_missing_key_is_named_by_its_variable()
    {
        Server.Then(FakeReply.Error(401, "who are you"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.Message, Does.Contain(KeyVariable));
    }

    [TestCase("Retry-After", "7", 7)]
    [TestCase("Retry-After", "0.5", 0.5)]
    [TestCase("retry-after-ms", "1500", 1.5)]
    [TestCase("Retry-After", "3000", 600)]
    [TestCase("x-ratelimit-remaining-tokens", "0", 30)]
    public async Task Throttling_is_benign_and_its_Retry_After_is_followed_up_to_a_limit(string header, string value, double seconds)
    {
        Server.Then(FakeReply.Error(429, "slow down").WithHeader(header, value).WithHeader("x-ratelimit-reset-tokens", "30s"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        // A little more than asked, so that calls that were refused together do not come back together.
        Assert.That(failure.NextRetryDelay!.Value.TotalSeconds, Is.InRange(seconds, seconds * 1.1));
        Assert.That(failure.Category, Is.EqualTo(ApplicationErrorCategory.Benign));
    }

    [TestCase("99999")]
    [TestCase("1e300")]
    public async Task A_wait_of_hours_is_a_quota_for_which_the_run_waits(string value)
    {
        Server.Then(FakeReply.Error(429, "slow down").WithHeader("Retry-After", value));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That((failure.ErrorType, failure.NonRetryable), Is.EqualTo((FailureTypes.ModelRefused, true)));
        Assert.That(failure.Message, Does.Contain("UTC (in "));
    }

    [Test]
    public async Task A_Retry_After_may_be_a_date()
    {
        var date = DateTimeOffset.UtcNow.AddSeconds(120).ToString("R", CultureInfo.InvariantCulture);
        Server.Then(FakeReply.Error(503, "overloaded").WithHeader("Retry-After", date));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.NextRetryDelay, Is.EqualTo(TimeSpan.FromSeconds(120)).Within(TimeSpan.FromSeconds(10)));
        Assert.That(failure.Category, Is.EqualTo(ApplicationErrorCategory.Benign));
    }

    [TestCase("-5")]
    [TestCase("soon")]
    [TestCase("Mon, 01 Jan 2001 00:00:00 GMT")]
    public async Task A_Retry_After_that_says_nothing_leaves_the_delay_to_the_retry_policy(string value)
    {
        Server.Then(FakeReply.Error(500, "broken").WithHeader("Retry-After", value));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.NextRetryDelay, Is.Null);
        Assert.That(failure.Category, Is.Not.EqualTo(ApplicationErrorCategory.Benign));
    }

    [Test]
    public async Task A_cut_connection_is_retryable()
    {
        Server.Then(new FakeReply { Drop = true });

        await IsUnavailableAsync();
    }

    [Test]
    public async Task A_connection_that_was_kept_open_and_is_then_cut_is_not_sent_twice()
    {
        var activities = Activities();
        var request = await RequestAsync();
        await CallAsync(activities, request);
        Server.Then(new FakeReply { Drop = true });

        await FailureAsync(activities, request with { Call = 2 });

        Assert.That(Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Half_a_body_is_retryable()
    {
        Server.Then(FakeReply.Text("a reply that breaks off in the middle") with { Half = true });

        await IsUnavailableAsync();
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"choices\":[]}")]
    [TestCase("{\"choices\":[{}]}")]
    [TestCase("{\"choices\":[{\"message\":null}]}")]
    [TestCase("{\"choices\":[{\"message\":{\"content\":\"ab")]
    [TestCase("{\"error\":{\"message\":\"upstream fell over\"}}")]
    public async Task A_success_that_cannot_be_read_is_retryable(string body)
    {
        Server.Then(new FakeReply { Body = body });

        await IsUnavailableAsync();
    }

    [Test]
    public async Task An_unreadable_answer_is_not_asked_for_under_the_same_idempotency_key()
    {
        Server.Then(new FakeReply { Body = "garbage" });
        var activities = Activities();
        var request = await RequestAsync();
        await FailureAsync(activities, request);

        var reply = await CallAsync(activities, request);

        Assert.That(Server.CountByIdempotencyKey, Has.Count.EqualTo(2));
        Assert.That(reply.ResentInFlight, Is.Zero, "it was answered, so it was not in flight");
    }

    [Test]
    public async Task A_closed_port_is_retryable_and_not_counted_as_in_flight()
    {
        var activities = Activities();
        var request = await RequestAsync();
        var port = new Uri(Server.BaseUrl).Port;
        await Server.DisposeAsync();
        var failure = await FailureAsync(activities, request);
        await using var back = await FakeModelServer.StartAsync(port);

        var reply = await CallAsync(activities, request);

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelUnavailable));
        Assert.That(reply.ResentInFlight, Is.Zero);
    }

    [Test]
    public async Task A_reply_after_the_time_out_is_retryable()
    {
        using var never = new CancellationTokenSource();
        Server.Then(FakeReply.Text("late") with { Until = Task.Delay(Timeout.Infinite, never.Token) });

        var failure = await FailureAsync(Activities(("Profiles:default:RequestTimeoutSec", "0.3")), await RequestAsync());
        await never.CancelAsync();

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelUnavailable));
        Assert.That(failure.NonRetryable, Is.False);
        Assert.That(failure.Message, Does.Contain("0.3 s"));
    }

    [Test]
    [Category("Slow")]
    public async Task A_reply_after_120_seconds_is_taken_and_heartbeats_go_on_meanwhile()
    {
        Server.Then(FakeReply.Text("worth the wait") with { Delay = TimeSpan.FromSeconds(120) });
        var beats = 0;

        var reply = await CallAsync(
            Activities(), await RequestAsync(), NewEnvironment() with { Heartbeater = _ => Interlocked.Increment(ref beats) });

        Assert.That(reply.Text, Is.EqualTo("worth the wait"));
        Assert.That(beats, Is.InRange(20, 27));
        Assert.That(reply.DurationMs, Is.GreaterThanOrEqualTo(119_000));
    }

    [Test]
    public async Task Heartbeats_go_on_while_a_reply_is_awaited()
    {
        var beats = 0;
        var enough = new TaskCompletionSource();
        Server.Then(FakeReply.Text("done") with { Until = enough.Task });
        var environment = NewEnvironment() with
        {
            Heartbeater = _ =>
            {
                if (Interlocked.Increment(ref beats) == 3)
                {
                    enough.SetResult();
                }
            },
        };

        await CallAsync(Activities(("HeartbeatSec", "0.05")), await RequestAsync(), environment);

        Assert.That(beats, Is.GreaterThanOrEqualTo(3));
    }

    [TestCase(400, "This model's maximum context length is 8192 tokens, however you requested 9000.")]
    [TestCase(400, "prompt is too long: 210000 tokens > 200000 maximum")]
    [TestCase(413, "body too large")]
    public async Task A_conversation_that_does_not_fit_is_told_apart(int status, string words)
    {
        Server.Script = _ => FakeReply.Error(status, words);
        var begun = new ChatMessage { Role = ChatRoles.Assistant, Content = "I look first." };

        var failure = await FailureAsync(Activities(), await RequestAsync(User("Go."), begun, User("Go on.")));

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ContextOverflow));
        Assert.That(failure.NonRetryable, Is.True);
    }

    private async Task IsUnavailableAsync()
    {
        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelUnavailable));
        Assert.That(failure.NonRetryable, Is.False);
        Assert.That(Server.Requests, Has.Count.EqualTo(1), "the client must not retry by itself");
    }
}
