using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;
using Temporalio.Common;
using Temporalio.Worker;

namespace Spark.Temporal.Tests.Starter.Runs;

/// <summary>A new run from a past attempt, what it shares with the old one, and what is kept of both.</summary>
[Category("Server")]
public sealed class RunsForkTests
{
    [Test]
    public async Task A_fork_goes_on_from_an_attempt_and_leaves_the_other_run_as_it_is()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.Reply = (purpose, call, _) => purpose switch
        {
            LlmPurposes.Reflect => Memos.With("- the file is /answer\n- the number is even", $"Strategy {call}.", call),
            LlmPurposes.Distill => Memos.Skill,
            _ => "Done.",
        };
        var failed = await deployment.World.VerdictAsync(0, 0, 2);
        deployment.World.Verification = _ => failed;
        var run = await deployment.Client.StartWorkflowAsync(
            (SkillGenerationWorkflow workflow) => workflow.RunAsync(new SkillGenerationInput
            {
                TaskDir = "/tasks/answer", Batch = "batch", ModelSlug = "fake", OutDir = deployment.OutDir, MaxAttempts = 3,
            }),
            deployment.Options("skill"));
        var original = await run.GetResultAsync();
        var before = Contents(original.ResultDir!);
        var snapshots = await run.QueryAsync(workflow => workflow.GetPdiHistory());
        var memo = Path.Combine(deployment.OutDir, "memo.md");
        File.WriteAllText(memo, Memos.With("- the file is /answer\n- the number is 42", "Write 42.", 2));

        deployment.World.Verification = _ => null;
        var forked = await SparkAsync(deployment, "runs", "fork", run.Id, "--from-attempt", "2", "--memo", memo, "--model", "other", "--json");
        Assert.That(forked.ExitCode, Is.Zero, forked.Error);
        var result = JsonDocument.Parse(forked.Output).RootElement;
        var fork = deployment.Client.GetWorkflowHandle<SkillGenerationWorkflow>($"{run.Id}/fork-1");
        var progress = await fork.QueryAsync(workflow => workflow.GetProgress());
        var records = await fork.QueryAsync(workflow => workflow.GetRecords());
        var last = await deployment.Store.ReadJsonAsync<AttemptRecord>(records[^1].Record, CancellationToken.None);
        var instruction = (await deployment.Store.ReadConversationAsync(last.Instruction!, CancellationToken.None))[^1].Content;
        var attempts = JsonDocument.Parse(File.ReadAllText(Path.Combine(result.GetProperty("result_dir").GetString()!, "attempts.json"))).RootElement;

        Assert.Multiple(() =>
        {
            Assert.That(result.GetProperty("status").GetString(), Is.EqualTo("passed"));
            Assert.That(result.GetProperty("forked_from").GetString(), Is.EqualTo(run.Id));
            Assert.That(progress.Attempts.Select(attempt => attempt.Outcome), Is.EqualTo(new[] { Outcome.Fail, Outcome.Fail, Outcome.Pass }));
            Assert.That(progress.Attempts[2].Intervention, Is.EqualTo(snapshots[1].Level), "the index is the other run's");
            Assert.That(instruction, Does.Contain("the number is 42").And.Not.Contain("Strategy 2."), "the memo given stands in place of the old one");
            Assert.That(attempts.GetProperty("forked_from").GetProperty("attempt").GetInt32(), Is.EqualTo(2));
            Assert.That(attempts.GetProperty("attempts").GetArrayLength(), Is.EqualTo(3));
            Assert.That(result.GetProperty("result_dir").GetString(), Does.Contain("/forks/").And.EndWith("-1/skills_gen_result/other/answer"));
            Assert.That(Contents(original.ResultDir!), Is.EqualTo(before), "the other run's results are untouched");
        });

        var shown = await SparkAsync(deployment, "runs", "show", run.Id, "--json");
        var shownFork = await SparkAsync(deployment, "runs", "show", $"{run.Id}/fork-1", "--json");
        Assert.That(JsonDocument.Parse(shown.Output).RootElement.GetProperty("forks")[0].GetProperty("id").GetString(), Is.EqualTo($"{run.Id}/fork-1"));
        Assert.That(JsonDocument.Parse(shownFork.Output).RootElement.GetProperty("forked_from").GetString(), Is.EqualTo(run.Id));

        var diff = await SparkAsync(deployment, "runs", "diff", run.Id, $"{run.Id}/fork-1");
        Assert.That(diff.Output, Does.Contain("model_slug: \"fake\" -> \"other\"").And.Contain("- 3  fail").And.Contain("+ 3  pass")
            .And.Contain("- - the number is even").And.Contain("+ - the number is 42"), diff.Error);
        var same = await SparkAsync(deployment, "runs", "diff", run.Id, run.Id, "--json");
        Assert.That(JsonDocument.Parse(same.Output).RootElement.GetProperty("settings").GetArrayLength(), Is.Zero);

        await ExportsAsync(deployment, run.Id);

        var none = await SparkAsync(deployment, "runs", "fork", run.Id, "--from-attempt", "9");
        var passed = await SparkAsync(deployment, "runs", "fork", $"{run.Id}/fork-1", "--from-attempt", "3");
        File.WriteAllText(memo, "no memo");
        var wrong = await SparkAsync(deployment, "runs", "fork", run.Id, "--from-attempt", "1", "--memo", memo);
        Assert.Multiple(() =>
        {
            Assert.That((none.ExitCode, none.Error), Is.EqualTo((2, $"spark: run '{run.Id}' has no finished attempt 9; it has 1 to 3\n")));
            Assert.That(passed.Error, Does.Contain("passed, so there is nothing to try again"));
            Assert.That(wrong.Error, Does.Contain("is not a memo: it needs the heading"));
        });
    }

    private static async Task ExportsAsync(FakeDeployment deployment, string id)
    {
        using var folder = new TemporaryFolder();
        var exported = await SparkAsync(deployment, "runs", "export", id, "--out", folder["export"], "--json");
        Assert.That(exported.ExitCode, Is.Zero, exported.Error);
        var said = JsonDocument.Parse(exported.Output).RootElement;
        var artifacts = Directory.GetFiles(folder["export/artifacts"]);
        var histories = Directory.GetFiles(folder["export/history"]);
        var replayed = await new WorkflowReplayer(new WorkflowReplayerOptions
        {
            DataConverter = deployment.Client.Options.DataConverter,
        }.AddWorkflow<SkillGenerationWorkflow>()).ReplayWorkflowAsync(
            WorkflowHistory.FromJson(id, File.ReadAllText(histories.Single(file => !file.Contains(".attempt-", StringComparison.Ordinal)))), throwOnReplayFailure: false);

        Assert.Multiple(() =>
        {
            Assert.That(said.GetProperty("histories").GetInt32(), Is.EqualTo(4).And.EqualTo(histories.Length), "the run and three attempts");
            Assert.That(said.GetProperty("artifacts").GetInt32(), Is.EqualTo(artifacts.Length).And.GreaterThan(20));
            Assert.That(artifacts.Where(file => Sha256(file) != Path.GetFileNameWithoutExtension(file)), Is.Empty, "each is what its name says");
            Assert.That(File.Exists(folder["export/results/attempts.json"]));
            Assert.That(JsonDocument.Parse(File.ReadAllText(folder["export/run.json"])).RootElement.GetProperty("run").GetProperty("id").GetString(), Is.EqualTo(id));
            Assert.That(replayed.ReplayFailure, Is.Null, "an exported history replays");
        });
    }

    private static string Sha256(string file) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)));

    private static Dictionary<string, string> Contents(string folder) =>
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, File.ReadAllText);

    private static async Task<(int ExitCode, string Output, string Error)> SparkAsync(FakeDeployment deployment, params string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
