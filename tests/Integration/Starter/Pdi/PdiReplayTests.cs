using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Pdi;

public sealed class PdiReplayTests
{
    private static readonly double[] First = [0.5, 0, 0, 0.5, 0, 0];
    private static readonly double[] Second = [0.25, 0.5, 0.75, -3, 0.5, -1.5];
    private TemporaryFolder _folder;

    [SetUp]
    public void MakeFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public async Task Exits_0_where_every_snapshot_agrees()
    {
        var path = Write("task-a", Events());

        var (exit, printed, _) = await RunAsync("pdi", "replay", path);

        Assert.That(exit, Is.EqualTo(ExitCodes.Good), printed);
        Assert.That(printed, Does.Contain("2 of 2 snapshots in 1 file agree").And.Contain("recorded").And.Contain("soft"));
    }

    [Test]
    public async Task Exits_1_where_one_decimal_differs()
    {
        var path = Write("task-a", Events(second: [0.25, 0.5, 0.7501, -3, 0.5, -1.5]));

        var (exit, printed, _) = await RunAsync("pdi", "replay", path);

        Assert.That(exit, Is.EqualTo(ExitCodes.Failed));
        Assert.That(printed, Does.Contain("DIFFERS").And.Contain("1 of 2 snapshots"));
    }

    [Test]
    public async Task Json_holds_computed_values_by_name_and_recorded_ones_inside()
    {
        Write("b", Events());
        Write("a", Events(second: [0.2, 0.5, 0.75, -3, 0.5, -1.5]));

        var (exit, printed, _) = await RunAsync("pdi", "replay", _folder.Path, "--json");

        var files = JsonNode.Parse(printed)!.AsArray();
        Assert.That(exit, Is.EqualTo(ExitCodes.Failed));
        Assert.That(files.Select(file => (string?)file!["task"]), Is.EqualTo(new[] { "a", "b" }));
        Assert.That((string?)files[0]!["method"], Is.EqualTo("token_overlap"));
        var snapshot = files[0]!["snapshots"]![1]!;
        Assert.That((double)snapshot["proxy_exec"]!, Is.EqualTo(0.25));
        Assert.That((double)snapshot["recorded"]!["proxy_exec"]!, Is.EqualTo(0.2));
        Assert.That((string?)snapshot["level"], Is.EqualTo("soft"));
        Assert.That((bool)snapshot["agrees"]!, Is.False);
        Assert.That(files[1]!["snapshots"]![0]!["level"], Is.Null);
    }

    [Test]
    public async Task A_run_is_replayed_by_the_method_it_was_recorded_with_unless_another_is_asked_for()
    {
        var path = Write("a", Events(method: "js_divergence", first: [0.9, 0, 0, 0.9, 0, 0]));

        var (_, byFile, _) = await RunAsync("pdi", "replay", path, "--json");
        var (exit, byOption, _) = await RunAsync("pdi", "replay", path, "--json", "--pdi-method", "token_overlap");

        Assert.That((string?)JsonNode.Parse(byFile)![0]!["method"], Is.EqualTo("js_divergence"));
        var asked = JsonNode.Parse(byOption)![0]!;
        Assert.That(exit, Is.EqualTo(ExitCodes.Failed), "nothing is recorded by that method, so nothing agrees");
        Assert.That((double)asked["snapshots"]![0]!["proxy_exec"]!, Is.EqualTo(0.5));
        Assert.That((string?)asked["snapshots"]![0]!["problem"], Does.Contain("nothing is recorded by token_overlap"));
    }

    [Test]
    public async Task A_damaged_line_is_noted_and_what_depends_on_it_cannot_agree()
    {
        var lines = Events().Split('\n');
        lines[1] = lines[1][..20];
        var path = Write("a", string.Join('\n', lines));

        var (exit, printed, noted) = await RunAsync("pdi", "replay", path);

        Assert.That(exit, Is.EqualTo(ExitCodes.Failed));
        Assert.That(noted, Does.Contain("line 2"));
        Assert.That(printed, Does.Contain("lacks the reflect_call of attempt 0").And.Contain("an earlier snapshot could not be computed"));
    }

    [Test]
    public async Task A_run_without_snapshots_has_nothing_to_disagree_on()
    {
        var path = Write("a", """{"type": "execution_result", "attempt": 0, "status": "PASS"}""");

        Assert.That((await RunAsync("pdi", "replay", path)).Exit, Is.EqualTo(ExitCodes.Good));
    }

    [Test]
    public async Task What_is_no_trajectory_is_refused_by_name()
    {
        var path = Write("a", "hello");
        Directory.CreateDirectory(_folder["empty"]);

        Assert.That((await RunAsync("pdi", "replay", path)).Noted, Does.Contain("holds no events"));
        Assert.That((await RunAsync("pdi", "replay", _folder["empty"])).Noted, Does.Contain("holds no trajectory.jsonl"));
        var (exit, _, noted) = await RunAsync("pdi", "replay", _folder["gone"]);
        Assert.That(exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That(noted, Does.Contain("there is no file"));
        Assert.That((await RunAsync("pdi", "replay", path, "--pdi-method", "x")).Exit, Is.EqualTo(ExitCodes.Usage));
        Assert.That((await RunAsync("pdi", "replay")).Exit, Is.EqualTo(ExitCodes.Usage));
    }

    [Test]
    public async Task Help_shows_an_example() =>
        Assert.That((await RunAsync("pdi", "replay", "--help")).Printed, Does.Contain("spark pdi replay").And.Contain("Example"));

    private string Write(string task, string events) => _folder.Write(Path.Combine(task, "trajectory.jsonl"), events);

    // Exec halves, half of the plan is repeated, facts half stand still and the same test fails.
    private static string Events(string? method = null, double[]? first = null, double[]? second = null)
    {
        const string MemoA = "### Verified Facts\na b\n### Next Strategy\np q r";
        const string MemoB = "### Verified Facts\na b c d\n### Next Strategy\nq r s";
        object?[] events =
        [
            new { type = "execution_result", attempt = 0, status = "FAIL", agent_commands = "a", test_summary = "  ✗ t" },
            new { type = "reflect_call", attempt = 0, memo_before = "", memo_after = MemoA },
            Snapshot(0, first ?? First, null),
            new { type = "execution_result", attempt = 1, status = "FAIL", agent_commands = "a", test_summary = "  ✗ t" },
            Snapshot(1, second ?? Second, "soft"),
            new { type = "reflect_call", attempt = 1, memo_before = MemoA, memo_after = MemoB },
        ];
        return string.Join('\n', events.Select(one => JsonSerializer.Serialize(one)));

        object Snapshot(int at, double[] numbers, string? level) => new
        {
            type = "pdi_snapshot",
            attempt = at,
            step = at,
            proxy_exec = numbers[0],
            proxy_plan = numbers[1],
            proxy_oss = numbers[2],
            raw_pdi = numbers[3],
            weight = numbers[4],
            weighted_pdi = numbers[5],
            triggered = level is not null,
            level,
            method,
        };
    }

    private static async Task<(int Exit, string Printed, string Noted)> RunAsync(params string[] arguments)
    {
        using StringWriter printed = new(), noted = new();
        var exit = await RootCommands.RunAsync(arguments, new CliOutput(printed, noted), CancellationToken.None);
        JsonOutputs.Check(arguments, printed.ToString(), noted.ToString());
        return (exit, printed.ToString(), noted.ToString());
    }
}
