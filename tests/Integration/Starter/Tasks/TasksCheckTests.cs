using System.Text.Json;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Tasks;

public class TasksCheckTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Finds_tasks_at_any_depth_and_takes_no_copy_for_one()
    {
        MakeTask("one");
        MakeTask("group/deep/two");
        foreach (var copy in new[] { "one/environment", "one/environment/inner", "one/steps/first" })
        {
            MakeTask(copy);
        }

        var (exit, report) = await CheckJsonAsync();
        Assert.That(exit, Is.Zero);
        Assert.That(report.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("task").GetString()), Is.EqualTo(new[] { "two", "one" }));
        Assert.That(report.GetProperty("with_errors").GetInt32(), Is.Zero);
    }

    [TestCase("tests")]
    [TestCase("solution")]
    [TestCase("environment")]
    [TestCase("steps/environment")]
    public async Task Finds_tasks_below_a_folder_that_is_called_like_a_part_of_a_task(string above)
    {
        MakeTask($"{above}/one");
        MakeTask($"{above}/tests");

        var (_, report) = await CheckJsonAsync();

        Assert.That(report.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("task").GetString()), Is.EqualTo(new[] { "one", "tests" }));
        Assert.That(report.GetProperty("skipped").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Counts_and_names_every_folder_that_gives_no_task()
    {
        MakeTask("one");
        MakeTask("1/2/3/4/5/6/7/8");
        foreach (var skipped in new[] { ".git/a", ".venv/b", "_archive/y", "node_modules/z", "1/2/3/4/5/6/7/x/too-deep" })
        {
            MakeTask(skipped);
        }

        _folder.Write("docs/pictures/readme.txt", "no task");
        Directory.CreateSymbolicLink(_folder["linked"], _folder["one"]);

        var (exit, report) = await CheckJsonAsync();
        var text = (await RunAsync("tasks", "check", _folder.Path)).Output;

        Assert.That(exit, Is.Zero);
        Assert.That(report.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("task").GetString()), Is.EqualTo(new[] { "8", "one" }));
        Assert.That(
            report.GetProperty("skipped").EnumerateArray().Select(skipped =>
                $"{skipped.GetProperty("reason")} {skipped.GetProperty("count")} {string.Join('+', skipped.GetProperty("folders").EnumerateArray().Select(folder => Path.GetRelativePath(_folder.Path, $"{folder}")))}"),
            Is.EqualTo(new[] { "hidden 2 .git+.venv", "underscore 1 _archive", "link 1 linked", "of_tool 1 node_modules", "too_deep 1 1/2/3/4/5/6/7/x/too-deep", "no_task 1 docs" }));
        Assert.That(text, Does.Contain("2 folders not searched, they are hidden: ").And.Contain("1 folder without a task: ").And.Contain("more than 8 levels deep"));
    }

    [Test]
    public async Task Ends_with_a_line_for_each_class_and_each_kind_of_note()
    {
        foreach (var number in Enumerable.Range(1, 12))
        {
            MakeTask($"t{number:00}", $"version = \"1.0\"\n[environment]\nmemory = \"{number}G\"\n{(number > 10 ? "gpus = 1\n" : "")}");
        }

        MakeTask("bare");
        File.Delete(_folder["bare/tests/test.sh"]);
        File.Delete(_folder["bare/solution/solve.sh"]);

        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path);
        var (_, report) = await CheckJsonAsync();

        var lines = output.Split('\n');
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exit, Is.EqualTo(1));
            Assert.That(lines.Count(line => line.Contains("older spelling", StringComparison.Ordinal)), Is.EqualTo(1), output);
            Assert.That(output, Does.Contain("\n10 ready\n1 incomplete: tests/test.sh: is missing; ").And.Contain("\n2 unsupported: task.toml: a task that needs GPUs").And.Contain(": t11, t12\n"));
            Assert.That(output, Does.Contain("\n1 with warning: solution/solve.sh: is missing").And.Contain("\n12 with note: task.toml: [environment] memory is the older spelling of memory_mb = …: t01, t02, t03, …\n"));
            Assert.That(output, Does.EndWith("\n13 checked, 3 with errors\n"));
            Assert.That(report.GetProperty("ready").GetInt32(), Is.EqualTo(10));
            Assert.That(
                report.GetProperty("refused").EnumerateArray().Select(refused => $"{refused.GetProperty("class")} {refused.GetProperty("count")} {string.Join('+', refused.GetProperty("names").EnumerateArray())}"),
                Is.EqualTo(new[] { "incomplete 1 bare", "unsupported 2 t11+t12" }));
            Assert.That(report.GetProperty("notes").EnumerateArray().Select(note => $"{note.GetProperty("severity")} {note.GetProperty("count")}"), Is.EqualTo(new[] { "warning 1", "note 12" }));
        }
    }

    [Test]
    public async Task Lists_only_the_refused_tasks_where_that_is_asked_for_and_sums_up_all()
    {
        MakeTask("good");
        MakeTask("bad", "version = \"1.0\"\n[environment]\ngpus = 1\n");

        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path, "--errors-only");
        var (_, json, _) = await RunAsync("tasks", "check", _folder.Path, "--errors-only", "--json");

        var report = JsonDocument.Parse(json).RootElement;
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(output, Does.Contain("bad/task.toml:3: error: ").And.Contain("\n1 ready\n").And.Not.Contain("good"));
        Assert.That(report.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("task").GetString()), Is.EqualTo(new[] { "bad" }));
        Assert.That((report.GetProperty("checked").GetInt32(), report.GetProperty("ready").GetInt32()), Is.EqualTo((2, 1)));
    }

    [Test]
    public async Task Lists_every_finding_with_file_and_line()
    {
        MakeTask("bad", "version = \"1.0\"\n[agent]\ntimeout_sec = -1\n[environment]\nimage = \"x\"\n");
        File.Delete(_folder["bad/instruction.md"]);
        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(output, Does.Contain("bad/task.toml:3: error: [agent] timeout_sec = -1 is not possible")
            .And.Contain("bad/task.toml:5: note: [environment] image")
            .And.Contain("bad/instruction.md: error: is missing")
            .And.Contain("1 checked, 1 with errors"));
    }

    [Test]
    public async Task Goes_on_below_a_task_file_of_another_tool()
    {
        _folder.Write("task.toml", "[template]\nname = \"x\"\n");
        MakeTask("tasks/one");
        var (exit, report) = await CheckJsonAsync();
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(report.GetProperty("checked").GetInt32(), Is.EqualTo(2));
        Assert.That(report.GetProperty("with_errors").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Tells_a_missing_task_file_where_everything_else_is_a_task()
    {
        MakeTask("one");
        File.Delete(_folder["one/task.toml"]);
        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(output, Does.Contain("one/task.toml: error: is missing"));
    }

    [Test]
    public async Task Warns_of_two_tasks_with_one_name()
    {
        MakeTask("a/The Task");
        MakeTask("b/the-task");
        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path);
        Assert.That(exit, Is.Zero);
        Assert.That(output, Does.Contain("the folder gives the same task name, '…', as …"));
    }

    [Test]
    public async Task Fails_where_no_task_is()
    {
        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path);
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(output, Does.Contain("task.toml: error: is missing here and in every folder below"));
    }

    [Test]
    public async Task Calls_a_folder_that_is_not_there_wrong_usage()
    {
        var (exit, _, error) = await RunAsync("tasks", "check", _folder["nowhere"]);
        Assert.That(exit, Is.EqualTo(2));
        Assert.That(error, Does.Contain("there is no folder"));
    }

    [Test]
    public async Task Calls_no_folder_wrong_usage()
    {
        Assert.That((await RunAsync("tasks", "check")).Exit, Is.EqualTo(2));
    }

    [Test]
    public async Task Shows_an_example_in_its_help()
    {
        var (exit, output, _) = await RunAsync("tasks", "check", "--help");
        Assert.That(exit, Is.Zero);
        Assert.That(output, Does.Contain("spark tasks check tasks/3d-scan-calc"));
    }

    [Test]
    public async Task Reads_the_published_tasks_without_an_error()
    {
        var (exit, output, _) = await RunAsync("tasks", "check", Requires.SharedData("skillsbench/tasks"));
        Assert.That(exit, Is.Zero);
        Assert.That(output, Does.Contain("2 checked, 0 with errors").And.Contain("1 with note: task.toml: [environment] image is not a known key; it is ignored: dialogue-parser"));
    }

    private async Task<(int Exit, JsonElement Report)> CheckJsonAsync()
    {
        var (exit, output, _) = await RunAsync("tasks", "check", _folder.Path, "--json");
        return (exit, JsonDocument.Parse(output).RootElement);
    }

    private static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await RootCommands.RunAsync(arguments, new CliOutput(output, error), default);
        JsonOutputs.Check(arguments, output.ToString(), error.ToString());
        return (exit, output.ToString(), error.ToString());
    }

    private void MakeTask(string name, string toml = "version = \"1.0\"\n")
    {
        _folder.Write($"{name}/task.toml", toml);
        _folder.Write($"{name}/instruction.md", "Do it.\n");
        _folder.Write($"{name}/environment/Dockerfile", "FROM scratch");
        _folder.Write($"{name}/tests/test.sh", "true");
        _folder.Write($"{name}/solution/solve.sh", "true");
    }
}
