using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Starter.Models;

public sealed class ModelsCommandsTests
{
    [Test]
    public async Task The_profiles_are_listed_with_context_price_and_where_that_is_from()
    {
        using var folder = new TemporaryFolder();
        var variables = new Dictionary<string, string>
        {
            ["SPARK_WORKER"] = typeof(Telemetry).Assembly.Location,
            ["SPARK_LLM__PROFILES__known__BASE_URL"] = "https://api.openai.com/v1",
            ["SPARK_LLM__PROFILES__known__MODEL"] = "gpt-5.4",
            ["SPARK_LLM__PROFILES__own__BASE_URL"] = "http://localhost:8000/v1",
            ["SPARK_LLM__PROFILES__own__MODEL"] = "house-model",
            ["SPARK_LLM__PROFILES__priced__BASE_URL"] = "http://localhost:8000/v1",
            ["SPARK_LLM__PROFILES__priced__MODEL"] = "priced-model",
            ["SPARK_LLM__PROFILES__priced__CONTEXT_TOKENS"] = "32000",
            ["SPARK_LLM__PRICES__0__MODEL"] = "priced-*",
            ["SPARK_LLM__PRICES__0__PROMPT"] = "0.5",
            ["SPARK_LLM__PRICES__0__COMPLETION"] = "2",
        };

        var (code, printed, error) = await SparkProcess.RunAsync(["models", "list", "--json"], folder.Path, variables);
        var text = await SparkProcess.RunAsync(["models", "list"], folder.Path, variables);

        Assert.That(code, Is.Zero, error);
        var profiles = JsonDocument.Parse(printed).RootElement.EnumerateArray().ToDictionary(profile => profile.GetProperty("profile").GetString()!);
        Assert.Multiple(() =>
        {
            Assert.That(profiles["known"].GetProperty("context_tokens").GetInt32(), Is.EqualTo(1_050_000));
            Assert.That(profiles["known"].GetProperty("price").GetProperty("output").GetDouble(), Is.EqualTo(15));
            Assert.That(profiles["known"].GetProperty("above")[0].GetProperty("prompt_tokens").GetInt32(), Is.EqualTo(272_000));
            Assert.That(profiles["known"].GetProperty("price_from").GetString(), Does.StartWith("models.dev, 2026-"));
            Assert.That(profiles["own"].TryGetProperty("price", out _), Is.False);
            Assert.That(profiles["own"].GetProperty("context_tokens").GetInt32(), Is.EqualTo(128_000));
            Assert.That((profiles["priced"].GetProperty("price_from").GetString(), profiles["priced"].GetProperty("context_tokens").GetInt32()), Is.EqualTo(("settings", 32_000)));
            Assert.That(text.Output, Does.Contain("unpriced").And.Contain("house-model"), text.Error);
        });
    }

    [Test]
    public async Task The_whole_table_is_listed_with_source_and_date()
    {
        var (code, printed, error) = await SparkProcess.RunAsync(["models", "list", "--all", "--json"]);
        var text = await SparkProcess.RunAsync(["models", "list", "--all"]);

        Assert.That(code, Is.Zero, error);
        Assert.That(JsonDocument.Parse(printed).RootElement.GetProperty("models").GetArrayLength(), Is.GreaterThan(80));
        Assert.That(text.Output, Does.Contain("gpt-5.1-codex-max").And.Contain(">272k: 5.00").And.Contain("as of 2026-"));
    }

    [Test]
    [Category("Server")]
    public async Task A_test_prints_what_works_and_what_a_turn_costs()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var works = await SparkAsync(deployment, ["models", "test", "default", "--model", "gpt", "--json"]);
        deployment.World.Test = model => new ModelTest
        {
            Profile = model.Profile,
            Model = model.Name!,
            BaseUrl = "http://fake/v1",
            Steps =
            [
                new ModelTestStep("tool call", true, "cat password.txt", new TokenUsage(1200, 10) { Unpriced = true }, 1500),
                new ModelTestStep("schema", false, "$.findings: is missing"),
            ],
            Learned = [new ModelHabit("no-schema", "asks without a schema", "response_format is not supported", DateTimeOffset.UnixEpoch)],
            Usage = new TokenUsage(1200, 10) { Unpriced = true },
        };
        var fails = await SparkAsync(deployment, ["models", "test", "default", "--model", "gpt"]);

        Assert.Multiple(() =>
        {
            Assert.That(works.ExitCode, Is.Zero, works.Error);
            Assert.That(fails.ExitCode, Is.EqualTo(3), fails.Error);
            Assert.That(fails.Output, Does.Contain("tool call    works  cat password.txt").And.Contain("1,200 + 10 tokens, unpriced, 1.5 s").And.Contain("schema       fails  $.findings: is missing"));
            Assert.That(fails.Output, Does.Contain("learned      no-schema: asks without a schema").And.Contain("a turn like these costs unpriced").And.Contain("Llm:Prices:0:Model=gpt"));
        });
    }

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
