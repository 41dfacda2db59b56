using System.Text.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Starter.Batches;

/// <summary>What is tried before a run starts, around made-up models.</summary>
[Category("Server")]
public sealed class PreflightTests
{
    [Test]
    public async Task A_model_that_refuses_starts_nothing_and_each_of_several_is_named()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Probe = model => throw new ApplicationFailureException($"http://fake/v1 answered 401 for model '{model.Name}': Incorrect key.", FailureTypes.ModelUnauthorized, nonRetryable: true);
        var tasks = Tasks(deployment);

        var skills = await SparkAsync(deployment, ["skills", "run", "--tasks-dir", tasks, "--out", deployment.OutDir, "--model", "small", "--summary-model", "large", "--json"]);
        var oracle = await SparkAsync(deployment, ["trial", "run", Path.Combine(tasks, "one"), "--out", deployment.OutDir, "--agent", "nop"]);

        Assert.Multiple(() =>
        {
            Assert.That(skills.ExitCode, Is.EqualTo(1), skills.Error);
            var words = JsonDocument.Parse(skills.Output).RootElement.GetProperty("error").GetProperty("message").GetString();
            Assert.That(words, Does.Contain("model small (profile default): http://fake/v1 answered 401 for model 'small': Incorrect key.\n    set the right key in the worker's environment"));
            Assert.That(words, Does.Contain("model large (profile default): http://fake/v1 answered 401 for model 'large'"));
            Assert.That(words, Does.EndWith("Nothing was started. --no-preflight starts without these checks."));
            Assert.That(deployment.World.Probes.Select(model => model.Name), Is.EquivalentTo(new[] { "small", "large" }), "an agent without a model asks none");
            Assert.That(oracle.ExitCode, Is.Not.EqualTo(1), oracle.Error);
            Assert.That(deployment.World.Calls.Where(call => call.StartsWith("llm:", StringComparison.Ordinal)), Is.Empty);
        });
    }

    [Test]
    public async Task A_first_request_that_cannot_fit_starts_nothing_and_names_the_setting()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Probe = model => new ModelProbe(model.Name!, "http://fake/v1", 1) { ContextTokens = model.Name == "small" ? 4_096 : 128_000 };
        var task = Path.Combine(Tasks(deployment), "one");
        File.WriteAllText(Path.Combine(task, "instruction.md"), new string('x', 40_000));

        var trial = await SparkAsync(deployment, ["trial", "run", task, "--out", deployment.OutDir, "--model", "small"]);
        var skills = await SparkAsync(deployment, ["skills", "run", "--tasks-dir", Path.GetDirectoryName(task)!, "--out", deployment.OutDir, "--model", "small"]);
        var large = await SparkAsync(deployment, ["trial", "run", task, "--out", deployment.OutDir, "--model", "large"]);

        Assert.Multiple(() =>
        {
            Assert.That(trial.ExitCode, Is.EqualTo(1), trial.Error);
            Assert.That(trial.Error, Does.Contain("model small (profile default): the first request of task 'one' has about").And.Contain("a context of 4096\n    set Llm:Profiles:default:ContextTokens"));
            Assert.That(skills.ExitCode, Is.EqualTo(1), skills.Error);
            Assert.That(large.ExitCode, Is.Not.EqualTo(1), large.Error);
        });
    }

    [Test]
    public async Task A_budget_in_dollars_on_a_model_without_a_price_starts_nothing_and_one_in_tokens_starts()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Probe = model => new ModelProbe(model.Name!, "http://fake/v1", 1) { Unpriced = true };
        string[] run = ["skills", "run", "--tasks-dir", Tasks(deployment), "--out", deployment.OutDir, "--model", "house-model"];

        var dollars = await SparkAsync(deployment, [.. run, "--budget-usd", "5"]);
        var batchDollars = await SparkAsync(deployment, [.. run, "--batch-budget-usd", "5"]);
        var before = deployment.World.Calls.Count;
        var tokens = await SparkAsync(deployment, [.. run, "--budget-tokens", "50000"]);

        Assert.Multiple(() =>
        {
            Assert.That(dollars.ExitCode, Is.EqualTo(1), dollars.Error);
            Assert.That(dollars.Error, Does.Contain("model house-model (profile default): nobody knows what it costs").And.Contain("Llm:Prices:0:Model=house-model").And.Contain("budget in tokens"));
            Assert.That(batchDollars.ExitCode, Is.EqualTo(1), batchDollars.Error);
            Assert.That(before, Is.Zero);
            Assert.That(tokens.ExitCode, Is.Not.EqualTo(1), tokens.Error);
        });
    }

    [Test]
    public async Task A_profile_that_no_worker_serves_is_said_within_its_patience()
    {
        await using var deployment = await FakeDeployment.StartAsync();

        var (code, _, error) = await SparkAsync(deployment, ["trial", "run", Path.Combine(Tasks(deployment), "one"), "--out", deployment.OutDir, "--model", "absent::gpt"]);

        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(error, Does.Contain("model gpt (profile absent): no worker took the probe within 15 s\n    start a spark-worker that serves the profile"));
    }

    [Test]
    public async Task A_command_without_any_worker_says_so()
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = $"{Guid.NewGuid():n}-";
        using var folder = new TemporaryFolder();

        var (code, _, error) = await SparkProcess.RunAsync(
            ["skills", "run", "--tasks-dir", BatchFiles.Tasks(folder["tasks"], "one"), "--out", folder["out"], "--model", "gpt"], folder.Path, variables);

        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(error, Does.Contain("no worker runs workflows (queue ").And.Contain("--no-preflight"));
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_starts_nothing()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var tasks = Tasks(deployment);
        var file = Path.Combine(deployment.OutDir, "a-file");
        File.WriteAllText(file, "");

        var (code, _, error) = await SparkAsync(deployment, ["skills", "run", "--tasks-dir", tasks, "--out", Path.Combine(file, "out"), "--model", "gpt"]);

        Assert.That(code, Is.EqualTo(1), error);
        Assert.That(error, Does.Contain($"the worker cannot write to {file}/out: "));
        Assert.That(deployment.World.Calls, Is.Empty);
    }

    [Test]
    public async Task A_throttled_model_is_noted_and_a_batch_that_runs_is_not_tried_again()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Probe = model => new ModelProbe(model.Name!, "http://fake/v1", 1) { Throttled = "http://fake/v1 answered 429: slow down." };
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "llm:agent" ? gate.Task : Task.CompletedTask;
        var name = Domain.Texts.PlainText.Slug($"{deployment.Prefix}batch");
        string[] run = ["skills", "run", "--tasks-dir", Tasks(deployment), "--out", deployment.OutDir, "--model", "gpt", "--batch", name, "--detach"];

        var first = await SparkAsync(deployment, run);
        var again = await SparkAsync(deployment, run);
        await deployment.Client.GetWorkflowHandle($"batch/{name}").TerminateAsync();
        gate.SetResult();

        Assert.Multiple(() =>
        {
            Assert.That(first.ExitCode, Is.Zero, first.Error);
            Assert.That(first.Error, Does.Contain("Model gpt (profile default) gets too many requests at the moment; the run will wait its turn. http://fake/v1 answered 429: slow down.\n"));
            Assert.That(again.ExitCode, Is.Zero, again.Error);
            Assert.That(deployment.World.Probes, Has.Count.EqualTo(1));
            Assert.That(Directory.EnumerateFiles(deployment.OutDir, ".spark-probe*"), Is.Empty);
        });
    }

    private static string Tasks(FakeDeployment deployment) => BatchFiles.Tasks(Path.Combine(deployment.OutDir, "tasks"), "one");

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
