using System.Text.Json;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Configuration;

/// <summary><c>spark.toml</c> as a user meets it.</summary>
public sealed class SparkTomlTests
{
    private const string Settings =
        """
        [defaults]
        model = "cheap::small"
        out = "results"

        [skills.run]
        tasks-dir = "tasks"
        max-retries = 5
        tasks = ["csv-*", "log-*"]
        pdi-observe-only = true
        model = "large"

        [tasks.create]
        max-revisions = 1
        """;

    [Test]
    public async Task Flags_stand_above_the_commands_own_table_and_that_above_the_defaults()
    {
        using var folder = Folder(Settings);

        var (code, output, error) = await SparkProcess.RunAsync(["skills", "run", "--max-retries", "2", "--print-config", "--json"], folder.Path);

        Assert.That(code, Is.Zero, error);
        var settings = JsonDocument.Parse(output).RootElement.EnumerateArray()
            .ToDictionary(setting => setting.GetProperty("option").GetString()!, setting => (
                Value: setting.TryGetProperty("value", out var value) ? value.ToString() : null, From: setting.GetProperty("from").GetString()!));
        var file = folder["spark.toml"];
        Assert.Multiple(() =>
        {
            Assert.That(settings["max-retries"], Is.EqualTo(("2", "command line")));
            Assert.That(settings["model"], Is.EqualTo(("large", $"{file}:10")));
            Assert.That(settings["out"], Is.EqualTo(("results", $"{file}:3")));
            Assert.That(settings["tasks"].Value, Is.EqualTo("[\n    \"csv-*\",\n    \"log-*\"\n  ]").Or.Contains("csv-*"));
            Assert.That(settings["pdi-observe-only"], Is.EqualTo(("True", $"{file}:9")));
            Assert.That(settings["pdi-method"], Is.EqualTo(("token_overlap", "default")));
            Assert.That(settings["summary-model"].Value, Is.Null);
        });
    }

    [Test]
    public async Task What_it_says_counts_when_a_command_runs()
    {
        using var folder = Folder("[skills.run]\ntasks-dir = 'none'\ndry-run = true");

        var (code, _, error) = await SparkProcess.RunAsync(["skills", "run"], folder.Path);

        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.StartWith($"spark: there is no folder '{folder["none"]}'"), "a required option may stand in the file");
    }

    [TestCase("[skills.run]\nmax-retires = 5", ":2: [skills.run] has no option 'max-retires'; did you mean 'max-retries'?")]
    [TestCase("[skill.run]\nmodel = 'x'", ": there is no command 'spark skill'; did you mean 'skills'?")]
    [TestCase("[defaults]\nmodle = 'x'", ":2: [defaults]: no command has an option 'modle'; did you mean 'model'?")]
    [TestCase("model = 'x'", ":1: 'model' is in no table; put it below [defaults]")]
    [TestCase("[defaults]\nmodel = ", ":2: ")]
    [TestCase("[skills.run]\nmodel = 2026-01-01", "'model' is a date or time; write a string")]
    [TestCase("[defaults]\napi-key = 'x'", "on a command line, other users and the shell")]
    public async Task What_is_wrong_in_it_is_named_with_its_line(string text, string message)
    {
        using var folder = Folder(text);

        var (code, output, error) = await SparkProcess.RunAsync(["skills", "run", "--tasks-dir", "x", "--json"], folder.Path);

        Assert.That((code, error), Is.EqualTo((2, error)));
        Assert.That(error, Does.Contain(message).And.Not.Contain("   at "));
        Assert.That(JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("exit_code").GetInt32(), Is.EqualTo(2));
    }

    [Test]
    public async Task Another_file_may_be_named_and_must_be_there()
    {
        using var folder = Folder("[defaults]\nnonsense = 1");
        File.WriteAllText(folder["other.toml"], "[runs.list]\nlimit = 3");

        var other = await SparkProcess.RunAsync(["runs", "list", "--config", "other.toml", "--print-config"], folder.Path);
        var missing = await SparkProcess.RunAsync(["runs", "list", "--config", "missing.toml"], folder.Path);

        Assert.That(other.Output, Does.Contain($"limit = 3  ({folder["other.toml"]}:2)").And.Contain("query = (none)  (default)"), other.Error);
        Assert.That((missing.ExitCode, missing.Error), Is.EqualTo((2, "spark: --config: there is no file 'missing.toml'\n")));
    }

    private static TemporaryFolder Folder(string settings)
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(folder["spark.toml"], settings);
        return folder;
    }
}
