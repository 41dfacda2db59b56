using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>A key goes to the endpoint and nowhere else.</summary>
public sealed class LlmSecretsTests : LlmTestBase
{
    [TestCase(400)]
    [TestCase(401)]
    [TestCase(429)]
    [TestCase(500)]
    [TestCase(200)]
    public async Task A_key_that_the_endpoint_says_back_is_taken_out(int status)
    {
        Server.Then(status == 200
            ? FakeReply.Text($"Your key is {Canary}, keep it.")
            : FakeReply.Error(status, $"bad key {Canary} in Bearer {Canary}"));

        var said = "";
        try
        {
            said = (await CallAsync(Activities(), await RequestAsync())).ToString();
        }
        catch (ApplicationFailureException failure)
        {
            said = failure.ToString();
        }

        Assert.That(Server.Requests.Single().Header("Authorization"), Does.Contain(Canary), "the test must plant it");
        Assert.That(said, Does.Contain(SecretRedactor.Mark).And.Not.Contain(Canary));
        Assert.That(Logs.Lines, Is.All.Not.Contain(Canary));
        foreach (var file in Directory.EnumerateFiles(Folder.Path, "*", SearchOption.AllDirectories))
        {
            Assert.That(await File.ReadAllTextAsync(file), Does.Not.Contain(Canary), file);
        }
    }

    [Test]
    public async Task An_endpoint_without_a_key_gets_no_header()
    {
        Environment.SetEnvironmentVariable(KeyVariable, null);

        await CallAsync(Activities(), await RequestAsync());

        Assert.That(Server.Requests.Single().Header("Authorization"), Is.Empty);
    }

    [Test]
    public async Task A_redirect_is_not_followed_with_the_key()
    {
        await using var other = await FakeModelServer.StartAsync();
        Server.Then(new FakeReply { Status = 307 }.WithHeader("Location", other.BaseUrl + "/chat/completions"));

        var failure = await FailureAsync(Activities(), await RequestAsync());

        Assert.That(failure.ErrorType, Is.EqualTo(FailureTypes.ModelRefused));
        Assert.That(other.Requests, Is.Empty);
    }

    [TestCase("Incorrect API key provided: sk-abcd****wxyz.", "Incorrect API key provided: [redacted]")]
    [TestCase("Authorization: Bearer abcdefgh1234", "Authorization: Bearer [redacted]")]
    [TestCase("task-based flask-server", "task-based flask-server")]
    public void What_looks_like_a_token_is_taken_out_too(string text, string expected) =>
        Assert.That(new SecretRedactor([]).Redact(text), Is.EqualTo(expected));
}
