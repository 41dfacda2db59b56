using System.Text.Json;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.EndToEnd.Bench;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>
/// Ten tasks, three arms, three repeats, in a worker process that is killed three times: the product's workflows, model
/// client and records, a scripted model, and a sandbox that does nothing, so that it is quick.
/// </summary>
[Category("Server")]
[Category("Slow")]
public sealed class EvaluationKillTests
{
    private const string Script =
        """
        attempts:
          - turns:
              - say: I write the number.
                run: echo 42 > /answer
            done: It is written.
        """;

    [Test]
    public async Task Ninety_trials_survive_three_kills_with_the_same_summary()
    {
        using var folder = new TemporaryFolder();
        folder.Write("scripts/any-task.yaml", Script);
        await using var model = ScriptedModelServer.Start(folder["scripts"], delay: TimeSpan.FromMilliseconds(50));
        var undisturbed = await RunAsync(folder, "undisturbed", model, killAt: []);

        var killed = await RunAsync(folder, "killed", model, killAt: [10, 40, 70]);

        Assert.Multiple(() =>
        {
            Assert.That(undisturbed.Complete, Is.True);
            Assert.That(undisturbed.Trials, Has.Count.EqualTo(90));
            Assert.That(undisturbed.Trials.Select(trial => trial.Reward), Is.EqualTo(undisturbed.Trials.Select(trial => NoOpSandbox.RewardOf(trial.WorkflowId))));
            Assert.That(Comparable(killed), Is.EqualTo(Comparable(undisturbed)));
            Assert.That(model.RequestsByKey.Values.Count(times => times > 1), Is.LessThanOrEqualTo(3 * Parallelism), "only requests in flight are sent again");
        });
    }

    private const int Parallelism = 8;

    private static async Task<EvaluationSummary> RunAsync(TemporaryFolder folder, string name, ScriptedModelServer model, int[] killAt)
    {
        var client = await TemporalServer.NewNamespaceAsync();
        var variables = new Dictionary<string, string>
        {
            ["TEMPORAL_ADDRESS"] = client.Connection.Options.TargetHost!,
            ["TEMPORAL_NAMESPACE"] = client.Options.Namespace,
            ["OPENAI_BASE_URL"] = model.BaseAddress.ToString(),
            ["OPENAI_API_KEY"] = "no-key-is-needed-7f3a",
            ["OPENAI_MODEL"] = ScriptedModel.Name,
        };
        var input = Input(folder, name);
        var worker = await BenchWorker.StartAsync(folder[name], variables);
        try
        {
            var run = await client.StartWorkflowAsync(
                (EvaluationWorkflow workflow) => workflow.RunAsync(input), new WorkflowOptions(WorkflowIds.Evaluation(input.Batch), TaskQueues.Workflows));
            foreach (var ended in killAt)
            {
                await Eventually.IsTrueAsync(async () => await EndedAsync(run) >= ended, $"{ended} trials ended", TimeSpan.FromMinutes(3));

                // Disposing is kill -9: nothing is said to the worker before.
                worker.Dispose();
                worker = await BenchWorker.StartAsync(folder[name], variables);
            }

            await run.GetResultAsync().WaitAsync(TimeSpan.FromMinutes(5));
            await worker.StopAsync();
        }
        finally
        {
            worker.Dispose();
        }

        return JsonSerializer.Deserialize<EvaluationSummary>(
            await File.ReadAllTextAsync(folder[$"out/{name}/skills_eval_result/scripted/ninety/summary.json"]), SparkJson.Options)!;
    }

    private static EvaluationInput Input(TemporaryFolder folder, string name)
    {
        string[] tasks = [.. Enumerable.Range(1, 10).Select(task => $"task-{task}")];
        foreach (var task in tasks)
        {
            folder.Write($"skills/scripted/{task}/SKILL.md", $"---\nname: {task}\ndescription: How to do it.\n---\n\nDo it.\n");
            folder.Write($"human/{task}/by-hand/SKILL.md", "---\nname: by-hand\ndescription: How we do it.\n---\n\nDo it.\n");
        }

        return new EvaluationInput
        {
            Batch = "ninety",
            Source = new BatchSource { TasksDir = BatchFiles.Tasks(folder["tasks"], tasks) },
            Students = [new EvaluationStudent("scripted", new ModelChoice())],
            Arms =
            [
                new EvaluationArm { Name = EvaluationArm.Baseline },
                new EvaluationArm { Name = EvaluationArm.Generated, Source = SkillSource.Generated, Root = folder["skills"] },
                new EvaluationArm { Name = EvaluationArm.Human, Source = SkillSource.Human, Root = folder["human"] },
            ],
            Repeats = 3,
            Parallelism = Parallelism,
            OutDir = folder[$"out/{name}"],
        };
    }

    private static async Task<int> EndedAsync(WorkflowHandle<EvaluationWorkflow, EvaluationResult> run)
    {
        try
        {
            return (await run.QueryAsync(workflow => workflow.GetProgress())).Window.Counts.Ended;
        }
        catch (Exception away) when (away is RpcException or WorkflowQueryFailedException)
        {
            return 0;
        }
    }

    /// <summary>All of it but when things happened, how long they took, and where they were written.</summary>
    private static string Comparable(EvaluationSummary summary) => JsonSerializer.Serialize(
        summary with
        {
            StartedAt = default,
            FinishedAt = default,
            Sums = [.. summary.Sums.Select(sums => sums with { MedianDurationMs = 0 })],
            Trials = [.. summary.Trials.Select(trial => trial with { StartedAt = default, FinishedAt = default, AgentMs = 0, DurationMs = 0, TrialDir = null })],
        },
        SparkJson.Options);
}
