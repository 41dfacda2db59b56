using System.Text.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Starter.Models;

/// <summary><c>spark models show</c>, around a made-up worker.</summary>
[Category("Server")]
public sealed class ModelsShowTests
{
    private static readonly ModelHabit Habit = new(
        "no-tools", "no tools are offered", "gemma does not support tools", new DateTimeOffset(2026, 11, 28, 9, 30, 0, TimeSpan.Zero));

    [Test]
    public async Task It_shows_limits_and_habits_with_the_words_that_taught_them()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var asked = new List<ModelDescriptionRequest>();
        deployment.World.Describe = request =>
        {
            asked.Add(request);
            return new ModelDescription
            {
                Profile = request.Model.Profile, Model = request.Model.Name!, BaseUrl = "http://fake/v1", Api = "chat (auto)", KeyVariable = "FAKE_KEY",
                ContextTokens = 32_768, Habits = [Habit],
            };
        };

        var (code, output, error) = await SparkAsync(deployment, ["models", "show", "--model", "gemma"]);
        var json = await SparkAsync(deployment, ["models", "show", "default", "--model", "gemma", "--json"]);

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero, error);
            Assert.That(output, Does.StartWith("gemma  (profile default)\n").And.Contain("http://fake/v1").And.Contain("FAKE_KEY (not set)").And.Contain("32,768 tokens"));
            Assert.That(output, Does.Contain("    no-tools: no tools are offered\n      2026-11-28 09:30 UTC: gemma does not support tools\n"));
            Assert.That(JsonDocument.Parse(json.Output).RootElement.GetProperty("habits")[0].GetProperty("name").GetString(), Is.EqualTo("no-tools"));
            Assert.That(asked.Select(request => (request.Model.Profile, request.Model.Name, request.Forget)), Is.All.EqualTo(("default", "gemma", (string?)null)));
            Assert.That(deployment.World.Calls, Is.Empty, "nothing else is asked of the workers");
            Assert.That(deployment.World.Probes, Is.Empty, "and nothing of the model");
        });
    }

    [Test]
    public async Task A_habit_is_forgotten_by_its_name_and_an_unknown_one_is_said()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Describe = request => new ModelDescription
        {
            Profile = "default", Model = "gemma", BaseUrl = "http://fake/v1", Api = "auto", KeyVariable = "K",
            Habits = request.Forget == Habit.Name ? [] : [Habit], Forgotten = request.Forget == Habit.Name ? [Habit.Name] : [],
        };

        var forgotten = await SparkAsync(deployment, ["models", "show", "--forget", "no-tools"]);
        var unknown = await SparkAsync(deployment, ["models", "show", "--forget", "no-tool"]);

        Assert.That((forgotten.ExitCode, unknown.ExitCode), Is.EqualTo((0, 2)), forgotten.Error);
        Assert.That(forgotten.Output, Does.Contain("forgotten no-tools").And.Contain("habits    none"));
        Assert.That(unknown.Error, Does.Contain("there is no habit 'no-tool' of gemma; it has no-tools"));
    }

    [Test]
    public async Task An_unknown_profile_says_what_the_worker_says()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Describe = _ => throw new ApplicationFailureException("No model is named.", FailureTypes.InvalidInput, nonRetryable: true);

        var (code, _, error) = await SparkAsync(deployment, ["models", "show"]);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("model profile default: No model is named."));
    }

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
