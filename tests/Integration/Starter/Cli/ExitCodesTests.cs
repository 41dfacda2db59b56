using System.Diagnostics;
using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Tests.Starter.Cli;

/// <summary>What a script that calls <c>spark</c> relies on.</summary>
[Category("Server")]
public sealed class ExitCodesTests
{
    [TestCase(0, "doctor --help")]
    [TestCase(0, "runs list --limit 1")]
    [TestCase(1, "runs show nothing")]
    [TestCase(2, "runs show")]
    [TestCase(2, "no-such-command")]
    [TestCase(2, "skills run --tasks-dir . --api-key x")]
    public async Task They_are_those_that_are_written_down(int expected, string arguments)
    {
        var (code, _, error) = await SparkProcess.RunAsync(arguments.Split(' '), null, await TemporalServer.VariablesAsync());

        Assert.That(code, Is.EqualTo(expected), error);
    }

    [Test]
    public async Task Three_when_it_finished_without_success_and_130_when_interrupted_while_the_run_goes_on()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var gate = new TaskCompletionSource();
        deployment.World.Before = (call, _) => call == "packages.hint" ? gate.Task : Task.CompletedTask;
        deployment.World.Reply = (purpose, call, _) => purpose == LlmPurposes.Distill ? "no skill" : "Done.";
        var run = await deployment.Client.StartWorkflowAsync(
            (SkillGenerationWorkflow workflow) => workflow.RunAsync(new SkillGenerationInput
            {
                TaskDir = "/tasks/answer", Batch = "batch", ModelSlug = "fake", OutDir = deployment.OutDir,
            }),
            deployment.Options("skill"));
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;

        using var watching = SparkProcess.Start(["runs", "watch", run.Id, "--json"], null, variables);
        string printed;
        Temporalio.Client.WorkflowExecutionDescription described;
        try
        {
            // Not SIGINT: a test run in the background passes on that it is ignored. Both are handled alike.
            await watching.StandardError.ReadLineAsync();
            using (var kill = Process.Start("kill", ["-TERM", $"{watching.Id}"]))
            {
                await kill.WaitForExitAsync();
            }

            printed = await watching.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await watching.WaitForExitAsync();
            described = await run.DescribeAsync();
            await run.CancelAsync();
        }
        finally
        {
            // A gate that stays shut would keep the worker from stopping.
            watching.Kill();
            gate.SetResult();
        }

        var watched = await SparkProcess.RunAsync(["runs", "watch", run.Id], null, variables);

        Assert.Multiple(() =>
        {
            Assert.That(watching.ExitCode, Is.EqualTo(130));
            Assert.That(JsonDocument.Parse(printed).RootElement.GetProperty("error").GetProperty("exit_code").GetInt32(), Is.EqualTo(130));
            Assert.That(described.Status, Is.Not.EqualTo(Temporalio.Api.Enums.V1.WorkflowExecutionStatus.Canceled), "watching ended, not the run");
            Assert.That(watched.ExitCode, Is.EqualTo(3), watched.Error);
        });
    }
}
