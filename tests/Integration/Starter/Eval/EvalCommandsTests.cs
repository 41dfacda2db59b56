using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Eval;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EvalCommandsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task A_dry_run_names_arms_and_trials_and_estimates_the_cost_from_what_was_paid_before()
    {
        foreach (var task in (string[])["decode-probe-log", "fix-slot-planner"])
        {
            _folder.Write($"skills/gpt/{task}/attempts.json", """{"attempts": [{"usage": {"cost_usd": 0.5}}, {"usage": {"cost_usd": 1.5}}]}""");
        }

        var (exit, printed, noted) = await RunAsync(
            "eval", "run", "--tasks-dir", DemoSamples.TasksDir, "--model", "gpt", "new", "--skills-result-dir", _folder["skills"], "--skill-source-model", "gpt",
            "--arm", $"notes={DemoSamples.HumanSkillsDir}", "--repeats", "2", "--out", _folder["out"], "--dry-run", "--json");

        var plan = JsonDocument.Parse(printed).RootElement;
        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(plan.GetProperty("arms").EnumerateArray().Select(arm => arm.GetProperty("name").GetString()), Is.EqualTo(new[] { "baseline", "generated", "notes" }));
        Assert.That(plan.GetProperty("trials").GetInt32(), Is.EqualTo(36), "3 tasks x 3 arms x 2 repeats x 2 students");
        Assert.That(plan.GetProperty("estimates")[0].GetProperty("usd").GetDouble(), Is.EqualTo(18), "a dollar each");
        Assert.That(plan.GetProperty("estimates")[1].TryGetProperty("usd", out _), Is.False, "nothing is known of the new model");
    }

    [Test]
    public async Task A_folder_runs_what_can_run_says_what_cannot_and_is_refused_where_that_is_asked_for()
    {
        BatchFiles.Tasks(_folder["tasks/tests"], "good", "fine", "large");
        File.WriteAllText(_folder["tasks/tests/large/task.toml"], "version = \"1.0\"\n[environment]\ngpus = 2\n");
        string[] run = ["eval", "run", "--tasks-dir", _folder["tasks"], "--agent", "nop", "--phases", "baseline", "--out", _folder["out"], "--dry-run"];

        var plan = await RunAsync([.. run, "--json"]);
        var strict = await RunAsync([.. run, "--strict"]);
        var all = await RunAsync([.. run, "--tasks", "fine", "good", "--strict"]);
        var none = await RunAsync([.. run, "--tasks", "large"]);
        var skills = await RunAsync("skills", "run", "--tasks-dir", _folder["tasks"], "--model", "m", "--out", _folder["out"], "--dry-run", "--json");
        var refused = await RunAsync("skills", "run", "--tasks-dir", _folder["tasks"], "--model", "m", "--out", _folder["out"], "--dry-run", "--strict");

        var left = JsonDocument.Parse(plan.Printed).RootElement.GetProperty("left_out");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Exit, Is.EqualTo(ExitCodes.SomeFailed));
            Assert.That(JsonDocument.Parse(plan.Printed).RootElement.GetProperty("tasks").EnumerateArray().Select(task => task.GetString()), Is.EqualTo(new[] { "fine", "good" }));
            Assert.That($"{left[0].GetProperty("class")} {left[0].GetProperty("count")} {left[0].GetProperty("names")[0]}", Is.EqualTo("unsupported 1 large"));
            Assert.That(plan.Noted, Does.StartWith("Left out: 1 task cannot run: 1 unsupported. 2 run.").And.Contain("\n  1 unsupported: task.toml: a task that needs GPUs").And.Contain(": large\n"));
            Assert.That((strict.Exit, refused.Exit, none.Exit), Is.EqualTo((ExitCodes.Usage, ExitCodes.Usage, ExitCodes.Usage)));
            Assert.That(strict.Noted, Does.Contain("tests/large cannot run:\n  task.toml:3: error: a task that needs GPUs"));
            Assert.That((all.Exit, all.Noted), Is.EqualTo((ExitCodes.Good, "Nothing was started.\n")), "what is not chosen is not told");
            Assert.That(skills.Exit, Is.EqualTo(ExitCodes.SomeFailed));
            Assert.That(JsonDocument.Parse(skills.Printed).RootElement.GetProperty("left_out")[0].GetProperty("names")[0].GetString(), Is.EqualTo("large"));
        }
    }

    [Test]
    public async Task Tasks_are_left_out_by_name_and_folders_are_found_as_they_are_written()
    {
        _folder.Write("all_model_pdi/gpt-5.4/decode-probe-log/SKILL.md", "x");
        string[] run = ["eval", "run", "--tasks-dir", DemoSamples.TasksDir, "--model", "gpt", "--exclude-tasks", "fix-*", "sum-till-receipts", "--verifier-timeout-multiplier", "2", "--phases", "generated", "--out", _folder["out"], "--dry-run", "--json"];

        var (exit, printed, noted) = await RunAsync([.. run, "--skills-result-dir", _folder["all_model_pdi"], "--skill-source-model", "gpt-5.4"]);
        var whole = await RunAsync([.. run, "--skills-result-dir", _folder["all_model_pdi/gpt-5.4"] + "/"]);
        var named = await RunAsync([.. run, "--skills-result-dir", _folder[""], "--skill-source-model", "all_model_pdi"]);
        var other = await RunAsync([.. run, "--skills-result-dir", _folder["all_model_pdi/gpt-5.4"], "--skill-source-model", "gpt-5"]);

        var plan = JsonDocument.Parse(printed).RootElement;
        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(plan.GetProperty("tasks").EnumerateArray().Select(task => task.GetString()), Is.EqualTo(new[] { "decode-probe-log" }));
        Assert.That(plan.GetProperty("verifier_timeout_multiplier").GetDouble(), Is.EqualTo(2));
        Assert.That(Arm(printed), Is.EqualTo((_folder["all_model_pdi"], "gpt-5.4")));
        Assert.That(Arm(whole.Printed), Is.EqualTo((_folder["all_model_pdi"], "gpt-5.4")));
        Assert.That(Arm(named.Printed).Model, Is.EqualTo("all_model_pdi"));
        Assert.That(other.Exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That(other.Noted, Does.Contain("has the skills of one model, gpt-5.4"));

        static (string? Root, string? Model) Arm(string plan)
        {
            var arm = JsonDocument.Parse(plan).RootElement.GetProperty("arms")[0];
            return (arm.GetProperty("root").GetString(), arm.GetProperty("skill_source_model").GetString());
        }
    }

    [Test]
    public async Task Results_are_shared_from_a_folder_of_batches_or_of_results_in_one_however_it_is_called()
    {
        Directory.CreateDirectory(_folder["all_model_pdi/batches"]);
        Directory.CreateDirectory(_folder["all_model_pdi/skills_gen_result/gpt-5.4"]);
        Directory.CreateDirectory(_folder["elsewhere"]);
        string[] run = ["skills", "run", "--tasks-dir", DemoSamples.TasksDir, "--model", "m", "--out", _folder["out"], "--dry-run", "--shared-result-dir"];

        foreach (var folder in (string[])["all_model_pdi", "all_model_pdi/skills_gen_result", "all_model_pdi/skills_gen_result/gpt-5.4/"])
        {
            var (exit, _, noted) = await RunAsync([.. run, _folder[folder]]);
            Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        }

        var refused = await RunAsync([.. run, _folder["elsewhere"]]);
        Assert.That((refused.Exit, refused.Noted.Contains("has no batches/ in it", StringComparison.Ordinal)), Is.EqualTo((ExitCodes.Usage, true)), refused.Noted);
    }

    [TestCase("--verifier-timeout-multiplier", "0", "--limit", "1", "--verifier-timeout-multiplier is a factor above 0")]
    [TestCase("--phases", "generated", "--skill-source-model", "nobody", "there is no folder")]
    [TestCase("--phases", "generatd", "--limit", "1", "is none of baseline, generated, human")]
    [TestCase("--arm", "notes", "--limit", "1", "--arm is NAME=DIR")]
    [TestCase("--arm", "notes=/no/such", "--limit", "1", "there is no folder '/no/such'")]
    [TestCase("--resume", "--dry-run", "--limit", "1", "--resume needs the name")]
    [TestCase("--model", "a/b", "a-b", "--dry-run", "two of the models are called 'a-b'")]
    public async Task What_cannot_be_run_is_refused_by_name(string first, string second, string third, string fourth, string says)
    {
        Directory.CreateDirectory(_folder["skills/gpt"]);
        var (exit, _, noted) = await RunAsync(
            "eval", "run", "--tasks-dir", DemoSamples.TasksDir, "--skills-result-dir", _folder["skills"], "--out", _folder["out"], first, second, third, fourth);

        Assert.That(exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That(noted, Does.Contain(says));
    }

    [Test]
    public async Task Two_evaluations_are_set_side_by_side_on_their_common_tasks()
    {
        var first = Evaluations.Made("small")[0];
        Write("a", first);
        Write("b", first with { Run = "better", Agent = "codex", Trials = [.. first.Trials.Where(trial => trial.Task != "task-<3>").Select(trial => trial with { Reward = 1 })] });

        var (exit, printed, noted) = await RunAsync("eval", "compare", _folder["a"], _folder["b"], "--json");
        var text = (await RunAsync("eval", "compare", _folder["a"], _folder["b"])).Printed;

        var comparison = JsonDocument.Parse(printed).RootElement;
        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(comparison.GetProperty("common_tasks").GetArrayLength(), Is.EqualTo(3));
        Assert.That(comparison.GetProperty("only_first")[0].GetString(), Is.EqualTo("task-<3>"));
        Assert.That(comparison.GetProperty("arms")[0].GetProperty("pair").GetProperty("delta_r").GetDouble(), Is.EqualTo(0.5).Within(1e-9), "1, 0.5 and 0 become 1");
        Assert.That(text, Does.Contain("not alike: agent: terminal and codex"));
    }

    [Test]
    public async Task The_latest_other_evaluation_of_the_model_is_the_reference()
    {
        var first = Evaluations.Made("small")[0];
        Write("ref/small/old", first with { Run = "old", StartedAt = first.StartedAt.AddDays(-2) });
        Write("ref/small/new", first with { Run = "new", StartedAt = first.StartedAt.AddDays(-1) });
        Write("ref/large/newest", first with { Run = "newest", Model = "large" });
        Write("here", first);

        var (exit, printed, noted) = await RunAsync("eval", "compare", _folder["here"], "--ref-eval-result-dir", _folder["ref"], "--json");

        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(JsonDocument.Parse(printed).RootElement.GetProperty("second").GetString(), Is.EqualTo("small/new"));
    }

    [Test]
    public async Task Evaluations_of_several_students_are_compared_student_by_student()
    {
        foreach (var summary in Evaluations.Made("small", "large", "alone"))
        {
            Write($"a/{summary.Model}", summary);
        }

        foreach (var summary in Evaluations.Made("small", "large"))
        {
            Write($"b/{summary.Model}", summary with { Run = "better", Trials = [.. summary.Trials.Select(trial => trial with { Reward = 1 })] });
        }

        Write("c/other", Evaluations.Made("other")[0]);
        Write("d/one", Evaluations.Made("small")[0]);
        Write("d/two", Evaluations.Made("small")[0] with { Run = "two" });

        var (exit, printed, noted) = await RunAsync("eval", "compare", _folder["a"], _folder["b"], "--json");
        var text = (await RunAsync("eval", "compare", _folder["a"], _folder["b"])).Printed;
        var latest = JsonDocument.Parse((await RunAsync("eval", "compare", _folder["b"], "--ref-eval-result-dir", _folder["a"], "--json")).Printed).RootElement;
        var apart = await RunAsync("eval", "compare", _folder["a"], _folder["c"]);
        var twice = await RunAsync("eval", "compare", _folder["d"], _folder["b"]);

        var pairs = JsonDocument.Parse(printed).RootElement.EnumerateArray().Select(pair => $"{pair.GetProperty("first")} {pair.GetProperty("second")}");
        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(pairs, Is.EqualTo(new[] { "large/made-up large/better", "small/made-up small/better" }));
        Assert.That(noted, Does.Contain("on one side alone: alone"));
        Assert.That(text, Does.Contain("A large/made-up, B large/better").And.Contain("A small/made-up, B small/better"));
        Assert.That(latest.GetArrayLength(), Is.EqualTo(2));
        Assert.That((apart.Exit, twice.Exit), Is.EqualTo((ExitCodes.Usage, ExitCodes.Usage)));
        Assert.That(apart.Noted, Does.Contain("no student in common"));
        Assert.That(twice.Noted, Does.Contain("names 2 summaries of small"));
    }

    [Test]
    public async Task An_evaluation_is_shown_with_its_table_of_students()
    {
        Write("small", Evaluations.Made("small", "large")[0]);

        var (exit, printed, noted) = await RunAsync("eval", "show", _folder["small"]);

        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(printed, Does.Contain("1 task harmed: task-<0>").And.Contain("| large "));
        Assert.That((await RunAsync("eval", "show", _folder["gone"])).Exit, Is.EqualTo(ExitCodes.Usage));
    }

    private void Write(string folder, object summary) =>
        _folder.Write($"{folder}/summary.json", JsonSerializer.Serialize(summary, summary.GetType(), SparkJson.Indented));

    private static async Task<(int Exit, string Printed, string Noted)> RunAsync(params string[] arguments)
    {
        StringWriter printed = new(), noted = new();
        var exit = await RootCommands.RunAsync(arguments, new CliOutput(printed, noted), CancellationToken.None);
        JsonOutputs.Check(arguments, printed.ToString(), noted.ToString());
        return (exit, printed.ToString(), noted.ToString());
    }
}
