using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Pdi.Analysis;

public sealed class PdiAnalyzeTests
{
    private TemporaryFolder _folder;

    [SetUp]
    public void MakeRuns()
    {
        _folder = new TemporaryFolder();
        // The words of the commands come back in the skill of the first, those of the plan in that of the second.
        Run("m/grounded", "sort rows total cents", "# Steps\nsort rows total cents");
        Run("m/planned", "sort rows total cents", "# Steps\nguess retry hope");
        Run("m/both", "sort rows total cents", "sort rows guess retry");
        Run("m/failed", "sort rows", "sort rows", passes: false);
        Run("m/unskilled", "sort rows", null);
    }

    [TearDown]
    public void RemoveRuns() => _folder.Dispose();

    [Test]
    public async Task Runs_are_ranked_and_those_without_pass_or_skill_are_listed()
    {
        var (exit, printed, _) = await RunAsync("pdi", "analyze", _folder.Path, "--json");

        var document = JsonNode.Parse(printed)!;
        var runs = document["runs"]!.AsArray();
        Assert.That(exit, Is.EqualTo(ExitCodes.Good));
        Assert.That(runs.OrderByDescending(run => (double)run!["pdi"]!).Select(run => (string?)run!["task"]), Is.EqualTo(new[] { "grounded", "both", "planned" }));
        Assert.That((string?)runs.Single(run => (string?)run!["task"] == "grounded")!["quadrant"], Is.EqualTo("grounded"));
        Assert.That((string?)runs.Single(run => (string?)run!["task"] == "planned")!["quadrant"], Is.EqualTo("plan_bound"));
        Assert.That(
            document["left_out"]!.AsArray().Select(run => $"{run!["task"]}: {run["reason"]}"),
            Is.EqualTo(new[] { "failed: no passing attempt", "unskilled: no SKILL.md" }));
        Assert.That(document["sweep"]!.AsArray(), Has.Count.EqualTo(19));
    }

    [Test]
    public async Task Delta_r_comes_from_a_table_or_an_evaluation_and_pictures_are_drawn()
    {
        var csv = _folder.Write("delta.csv", "task,student,delta_r\ngrounded,s,0.5\ngrounded,t,0.3\nboth,s,0.1\n");
        var summary = _folder.Write("summary.json", """
            {"model": "s", "trials": [
              {"task": "planned", "arm": "baseline", "outcome": "pass", "reward": 1},
              {"task": "planned", "arm": "generated", "outcome": "partial", "reward": 0.25},
              {"task": "planned", "arm": "generated", "outcome": "infrastructure"}]}
            """);

        var (exit, printed, noted) = await RunAsync("pdi", "analyze", _folder.Path, "--json", "--delta-r", csv, "--eval", summary, "--out", _folder["pictures"]);

        var document = JsonNode.Parse(printed)!;
        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(
            document["runs"]!.AsArray().ToDictionary(run => (string)run!["task"]!, run => Math.Round((double)run!["delta_r"]!, 12)),
            Is.EquivalentTo(new Dictionary<string, double> { ["grounded"] = 0.4, ["both"] = 0.1, ["planned"] = -0.75 }));
        Assert.That((double)document["rho"]!["rho"]!, Is.EqualTo(1));
        Assert.That((double)document["rho"]!["p"]!, Is.EqualTo(2 / 6.0));
        string[] pictures = [.. document["pictures"]!.AsArray().Select(picture => (string)picture!)];
        Assert.That(pictures.Select(Path.GetFileName), Is.EqualTo(new[] { "pdi-attempts.svg", "pdi-plane.svg", "pdi-delta-r.svg" }));
        foreach (var picture in pictures)
        {
            Assert.That(XDocument.Load(picture).Root!.Name.LocalName, Is.EqualTo("svg"), picture);
        }

        Assert.That(Texts(pictures[2]), Is.SupersetOf(new[] { "grounded", "both", "planned", "PDI", "Δr" }));
    }

    [Test]
    public async Task A_damaged_line_is_named_and_the_rest_is_read()
    {
        File.AppendAllText(_folder["m/both/trajectory.jsonl"], "\n{\"type\": \"execution_res");

        var (exit, printed, noted) = await RunAsync("pdi", "analyze", _folder.Path);

        Assert.That(exit, Is.EqualTo(ExitCodes.Good));
        Assert.That(printed, Does.Contain("3 of 5 runs compared, 1 damaged line"));
        Assert.That(noted, Does.Contain("both").And.Contain("line 6"));
    }

    [Test]
    public async Task Low_runs_are_selected_for_the_tasks_option()
    {
        var (exit, printed, noted) = await RunAsync("pdi", "select", "--below", "-1", "--min-reflections", "1", _folder.Path);

        Assert.That(exit, Is.EqualTo(ExitCodes.Good));
        Assert.That(printed, Is.EqualTo("planned" + Environment.NewLine));
        Assert.That(noted, Does.Contain("1 tasks of 3 runs"));
    }

    [Test]
    public async Task Runs_in_which_no_intervention_can_fire_are_not_selected_unless_asked_for()
    {
        Run("m/again", "sort rows total cents", "guess retry hope", reflections: 2);

        var (_, printed, noted) = await RunAsync("pdi", "select", "--below", "0", _folder.Path);
        var json = JsonNode.Parse((await RunAsync("pdi", "select", "--below", "0", _folder.Path, "--json")).Printed)!;
        var help = (await RunAsync("pdi", "select", "--help")).Printed;

        Assert.That(printed, Is.EqualTo("again" + Environment.NewLine));
        Assert.That(noted, Does.Contain("1 runs below the bound have fewer than 2 reflections (--min-reflections)"));
        Assert.That(((int)json["min_reflections"]!, (int)json["too_few_reflections"]!, (int)json["compared"]!), Is.EqualTo((2, 1, 4)));
        Assert.That(help, Does.Contain("--min-reflections").And.Contain("No intervention can fire before the second"));
    }

    [Test]
    public async Task A_run_that_never_planned_is_listed_with_its_exec_and_compared_only_where_that_is_asked_for()
    {
        Run("m/at-once", "sort rows total cents", "sort rows total cents", reflections: 0);

        var left = JsonNode.Parse((await RunAsync("pdi", "analyze", _folder.Path, "--json")).Printed)!;
        var zero = JsonNode.Parse((await RunAsync("pdi", "analyze", _folder.Path, "--json", "--without-plan", "zero")).Printed)!;
        var text = (await RunAsync("pdi", "analyze", _folder.Path)).Printed;
        var selected = (await RunAsync("pdi", "select", "--below", "10", "--min-reflections", "0", _folder.Path)).Printed;
        var wrong = await RunAsync("pdi", "analyze", _folder.Path, "--without-plan", "one");

        var listed = left["left_out"]!.AsArray().Single(run => (string?)run!["task"] == "at-once")!;
        Assert.That((string?)listed["reason"], Does.StartWith("never planned"));
        Assert.That((double)listed["phi_exec"]!, Is.EqualTo(1).Within(1e-9));
        Assert.That(left["runs"]!.AsArray(), Has.Count.EqualTo(3), "medians, scores and quadrants are those of the others");
        Assert.That(text, Does.Contain("left out: m/at-once: never planned").And.Contain("(φexec 1.0000)").And.Contain("3 of 6 runs compared"));
        var counted = zero["runs"]!.AsArray().Single(run => (string?)run!["task"] == "at-once")!;
        Assert.That(((double)counted["phi_plan"]!, (string?)counted["quadrant"]), Is.EqualTo((0, "grounded")));
        Assert.That(zero["runs"]!.AsArray(), Has.Count.EqualTo(4));
        Assert.That(selected, Does.Not.Contain("at-once"));
        Assert.That(wrong.Exit, Is.EqualTo(ExitCodes.Usage));
    }

    [Test]
    public async Task The_trade_of_weights_is_shown_on_tasks_left_out_beside_the_sweep()
    {
        Run("m/fourth", "sort rows", "sort guess rows hope");
        var csv = _folder.Write("delta.csv", "task,delta_r\ngrounded,0.5\nboth,0.1\nplanned,-0.2\nfourth,0.2\n");

        var document = JsonNode.Parse((await RunAsync("pdi", "analyze", _folder.Path, "--json", "--delta-r", csv)).Printed)!;
        var text = (await RunAsync("pdi", "analyze", _folder.Path, "--delta-r", csv)).Printed;
        var without = (await RunAsync("pdi", "analyze", _folder.Path)).Printed;

        var trade = document["cross_validation"]!;
        Assert.That(((int)trade["folds"]!, (int)trade["runs"]!), Is.EqualTo((4, 4)));
        Assert.That(trade["chosen"]!.AsArray().Sum(row => (int)row!["folds"]!), Is.EqualTo(4));
        Assert.That(text, Does.Contain("cross-validation, each of 4 tasks left out once"));
        Assert.That(without, Does.Contain("needs Δr of 4 tasks"));
    }

    [Test]
    public async Task Tasks_are_read_from_a_file_and_an_empty_one_never_means_all()
    {
        var tasks = Path.Combine(AppContext.BaseDirectory, "samples", "tasks");
        var some = _folder.Write("some.txt", "sum-till-receipts\nfix-slot-planner\n");
        var none = _folder.Write("none.txt", "");

        var (exit, printed, noted) = await RunAsync("skills", "run", "--tasks-dir", tasks, "--tasks", $"@{some}", "--model", "m", "--dry-run");
        var empty = await RunAsync("skills", "run", "--tasks-dir", tasks, "--tasks", $"@{none}", "--model", "m", "--dry-run");
        var missing = await RunAsync("skills", "run", "--tasks-dir", tasks, "--tasks", $"@{none}x", "--model", "m", "--dry-run");

        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        Assert.That(printed, Does.Contain("sum-till-receipts").And.Contain("fix-slot-planner").And.Not.Contain("decode-probe-log"));
        Assert.That(empty.Exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That(missing.Exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That(empty.Noted, Does.Contain("an empty list does not mean all"));
        Assert.That(missing.Noted, Does.Contain("to read names from"));
    }

    [Test]
    public async Task A_file_of_names_holds_no_options()
    {
        var tasks = Path.Combine(AppContext.BaseDirectory, "samples", "tasks");
        var sly = _folder.Write("sly.txt", "sum-till-receipts\n--no-such-option\n");

        var (exit, _, noted) = await RunAsync("skills", "run", "--tasks-dir", tasks, "--tasks", $"@{sly}", "--model", "m", "--dry-run");

        Assert.That((exit, noted), Is.EqualTo((ExitCodes.Usage, noted)));
        Assert.That(noted, Does.Contain("is called --no-such-option"), "it is taken for a name");
    }

    [Test]
    public async Task What_cannot_be_read_is_refused_by_name()
    {
        var csv = _folder.Write("bad.csv", "task,delta_r\ngrounded,much\n");

        Assert.That((await RunAsync("pdi", "analyze", _folder.Path, "--delta-r", csv)).Noted, Does.Contain("bad.csv, line 2"));
        Assert.That((await RunAsync("pdi", "analyze", _folder.Path, "--delta-r", _folder["gone.csv"])).Noted, Does.Contain("gone.csv"));
        Assert.That((await RunAsync("pdi", "analyze", _folder.Path, "--eval", _folder.Write("s.json", "{}"))).Noted, Does.Contain("no 'trials'"));
        var (exit, _, noted) = await RunAsync("pdi", "analyze", _folder["m/failed"]);
        Assert.That(exit, Is.EqualTo(ExitCodes.Failed));
        Assert.That(noted, Does.Contain("nothing to compare"));
    }

    private void Run(string folder, string commands, string? skill, bool passes = true, int reflections = 1)
    {
        object[] events =
        [
            .. Enumerable.Range(0, reflections).SelectMany(at => (object[])
            [
                new { type = "execution_result", attempt = at, status = "FAIL", success = false, reward = 0, agent_commands = "look", test_summary = "  ✗ t" },
                new { type = "reflect_call", attempt = at, memo_before = "", memo_after = "### Verified Facts\na b\n### Next Strategy\nguess retry hope" },
                new
                {
                    type = "pdi_snapshot", attempt = at, step = at, proxy_exec = 0.5, proxy_plan = 0, proxy_oss = 0, raw_pdi = 0.5, weight = 0,
                    weighted_pdi = 0, triggered = false, level = (string?)null,
                },
            ]),
            new { type = "execution_result", attempt = reflections, status = "ERROR", success = passes, reward = passes ? 1 : 0, agent_commands = commands, test_summary = "" },
            new { type = "task_summary", task_name = Path.GetFileName(folder) },
        ];
        _folder.Write(Path.Combine(folder, "trajectory.jsonl"), string.Join('\n', events.Select(one => JsonSerializer.Serialize(one))));
        if (skill is not null)
        {
            _folder.Write(Path.Combine(folder, "SKILL.md"), $"---\nname: x\n---\n\n{skill}\n");
        }
    }

    private static async Task<(int Exit, string Printed, string Noted)> RunAsync(params string[] arguments)
    {
        StringWriter printed = new(), noted = new();
        var exit = await RootCommands.RunAsync(arguments, new CliOutput(printed, noted), CancellationToken.None);
        JsonOutputs.Check(arguments, printed.ToString(), noted.ToString());
        return (exit, printed.ToString(), noted.ToString());
    }

    private static IEnumerable<string> Texts(string picture) =>
        XDocument.Load(picture).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value);
}
