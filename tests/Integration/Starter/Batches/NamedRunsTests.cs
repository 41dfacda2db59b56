using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Starter.Batches;

/// <summary>Names that are used again on the command line.</summary>
[Category("Server")]
public sealed class NamedRunsTests
{
    [Test]
    public async Task A_name_of_another_batch_is_refused_with_what_differs_while_it_runs_and_after_it()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var gate = new TaskCompletionSource();
        deployment.World.Reply = (purpose, _, _) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", "name: one", StringComparison.Ordinal) : "Done.";
        deployment.World.Before = (call, _) => call == "llm:agent" ? gate.Task : Task.CompletedTask;
        var name = Name(deployment);
        var (first, other) = (Tasks(deployment, "first", "one"), Tasks(deployment, "other", "two"));
        var started = await SparkAsync(deployment, [.. Run(deployment, first, name), "--detach"]);
        Assert.That(started.ExitCode, Is.Zero, started.Error);

        var running = await SparkAsync(deployment, [.. Run(deployment, other, name, "large"), "--json"]);
        gate.SetResult();
        var good = await SparkAsync(deployment, [.. Run(deployment, first, name), "--json"]);
        var over = await SparkAsync(deployment, Run(deployment, other, name));

        Assert.Multiple(() =>
        {
            Assert.That(running.ExitCode, Is.EqualTo(2), running.Error);
            var words = JsonDocument.Parse(running.Output).RootElement.GetProperty("error").GetProperty("message").GetString();
            Assert.That(words, Does.StartWith($"--batch {name} is the name of another batch (batch/{name}, running, started "));
            Assert.That(words, Does.Contain("\n  --model: there small, here large\n").And.Contain($"\n  --tasks-dir: there {first}, here {other}\n"));
            Assert.That(words, Does.EndWith("Choose another name with --batch, or give the options that it was started with."));
            Assert.That(good.ExitCode, Is.Zero, good.Error);
            Assert.That((over.ExitCode, over.Output), Is.EqualTo((2, "")), "the results are another batch's");
            Assert.That(over.Error, Does.Contain("completed").And.Contain($"--tasks-dir: there {first}, here {other}"));
            Assert.That(deployment.World.Count("llm:agent"), Is.EqualTo(1), "nothing was started or paid twice");
        });
    }

    [Test]
    public async Task A_batch_that_runs_is_told_to_try_again_and_what_it_does_not_take_is_said()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "llm:agent" ? gate.Task : Task.CompletedTask;
        var name = Name(deployment);
        var tasks = Tasks(deployment, "tasks", "one");
        await SparkAsync(deployment, [.. Run(deployment, tasks, name), "--detach"]);

        var again = await SparkAsync(deployment, [.. Run(deployment, tasks, name), "--parallelism", "7", "--batch-budget-usd", "3", "--detach"]);
        var quiet = await SparkAsync(deployment, [.. Run(deployment, tasks, name), "--detach"]);
        await deployment.Client.GetWorkflowHandle($"batch/{name}").TerminateAsync();
        gate.SetResult();

        var told = (await deployment.Client.GetWorkflowHandle($"batch/{name}").FetchHistoryAsync()).Events
            .Count(happened => happened.WorkflowExecutionSignaledEventAttributes?.SignalName == BatchSignals.TryAgain);
        Assert.Multiple(() =>
        {
            Assert.That((again.ExitCode, again.Output), Is.EqualTo((0, $"batch/{name}\n")), again.Error);
            Assert.That(again.Error, Does.Contain($"--parallelism does not change a batch that runs; change it with: spark runs parallelism batch/{name} 7\n"));
            Assert.That(again.Error, Does.Contain($"--batch-budget-usd does not change a batch that runs; change it with: spark runs budget batch/{name} --usd 3\n"));
            Assert.That(quiet.Error, Does.Not.Contain("does not change"));
            Assert.That(told, Is.EqualTo(2));
        });
    }

    [Test]
    public async Task A_terminated_batch_is_started_again_by_its_name_and_refused_under_other_options()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (purpose, _, _) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", "name: one", StringComparison.Ordinal) : "Done.";
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "llm:agent" ? gate.Task : Task.CompletedTask;
        var name = Name(deployment);
        var tasks = Tasks(deployment, "tasks", "one");
        await SparkAsync(deployment, [.. Run(deployment, tasks, name), "--detach"]);
        await Eventually.IsTrueAsync(() => Task.FromResult(deployment.World.Count("llm:agent") == 1), "it works");
        var batch = deployment.Client.GetWorkflowHandle($"batch/{name}");
        await batch.TerminateAsync();

        var other = await SparkAsync(deployment, [.. Run(deployment, tasks, name), "--max-retries", "2", "--detach"]);
        var again = await SparkAsync(deployment, [.. Run(deployment, tasks, name), "--detach"]);
        gate.SetResult();
        var followed = await SparkAsync(deployment, Run(deployment, tasks, name));

        Assert.Multiple(() =>
        {
            Assert.That(other.ExitCode, Is.EqualTo(2), other.Error);
            Assert.That(other.Error, Does.Contain("terminated").And.Contain("--max-retries: there 8, here 2"));
            Assert.That((again.ExitCode, followed.ExitCode), Is.EqualTo((0, 0)), again.Error + followed.Error);
            Assert.That(deployment.World.Count("llm:agent"), Is.EqualTo(1), "the run that went on meanwhile is not paid again");
        });
    }

    [Test]
    public async Task A_name_of_another_evaluation_is_refused_with_what_differs()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var name = Name(deployment);
        string[] run = ["eval", "run", "--tasks-dir", Tasks(deployment, "tasks", "one"), "--batch", name, "--out", deployment.OutDir, "--phases", "baseline", "--no-preflight"];
        deployment.World.Reply = (_, _, _) => "Done.";

        var first = await SparkAsync(deployment, [.. run, "--model", "small"]);
        var other = await SparkAsync(deployment, [.. run, "--model", "small", "--repeats", "2"]);
        var same = await SparkAsync(deployment, [.. run, "--model", "small", "--json"]);
        var calls = deployment.World.Count("llm:agent");
        var grown = await SparkAsync(deployment, [.. run, "--model", "small", "--repeats", "2", "--resume"]);
        var changed = await SparkAsync(deployment, [.. run, "--model", "small", "--repeats", "2", "--resume", "--agent", "nop"]);

        Assert.Multiple(() =>
        {
            Assert.That(first.ExitCode, Is.Zero, first.Error);
            Assert.That((other.ExitCode, other.Output), Is.EqualTo((2, "")));
            Assert.That(other.Error, Does.Contain($"--batch {name} is the name of another evaluation (eval/{name}, completed").And.Contain("--repeats: there 1, here 2"));
            Assert.That(same.ExitCode, Is.Zero, same.Error);
            Assert.That(calls, Is.EqualTo(1), "the same is not run twice");
            Assert.That((grown.ExitCode, deployment.World.Count("llm:agent")), Is.EqualTo((0, 2)), $"one more repeat is one more trial: {grown.Error}");
            Assert.That((changed.ExitCode, changed.Error), Is.EqualTo((2, changed.Error)));
            Assert.That(changed.Error, Does.Contain("--agent: there terminal, here nop"));
        });
    }

    private static string Name(FakeDeployment deployment) => Domain.Texts.PlainText.Slug($"{deployment.Prefix}batch");

    private static string Tasks(FakeDeployment deployment, string folder, params string[] names) => BatchFiles.Tasks(Path.Combine(deployment.OutDir, folder), names);

    private static string[] Run(FakeDeployment deployment, string tasks, string batch, string model = "small") =>
        ["skills", "run", "--tasks-dir", tasks, "--batch", batch, "--out", deployment.OutDir, "--model", model, "--no-preflight"];

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, params string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
