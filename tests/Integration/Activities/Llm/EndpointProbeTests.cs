using System.Text.Json.Nodes;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>One short request that finds out whether a model answers.</summary>
public sealed class EndpointProbeTests : LlmTestBase
{
    [Test]
    public async Task It_asks_as_a_real_call_does_and_stores_nothing()
    {
        var probe = await ProbeAsync();

        var request = Server.Requests.Single();
        Assert.Multiple(() =>
        {
            Assert.That((probe.Model, probe.BaseUrl, probe.Throttled), Is.EqualTo(("gpt", Server.BaseUrl, (string?)null)));
            Assert.That((request.Purpose, request.Task, request.Header("Authorization")), Is.EqualTo(("probe", "preflight", $"Bearer {Canary}")));
            Assert.That((int)request.Body["max_tokens"]!, Is.EqualTo(16));
            Assert.That(Directory.Exists(Folder["store"]), Is.False);
        });
    }

    [Test]
    public async Task A_reply_cut_off_at_its_limit_is_an_answer()
    {
        Server.Then(FakeReply.Text("", "length"));

        Assert.That((await ProbeAsync()).Model, Is.EqualTo("gpt"));
    }

    [Test]
    public async Task Another_name_of_the_limit_is_learned()
    {
        Server.Then(FakeReply.Error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."));

        await ProbeAsync();

        Assert.That(Server.Requests.Select(request => request.Body.ContainsKey("max_completion_tokens")), Is.EqualTo(new[] { false, true }));
    }

    [Test]
    public async Task Too_many_requests_is_an_answer_with_its_words()
    {
        Server.Then(FakeReply.Error(429, "Slow down.").WithHeader("Retry-After", "500"));

        Assert.That((await ProbeAsync()).Throttled, Does.Contain("answered 429").And.Contain("Slow down."));
    }

    [TestCase(401, FailureTypes.ModelUnauthorized, 1)]
    [TestCase(403, FailureTypes.ModelUnauthorized, 1)]
    [TestCase(404, FailureTypes.ModelRefused, 1)]
    [TestCase(500, FailureTypes.ModelUnavailable, 2)]
    public async Task A_refusal_is_final_and_only_a_broken_endpoint_is_asked_twice(int status, string type, int requests)
    {
        Server.Script = _ => FakeReply.Error(status, "No.");

        var failure = await FailsAsync();

        Assert.That((failure.ErrorType, failure.NonRetryable, Server.Requests.Count), Is.EqualTo((type, true, requests)));
        Assert.That(failure.Message, Does.Contain($"answered {status} for model 'gpt': No."));
    }

    [Test]
    public async Task An_error_inside_a_success_is_the_error_and_no_quota_is_for_good()
    {
        Server.Then(FakeReply.Json(new JsonObject { ["error"] = new JsonObject { ["message"] = "User not found.", ["code"] = 401 } }));
        Assert.That((await FailsAsync()).ErrorType, Is.EqualTo(FailureTypes.ModelUnauthorized));

        Server.Then(FakeReply.Error(429, "You exceeded your current quota.", "insufficient_quota"));
        Assert.That((await FailsAsync()).ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
    }

    [Test]
    public async Task A_missing_key_is_named()
    {
        Server.Script = _ => FakeReply.Error(401, "You did not provide a key.");
        Environment.SetEnvironmentVariable(KeyVariable, null);

        Assert.That((await FailsAsync()).Message, Does.EndWith($"{KeyVariable} is not set there."));
    }

    private Task<ModelProbe> ProbeAsync() => NewEnvironment().RunAsync(() => Activities().ProbeAsync(new ModelChoice(Name: "gpt")));

    private async Task<ApplicationFailureException> FailsAsync() => (await Assert.ThrowsAsync<ApplicationFailureException>(ProbeAsync))!;
}
