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
        foreach (var copy in new[] { "one/environment", "one/environment/inner", ".hidden/x", "_archive/y", "group/environment" })
        {
            MakeTask(copy);
        }

        Directory.CreateSymbolicLink(_folder["linked"], _folder["group"]);
        var (exit, report) = await CheckJsonAsync();
        Assert.That(exit, Is.Zero);
        Assert.That(report.GetProperty("tasks").EnumerateArray().Select(task => task.GetProperty("task").GetString()), Is.EqualTo(new[] { "two", "one" }));
        Assert.That(report.GetProperty("with_errors").GetInt32(), Is.Zero);
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
        Assert.That(output, Does.Contain("the folder gives the same task name, the-task"));
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
        Assert.That(output, Does.Contain("2 checked, 0 with errors").And.Contain("dialogue-parser/task.toml:17: note: [environment] image"));
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
