using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>What an endpoint's refusals teach: each costs one refused request, for all workers and for good.</summary>
public sealed class LlmHabitsTests : LlmTestBase
{
    private static readonly (string Field, string Value)[] Cold = [("Profiles:default:Temperature", "0.2")];

    [TestCase("temperature", "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.", "unsupported_value")]
    [TestCase("stream", "stream is not supported for this deployment", null)]
    [TestCase("tools", "this model does not support tools", null)]
    [TestCase("max_tokens", "Unsupported parameter: 'max_tokens' is not supported with this model.", "unsupported_parameter")]
    [TestCase("stream_options", "Unknown parameter: 'stream_options'.", "unknown_parameter")]
    public async Task A_field_that_is_refused_costs_one_request_and_outlives_the_worker(string field, string words, string? code)
    {
        Server.Script = request => request.Body.ContainsKey(field) ? FakeReply.Error(400, words, code) : FakeReply.Text("ok");
        var request = await RequestAsync();
        await CallAsync(Activities(Cold), request);
        var sent = Server.Requests.Count;

        await CallAsync(Activities(Cold), request with { Call = 2 });

        Assert.That(Server.Requests[0].Body.ContainsKey(field), Is.True, "it is sent at first");
        Assert.That((sent, Server.Requests.Count), Is.EqualTo((2, 3)), "one refusal, and none on the next worker");
    }

    [Test]
    public async Task Several_habits_are_learned_one_after_the_other_in_one_call()
    {
        string[] refused = ["max_tokens", "temperature", "tools", "stream_options"];
        Server.Script = request => refused.FirstOrDefault(request.Body.ContainsKey) is { } field
            ? FakeReply.Error(400, $"Unsupported parameter: '{field}'", "unsupported_parameter") : FakeReply.Text("ok");

        var reply = await CallAsync(Activities([.. Cold, ("Profiles:default:ExtraBody", """{"top_p":0.5}""")]), await RequestAsync());

        Assert.That(reply.Text, Is.EqualTo("ok"));
        Assert.That((double)Server.Requests[^1].Body["top_p"]!, Is.EqualTo(0.5));
    }

    [Test]
    public async Task An_endpoint_that_contradicts_itself_is_not_asked_for_ever()
    {
        Server.Script = request => FakeReply.Error(400, request.Body.ContainsKey("max_tokens") ? "Unsupported parameter: 'max_tokens'" : "Unsupported parameter: 'max_completion_tokens'");

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
        Assert.That(Server.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_the_settings_ask_for_is_not_left_out()
    {
        Server.Script = request => request.Body.ContainsKey("top_p") ? FakeReply.Error(400, "Unknown parameter: 'top_p'.", "unknown_parameter") : FakeReply.Text("ok");

        var failure = await FailureAsync(Activities(("Profiles:default:ExtraBody", """{"top_p":0.5}""")), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
        Assert.That(failure.Message, Does.Contain("Llm:Profiles:default:ExtraBody"));
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Another_value_of_a_setting_is_tried_anew()
    {
        Server.Script = request => (double?)request.Body["temperature"] == 0.2 ? FakeReply.Error(400, "temperature: only 1 is supported") : FakeReply.Text("ok");
        var request = await RequestAsync();
        await CallAsync(Activities(Cold), request);

        await CallAsync(Activities(("Profiles:default:Temperature", "1")), request with { Call = 2 });

        Assert.That(Server.Requests.Select(sent => (double?)sent.Body["temperature"]), Is.EqualTo(new double?[] { 0.2, null, 1 }));
    }

    [Test]
    public async Task An_effort_is_left_out_and_where_that_is_refused_too_none_is_sent()
    {
        Server.Script = request => (string?)request.Body["reasoning_effort"] == "none" || !request.Body.ContainsKey("tools")
            ? FakeReply.Text("ok") : FakeReply.Error(400, "Function tools with reasoning_effort are not supported for this model.");
        var activities = Activities(("Profiles:default:ReasoningEffort", "high"), ("Profiles:default:Api", "chat"));

        await CallAsync(activities, await RequestAsync());
        await CallAsync(activities, await RequestAsync() with { Call = 2, Tools = false });

        Assert.That(Server.Requests.Select(sent => (string?)sent.Body["reasoning_effort"]), Is.EqualTo(new[] { "high", null, "none", null }));
    }

    [Test]
    public async Task The_highest_limit_of_a_reply_is_read_and_kept()
    {
        Server.Script = request => (int)request.Body["max_tokens"]! > 4096 ? FakeReply.Error(400, "Range of max_tokens should be [1, 4096]") : FakeReply.Text("ok");
        var request = await RequestAsync();

        await CallAsync(Activities(), request);
        await CallAsync(Activities(), request with { Call = 2, MaxTokens = 6000 });
        await CallAsync(Activities(), request with { Call = 3, MaxTokens = 100 });

        Assert.That(Server.Requests.Select(sent => (int)sent.Body["max_tokens"]!), Is.EqualTo(new[] { 8192, 4096, 4096, 100 }));
    }

    [Test]
    public async Task They_are_shown_with_their_words_and_can_be_forgotten()
    {
        Server.Script = request => request.Body.ContainsKey("tools") ? FakeReply.Error(400, "gemma does not support tools") : FakeReply.Text("ok");
        await CallAsync(Activities(), await RequestAsync());

        var shown = await DescribeAsync(null);
        var other = await DescribeAsync(null, "another");
        var forgotten = await DescribeAsync("no-tools");
        var after = await DescribeAsync(null);

        Assert.Multiple(() =>
        {
            Assert.That(shown.Habits.Select(habit => habit.Name), Is.EqualTo(new[] { "no-tools" }));
            Assert.That(shown.Habits[0].Words, Is.EqualTo("gemma does not support tools"));
            Assert.That(shown.Habits[0].Effect, Does.Contain("fenced blocks"));
            Assert.That(shown.Habits[0].LearnedAt, Is.EqualTo(DateTimeOffset.UtcNow).Within(TimeSpan.FromMinutes(1)));
            Assert.That((shown.Model, shown.BaseUrl, shown.KeySet, shown.ContextTokens), Is.EqualTo(("scripted", Server.BaseUrl, true, 128_000)));
            Assert.That(other.Habits, Is.Empty, "each model has its own");
            Assert.That(forgotten.Forgotten, Is.EqualTo(new[] { "no-tools" }));
            Assert.That(after.Habits, Is.Empty);
        });
    }

    [Test]
    public async Task A_store_that_refuses_costs_no_call()
    {
        Server.Script = request => request.Body.ContainsKey("tools") ? FakeReply.Error(400, "does not support tools") : FakeReply.Text("ok");
        Store = new Forgetful(Store);
        var activities = Activities();

        await CallAsync(activities, await RequestAsync());
        await CallAsync(activities, await RequestAsync() with { Call = 2 });

        Assert.That(Server.Requests, Has.Count.EqualTo(3), "this worker knows it");
        Assert.That(Logs.Lines, Has.Some.Contains("no-tools").And.Some.Contains("cannot be stored"));
    }

    private async Task<ModelDescription> DescribeAsync(string? forget, string? model = null) =>
        await NewEnvironment().RunAsync(() => Activities().DescribeAsync(new ModelDescriptionRequest(new ModelChoice(Name: model), forget)));

    private sealed class Forgetful(IArtifactStore inner) : IArtifactStore
    {
        public Task<ArtifactRef> PutAsync(Stream content, string mediaType, CancellationToken cancellationToken) => inner.PutAsync(content, mediaType, cancellationToken);

        public Task<Stream> OpenAsync(ArtifactRef reference, CancellationToken cancellationToken) => inner.OpenAsync(reference, cancellationToken);

        public Task<bool> ContainsAsync(ArtifactRef reference, CancellationToken cancellationToken) => inner.ContainsAsync(reference, cancellationToken);

        public Task<string?> GetKeyAsync(string key, CancellationToken cancellationToken) => inner.GetKeyAsync(key, cancellationToken);

        public Task<string> PutKeyAsync(string key, string value, CancellationToken cancellationToken) => key.StartsWith("llm-habits/", StringComparison.Ordinal)
            ? throw new StoreUnavailableException("there", "No space left on device", "Make room.")
            : inner.PutKeyAsync(key, value, cancellationToken);
    }
}
