using System.Text.Json;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>The demo's evaluation by the command: real containers, a scripted model that reads the skills it is offered.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
public sealed class EvaluationTests
{
    [Test]
    public async Task Generated_skills_help_on_every_task_and_a_human_one_harms_the_receipts()
    {
        Requires.Docker();
        await using var model = ScriptedModelServer.Start(DemoSamples.ScriptsDir);
        await using var rig = await WorkerRig.StartAsync("evaluation", model.BaseAddress.ToString());
        foreach (var story in ScriptedStory.LoadAll(DemoSamples.ScriptsDir).Values)
        {
            rig.Folder.Write($"skills_gen_result/{ScriptedModel.Name}/{story.Task}/SKILL.md", story.Skill[^1]);
        }

        var batch = $"e2e-{Guid.NewGuid().ToString("n")[..8]}";
        string[] arguments =
        [
            "eval", "run", "--tasks-dir", DemoSamples.TasksDir, "--human-skills-dir", DemoSamples.HumanSkillsDir, "--model", ScriptedModel.Name,
            "--batch", batch, "--parallelism", "2",
        ];
        var (code, _, error) = await rig.RunAsync(arguments);
        var again = await rig.RunAsync([.. arguments, "--json"]);
        var shown = await rig.RunAsync(["eval", "show", batch]);

        Assert.That(code, Is.Zero, error);
        Assert.That(error, Does.Contain("decode-probe-log, human 1: skipped: no SKILL.md in "));
        var arms = Result(again.Output).GetProperty("arms").EnumerateArray().ToDictionary(arm => arm.GetProperty("arm").GetString()!);
        var human = Result(again.Output).GetProperty("comparisons").EnumerateArray().Single(pair => Name(pair) == "human-baseline");
        Assert.Multiple(() =>
        {
            Assert.That(arms["baseline"].GetProperty("passed").GetInt32(), Is.Zero);
            Assert.That(arms["generated"].GetProperty("passed").GetInt32(), Is.EqualTo(3));
            Assert.That(arms["human"].GetProperty("scored").GetInt32(), Is.EqualTo(2), "the third has no skill");
            Assert.That(human.GetProperty("harmed").EnumerateArray().Select(task => task.GetString()), Is.EqualTo(new[] { "sum-till-receipts" }));
            Assert.That(model.RequestsByKey.Values, Is.All.EqualTo(1), "what has ended is not paid for again");
            Assert.That(shown.Output, Does.Contain("1 task harmed: sum-till-receipts"));
            Assert.That(File.Exists(rig.Folder[$"skills_eval_result/{ScriptedModel.Name}/{batch}/report.html"]), Is.True);
        });
    }

    private static JsonElement Result(string output) => JsonDocument.Parse(output).RootElement.GetProperty("students")[0];

    private static string Name(JsonElement pair) => $"{pair.GetProperty("arm").GetString()}-{pair.GetProperty("against").GetString()}";
}
