using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Tests.Workflows;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Starter.Batches;

/// <summary>Folders of which only a part can run: what does, and where the rest is told.</summary>
[Category("Server")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LeftOutTests : DeploymentFixture
{
    private string Name => PlainText.Slug($"{_deployment.Prefix}batch");

    private protected override void Prepare() =>
        World.Reply = (purpose, _, request) => purpose == LlmPurposes.Distill ? Memos.Skill.Replace("name: answer", $"name: {request.Task}", StringComparison.Ordinal) : "done";

    [Test]
    public async Task Skills_are_made_for_what_can_run_and_the_rest_is_in_output_summary_and_exit_code()
    {
        string[] run = ["skills", "run", "--tasks-dir", Tasks(), "--batch", Name, "--out", _deployment.OutDir, "--model", "small", "--no-preflight"];

        var text = await SparkAsync(run);
        var json = await SparkAsync([.. run, "--json"]);

        var entries = JsonDocument.Parse(json.Output).RootElement.EnumerateArray().ToList();
        using var summary = Summary("pipeline_summary.json");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((text.ExitCode, json.ExitCode), Is.EqualTo((3, 3)), text.Error);
            Assert.That(text.Error, Does.Contain("Left out: 14 tasks cannot run: 1 unreadable, 13 unsupported. 1 run."));
            Assert.That(text.Output, Does.Contain("1 of 1 tasks have a skill").And.Contain("\nleft out: 14 tasks cannot run: 1 unreadable, 13 unsupported\n"));
            Assert.That(entries.Select(entry => $"{entry.GetProperty("status")}").Distinct(), Is.EqualTo(new[] { "passed", "left_out" }));
            Assert.That(entries.Skip(1).Select(entry => $"{entry.GetProperty("class")}"), Has.Exactly(1).EqualTo("unreadable").And.Exactly(13).EqualTo("unsupported"), "all of them, not only the first");
            Assert.That(LeftOut(summary), Is.EqualTo(new[] { "unreadable 1 broken", "unsupported 13 gpu-01+gpu-02+gpu-03+gpu-04+gpu-05+gpu-06+gpu-07+gpu-08+gpu-09+gpu-10+gpu-11+gpu-12+gpu-13" }));
            Assert.That(summary.RootElement.GetProperty("total").GetInt32(), Is.EqualTo(1));
        }
    }

    [Test]
    public async Task An_evaluation_is_complete_without_what_cannot_run_and_says_it_in_every_place()
    {
        string[] run = ["eval", "run", "--tasks-dir", Tasks(), "--batch", Name, "--out", _deployment.OutDir, "--agent", "nop", "--phases", "baseline", "--no-preflight"];

        var text = await SparkAsync(run);
        var json = await SparkAsync([.. run, "--json"]);
        var folder = Path.Combine(_deployment.OutDir, "skills_eval_result", "nop", Name);
        var shown = await SparkAsync("eval", "show", folder);
        var data = await SparkAsync("eval", "show", folder, "--json");

        using var summary = Summary(Path.Combine("skills_eval_result", "nop", Name, "summary.json"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((text.ExitCode, json.ExitCode, shown.ExitCode), Is.EqualTo((3, 3, 0)), text.Error);
            Assert.That(summary.RootElement.GetProperty("complete").GetBoolean(), Is.True);
            Assert.That(LeftOut(summary).Select(left => left.Split(' ')[0]), Is.EqualTo(new[] { "unreadable", "unsupported" }));
            Assert.That(text.Output, Does.Contain("left out: 14 tasks cannot run: 1 unreadable, 13 unsupported\n"));
            Assert.That(shown.Output, Does.Contain("left out: 14 tasks cannot run"));
            Assert.That(JsonDocument.Parse(json.Output).RootElement.GetProperty("left_out")[1].GetProperty("names").GetArrayLength(), Is.EqualTo(13), "all names");
            Assert.That(JsonDocument.Parse(data.Output).RootElement[0].GetProperty("left_out").GetArrayLength(), Is.EqualTo(2));
            Assert.That(File.ReadAllText(Path.Combine(folder, "report.md")), Does.Contain("14 tasks cannot run: 1 unreadable, 13 unsupported; they were left out"));
        }
    }

    [Test]
    public async Task What_is_started_and_left_says_it_at_once_and_tasks_can_be_added()
    {
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call == "llm:agent" ? gate.Task : Task.CompletedTask;
        var more = BatchFiles.Tasks(Path.Combine(_deployment.OutDir, "more"), "later", "lame");
        File.WriteAllText(Path.Combine(more, "lame", "instruction.md"), "");

        var started = await SparkAsync("skills", "run", "--tasks-dir", Tasks(), "--batch", Name, "--out", _deployment.OutDir, "--model", "small", "--no-preflight", "--detach", "--json");
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("llm:agent") == 1), "it works");
        var strict = await SparkAsync("runs", "add", $"batch/{Name}", "--tasks-dir", more, "--strict");
        var added = await SparkAsync("runs", "add", $"batch/{Name}", "--tasks-dir", more, "--json");
        gate.SetResult();
        var result = await _deployment.Client.GetWorkflowHandle($"batch/{Name}").GetResultAsync<BatchResult>();

        using var summary = Summary("pipeline_summary.json");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((started.ExitCode, strict.ExitCode, added.ExitCode), Is.EqualTo((3, 2, 3)), added.Error);
            Assert.That(JsonDocument.Parse(started.Output).RootElement.GetProperty("left_out").GetArrayLength(), Is.EqualTo(2));
            Assert.That(JsonDocument.Parse(added.Output).RootElement[0].GetProperty("left_out")[0].GetProperty("names")[0].GetString(), Is.EqualTo("lame"));
            Assert.That(result.Counts.Total, Is.EqualTo(2));
            Assert.That(result.LeftOut!.Sum(left => left.Count), Is.EqualTo(15));
            Assert.That(result.LeftOut!.Select(left => left.Names.Count), Is.All.AtMost(10), "a message does not grow with the folder");
            Assert.That(LeftOut(summary).Select(left => left.Split(' ')[0]), Is.EquivalentTo(new[] { "unreadable", "unsupported", "incomplete" }));
        }
    }

    /// <summary>One that can run, one that does not parse and thirteen that need GPUs.</summary>
    private string Tasks()
    {
        var folder = BatchFiles.Tasks(Path.Combine(_deployment.OutDir, "given"), ["one", "broken", .. Enumerable.Range(1, 13).Select(number => $"gpu-{number:00}")]);
        File.WriteAllText(Path.Combine(folder, "broken", "task.toml"), "= =");
        foreach (var task in Directory.EnumerateDirectories(folder, "gpu-*"))
        {
            File.WriteAllText(Path.Combine(task, "task.toml"), "version = \"1.0\"\n[environment]\ngpus = 1\n");
        }

        return folder;
    }

    private JsonDocument Summary(string file) => JsonDocument.Parse(File.ReadAllText(Path.Combine(_deployment.OutDir, file)));

    private static IEnumerable<string> LeftOut(JsonDocument summary) => summary.RootElement.GetProperty("left_out").EnumerateArray().Select(left =>
        $"{left.GetProperty("class")} {left.GetProperty("count")} {string.Join('+', left.GetProperty("names").EnumerateArray())}");

    private async Task<(int ExitCode, string Output, string Error)> SparkAsync(params string[] arguments)
    {
        var variables = await TemporalServer.VariablesAsync();
        variables["SPARK_QUEUE_PREFIX"] = _deployment.Prefix;
        return await SparkProcess.RunAsync(arguments, null, variables);
    }
}
