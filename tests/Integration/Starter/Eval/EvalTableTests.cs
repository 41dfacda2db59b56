using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Eval;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EvalTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public EvalTableTests()
    {
        foreach (var summary in Evaluations.Made("small", "large"))
        {
            Write($"results/{summary.Model}/made-up", summary);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task Students_are_printed_in_every_form()
    {
        var text = await GoodAsync("students", _folder["results"]);
        var csv = await GoodAsync("students", _folder["results"], "--csv");
        var markdown = await GoodAsync("students", _folder["results"], "--markdown");
        var json = JsonNode.Parse(await GoodAsync("students", _folder["results"], _folder["results/small"], "--json"))!;

        Assert.That(text, Does.Contain("| large ").And.Contain("0.375").And.Contain("+0.250"));
        string[] lines = csv.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines[0], Is.EqualTo("student,agent,teacher,tasks,baseline,generated,delta_r,delta_r_low,delta_r_high,human_tasks,human,gap_to_human"));
        Assert.That(lines[1], Does.StartWith("large,terminal,large,4,0.375,0.625,0.25,").And.EndsWith(",3,0.5,0"));
        Assert.That(lines, Has.Length.EqualTo(3), "notes are elsewhere");
        Assert.That(markdown, Does.Contain("| student | agent |").And.Contain("---:|").And.Contain("| small | terminal | small | 4 | 0.375 |"));
        Assert.That((string?)json["table"], Is.EqualTo("students"));
        Assert.That(json["rows"]!.AsArray().Select(row => (double)row!["delta_r"]!), Is.EqualTo(new[] { 0.25, 0.25 }), "a summary that is named twice counts once");
    }

    [Test]
    public async Task The_agent_of_a_student_is_chosen()
    {
        Write("results/small/again", Evaluations.Made("small")[0] with { Run = "again", Agent = "codex", TimeoutMultiplier = 1, Complete = false });

        var all = JsonNode.Parse(await GoodAsync("students", _folder["results"], "--json"))!;
        var chosen = JsonNode.Parse(await GoodAsync("students", _folder["results"], "--agent-of", "small=codex", "--json"))!;
        var unknown = await RunAsync("students", _folder["results"], "--agent-of", "small=other");
        var wrong = await RunAsync("students", _folder["results"], "--agent-of", "codex");

        Assert.That(Rows(all), Is.EqualTo(new[] { "large terminal", "small codex", "small terminal" }));
        Assert.That(Rows(chosen), Is.EqualTo(new[] { "large terminal", "small codex" }));
        Assert.That(all["notes"]!.AsArray().Select(note => (string)note!), Has.Some.EqualTo("Not complete: small/again.").And.Some.EqualTo("Not alike: time-outs × 0.5, 1."));
        Assert.That((unknown.Exit, wrong.Exit), Is.EqualTo((ExitCodes.Usage, ExitCodes.Usage)));
        Assert.That(unknown.Noted, Does.Contain("large=terminal, small=codex, small=terminal"));

        static IEnumerable<string> Rows(JsonNode table) => table["rows"]!.AsArray().Select(row => $"{row!["student"]} {row["agent"]}");
    }

    [Test]
    public async Task Skills_without_and_with_interventions_are_compared_for_several_students()
    {
        foreach (var summary in Evaluations.Made("small", "large"))
        {
            Write($"steered/{summary.Model}", summary with { Run = "steered", Trials = [.. summary.Trials.Select(trial => trial.Arm == "generated" ? trial with { Reward = 1 } : trial)] });
        }

        string[] sides = ["--without", "made-up", "--with", "steered"];
        var json = JsonNode.Parse(await GoodAsync(["interventions", _folder["results"], _folder["steered"], .. sides, "--json"]))!;
        var text = await GoodAsync(["interventions", _folder["results"], _folder["steered"], .. sides]);
        var alone = await RunAsync(["interventions", _folder["steered"], .. sides]);

        Assert.That(json["rows"]!.AsArray().Select(row => $"{row!["student"]} {row["without"]} {row["with"]} {row["difference"]}"), Is.EqualTo(new[] { "large 0.625 1 0.375", "small 0.625 1 0.375" }));
        Assert.That(text, Does.Contain("Skills made without (made-up) against with (steered) interventions"));
        Assert.That(alone.Exit, Is.EqualTo(ExitCodes.Failed));
        Assert.That(alone.Noted, Does.Contain("called 'steered' and 'made-up'").And.Contain("large, small"));
    }

    [Test]
    public async Task The_transfer_matrix_has_every_source_with_every_student_and_a_picture()
    {
        var made = Evaluations.Made("small")[0];
        Write("results/small/taught", made with { Run = "taught", Arms = [made.Arms[0], made.Arms[1] with { SkillSourceModel = "large" }] });

        var picture = _folder["transfer.svg"];
        var markdown = await GoodAsync("transfer", _folder["results"], "--markdown", "--picture", picture);
        var json = JsonNode.Parse(await GoodAsync("transfer", _folder["results"], "--json"))!;
        var unwritable = await RunAsync("transfer", _folder["results"], "--picture", _folder["no/such/folder.svg"]);

        Assert.That(markdown, Does.Contain("| source of the skill | large (terminal) | Δr | small (terminal) | Δr |").And.Contain("| small | - | - | 0.625 | +0.250 |"));
        Assert.That(json["rows"]!.AsArray(), Has.Count.EqualTo(7), "no skill, large's and people's with both, small's with small");
        Assert.That(XDocument.Load(picture).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value), Is.SupersetOf(new[] { "small, terminal", "human", "baseline" }));
        Assert.That(unwritable.Exit, Is.EqualTo(ExitCodes.Failed));
        Assert.That(unwritable.Noted, Does.Contain("name another file with --picture"));
    }

    [Test]
    public async Task Quadrants_have_the_mean_gain_and_the_gap_to_people()
    {
        var made = Evaluations.Made("small")[0];
        Write("named", made with { Trials = [.. made.Trials.Select(trial => trial with { Task = trial.Task.Trim('<', '>').Replace("<", "") })] });
        SkillRun("runs/small/task-0", "sort rows total cents", "guess retry hope");
        SkillRun("runs/small/task-1", "sort rows total cents", "sort rows total cents");
        SkillRun("runs/small/task-2", "sort rows total cents", "total cents sort rows");
        SkillRun("runs/other/task-3", "sort rows", "sort rows");

        var json = JsonNode.Parse(await GoodAsync("quadrants", _folder["named"], "--runs", _folder["runs"], "--json"))!;
        var text = await GoodAsync("quadrants", _folder["named"], "--runs", _folder["runs"], "--picture", _folder["quadrants.svg"]);
        var foreign = await RunAsync("quadrants", _folder["named"], "--runs", _folder["runs/other"]);
        var missing = await RunAsync("quadrants", _folder["named"]);

        var rows = json["rows"]!.AsArray();
        Assert.That(rows.Sum(row => (int)row!["runs"]!), Is.EqualTo(4));
        Assert.That(rows.Sum(row => (int)row!["with_delta_r"]!), Is.EqualTo(3), "the evaluation has no skills of the other model");
        Assert.That(rows.Sum(row => (int)row!["with_human"]!), Is.EqualTo(3));
        var bound = rows.Single(row => (string?)row!["quadrant"] == "plan_bound")!;
        Assert.That(((double)bound["mean_delta_r"]!, (double)bound["mean_gap_to_human"]!), Is.EqualTo((-1, 0)));
        Assert.That(text, Does.Contain("generated - human").And.Contain("plan-bound").And.Contain("Split at the medians"));
        Assert.That(XDocument.Load(_folder["quadrants.svg"]).Root!.Name.LocalName, Is.EqualTo("svg"));
        Assert.That(foreign.Noted, Does.Contain("none of the 1 runs compared has a Δr in these summaries").And.Contain("(other)"));
        Assert.That((missing.Exit, missing.Noted), Is.EqualTo((ExitCodes.Usage, "spark: the table 'quadrants' needs the runs that made the skills: name their folder with --runs\n")));
    }

    [Test]
    public async Task Wrong_use_is_refused_with_the_remedy()
    {
        var forms = await RunAsync("students", _folder["results"], "--csv", "--markdown");
        var kind = await RunAsync("teachers", _folder["results"]);
        var gone = await RunAsync("students", _folder["gone"]);

        Assert.That((forms.Exit, kind.Exit, gone.Exit), Is.EqualTo((ExitCodes.Usage, ExitCodes.Usage, ExitCodes.Usage)));
        Assert.That(forms.Noted, Does.Contain("exclude each other"));
        Assert.That(kind.Noted, Does.Contain("quadrants"));
    }

    private void SkillRun(string folder, string commands, string skill)
    {
        object[] events =
        [
            new { type = "execution_result", attempt = 0, status = "FAIL", success = false, reward = 0, agent_commands = "look", test_summary = "  ✗ t" },
            new { type = "reflect_call", attempt = 0, memo_before = "", memo_after = "### Verified Facts\na b\n### Next Strategy\nguess retry hope" },
            new { type = "execution_result", attempt = 1, status = "PASS", success = true, reward = 1, agent_commands = commands, test_summary = "" },
            new { type = "task_summary", task_name = Path.GetFileName(folder) },
        ];
        _folder.Write(Path.Combine(folder, "trajectory.jsonl"), string.Join('\n', events.Select(one => JsonSerializer.Serialize(one))));
        _folder.Write(Path.Combine(folder, "SKILL.md"), $"---\nname: x\n---\n\n{skill}\n");
    }

    private void Write(string folder, EvaluationSummary summary) => _folder.Write($"{folder}/summary.json", JsonSerializer.Serialize(summary, SparkJson.Indented));

    private static async Task<string> GoodAsync(params string[] arguments)
    {
        var (exit, printed, noted) = await RunAsync(arguments);
        Assert.That(exit, Is.EqualTo(ExitCodes.Good), noted);
        return printed;
    }

    private static async Task<(int Exit, string Printed, string Noted)> RunAsync(params string[] table)
    {
        string[] arguments = ["eval", "table", .. table];
        StringWriter printed = new(), noted = new();
        var exit = await RootCommands.RunAsync(arguments, new CliOutput(printed, noted), CancellationToken.None);
        JsonOutputs.Check(arguments, printed.ToString(), noted.ToString());
        return (exit, printed.ToString(), noted.ToString());
    }
}
