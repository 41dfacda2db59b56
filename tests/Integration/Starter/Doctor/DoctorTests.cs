using System.Text.Json;
using Spark.Temporal.Starter.Doctor;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Doctor;

public sealed class DoctorTests
{
    [TestCase(20L, Verdict.Ok)]
    [TestCase(5L, Verdict.Warning)]
    [TestCase(0L, Verdict.Missing)]
    public void Wants_room_on_the_disk(long gigabytes, Verdict verdict) =>
        Assert.That(Checks.Space(gigabytes << 30, "/").Verdict, Is.EqualTo(verdict));

    [Test, Category("Docker")]
    public async Task Finds_the_engine_and_the_base_image()
    {
        Requires.Docker();

        var found = await DockerProbe.RunAsync(null, CancellationToken.None);

        Assert.That(found.Select(finding => (finding.Check, finding.Verdict)), Is.EqualTo(new[] { ("docker", Verdict.Ok), ("base image", Verdict.Ok) }));
    }

    [Test]
    public async Task Every_model_profile_is_asked_and_each_that_does_not_answer_comes_with_its_words_and_remedy()
    {
        using var folder = new TemporaryFolder();
        await using var model = await FakeModelServer.StartAsync();
        model.Script = request => request.Header("Authorization") == "Bearer sk-canary" ? FakeReply.Error(401, "Incorrect API key provided.") : FakeReply.Text("OK");
        folder.Write(".env", $"OPENAI_API_KEY=sk-canary\nOPENAI_BASE_URL={model.BaseUrl}\nOPENAI_MODEL=gpt\nLOCAL_KEY=sk-other\n");
        var environment = new Dictionary<string, string>
        {
            ["SPARK_LLM__PROFILES__local__BASE_URL"] = model.BaseUrl, ["SPARK_LLM__PROFILES__local__MODEL"] = "llama", ["SPARK_LLM__PROFILES__local__KEY_VARIABLE"] = "LOCAL_KEY",
            ["SPARK_LLM__PROFILES__dead__BASE_URL"] = $"http://127.0.0.1:{DevServer.FreePort()}/v1", ["SPARK_LLM__PROFILES__dead__MODEL"] = "none",
            ["SPARK_LLM__PROFILES__bare__BASE_URL"] = model.BaseUrl,
        };

        var (code, output, error) = await SparkProcess.RunAsync(["doctor", "--json"], folder.Path, environment);
        var without = await SparkProcess.RunAsync(["doctor", "--no-models", "--json"], folder.Path, environment);

        var models = JsonDocument.Parse(output).RootElement.EnumerateArray().Where(finding => finding.GetProperty("check").GetString()!.StartsWith("model ", StringComparison.Ordinal))
            .Select(finding => (Check: finding.GetProperty("check").GetString(), Verdict: finding.GetProperty("verdict").GetString(), Found: finding.GetProperty("found").GetString()!)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1), error);
            Assert.That(models.Select(found => (found.Check, found.Verdict)), Is.EqualTo(new[]
            {
                ("model key", "ok"), ("model bare", "warning"), ("model dead", "missing"), ("model default", "missing"), ("model local", "ok"),
            }));
            Assert.That(models[2].Found, Does.Contain("refused"));
            Assert.That(models[3].Found, Does.Contain("answered 401").And.Contain("Incorrect API key provided."));
            Assert.That(models[4].Found, Does.StartWith($"llama at {model.BaseUrl} answered in "));
            Assert.That(model.Requests, Has.Count.EqualTo(2), "one for each that has an address and a model, and none without models");
            Assert.That(without.Output, Does.Not.Contain("\"model local\""));
            Assert.That(output + error, Does.Not.Contain("canary"));
        });
    }

    [Test]
    public async Task Every_missing_thing_comes_with_its_remedy_and_no_key_is_printed()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string>
        {
            ["DOCKER_HOST"] = $"unix://{folder["nowhere.sock"]}",
            ["TEMPORAL_ADDRESS"] = "127.0.0.1:9",
            ["SPARK_WORKER"] = folder["no-worker"],
            ["OPENAI_API_KEY"] = "sk-canary",
        };

        var (code, output, error) = await SparkProcess.RunAsync(["doctor", "--json"], folder.Path, environment);
        var findings = JsonDocument.Parse(output).RootElement.EnumerateArray().ToList();
        var missing = findings.Where(finding => finding.GetProperty("verdict").GetString() == "missing").ToList();

        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(missing.Select(finding => finding.GetProperty("check").GetString()), Is.EquivalentTo(new[] { "docker", "worker", "server" }));
        Assert.That(missing.Select(finding => finding.GetProperty("remedy").GetString()), Has.All.Not.Empty);
        Assert.That(output + error, Does.Not.Contain("canary"));
    }
}
