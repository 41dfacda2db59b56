using System.Diagnostics;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Servers;

/// <summary>However a command ends, within 15 seconds nothing of it is left.</summary>
[Category("Server"), Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ProcessesEndTests : IAsyncDisposable
{
    private const int HangUp = 1;

    private readonly TemporaryFolder _folder = new();
    private FakeModelServer? _model;

    private StateFolder State => new(_folder[".spark"]);

    public async ValueTask DisposeAsync()
    {
        // A test that failed must not leave what it looked for.
        await new FolderStop(State).StopAsync(now: true, _ => { }, CancellationToken.None);
        if (_model is not null)
        {
            await _model.DisposeAsync();
        }

        _folder.Dispose();
    }

    [TestCase(ProcessMark.Terminate)]
    [TestCase(ProcessMark.Interrupt)]
    [TestCase(HangUp)]
    [TestCase(ProcessMark.Kill)]
    public async Task A_command_in_a_model_call_that_gets_a_signal_leaves_nothing(int signal)
    {
        using var command = await WorkingAsync();
        await SignalAsync(command, signal);
    }

    [TestCase(ProcessMark.Terminate)]
    [TestCase(ProcessMark.Interrupt)]
    [TestCase(HangUp)]
    [TestCase(ProcessMark.Kill)]
    public async Task An_up_that_gets_a_signal_leaves_nothing(int signal)
    {
        using var up = await UpAsync();
        await SignalAsync(up, signal);
        Assert.That(File.Exists(_folder[".spark/temporal.db"]), Is.True, "its state is kept");
    }

    [TestCase("up --port PORT --ui-port UIPORT")]
    [TestCase("dashboard --port PORT")]
    public async Task A_command_whose_terminal_is_gone_leaves_nothing(string command)
    {
        Requires.Command("script");
        var line = command.Replace("UIPORT", $"{DevServer.FreePort()}", StringComparison.Ordinal).Replace("PORT", $"{DevServer.FreePort()}", StringComparison.Ordinal);

        // The terminal goes with the process that has its other end.
        using var terminal = Process.Start(new ProcessStartInfo("script", ["-qec", $"{SparkProcess.Program} {line}", "/dev/null"])
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { ["TEMPORAL_ADDRESS"] = "" },
        })!;
        await Eventually.IsTrueAsync(() => Task.FromResult(State.Read() is not null && State.Users().Count == 1), "it runs", TimeSpan.FromSeconds(60));
        terminal.Kill();
        await terminal.WaitForExitAsync();

        await FolderProcesses.GoneAsync(_folder.Path);
    }

    [Test]
    public async Task A_command_that_is_killed_while_its_server_starts_leaves_nothing()
    {
        using var command = SparkProcess.Start(["dashboard", "--port", $"{DevServer.FreePort()}"], _folder.Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(LocalProcesses.Of(State.Path).Count > 0), "its server starts", TimeSpan.FromSeconds(60));
        command.Kill();

        await FolderProcesses.GoneAsync(_folder.Path);
    }

    [Test]
    public async Task Of_commands_that_share_a_server_the_last_one_ends_it_also_when_the_first_was_killed()
    {
        using var first = await DashboardAsync();
        var server = State.Read()!.Server;
        using var second = await DashboardAsync(users: 2);
        first.Kill();
        await first.WaitForExitAsync();
        var listed = await SparkProcess.RunAsync(["runs", "list", "--json"], _folder.Path);
        Assert.That((listed.ExitCode, listed.Output.Trim()), Is.EqualTo((0, "[]")), listed.Error);
        Assert.That(State.Read()?.Server, Is.EqualTo(server), "the second still uses it");
        second.Kill();

        await FolderProcesses.GoneAsync(_folder.Path);
        Assert.That(File.Exists(_folder[".spark/up.json"]), Is.False);
    }

    [Test]
    public async Task The_next_command_takes_over_what_a_killed_one_left()
    {
        using var first = await DashboardAsync();
        first.Kill();
        var listed = await SparkProcess.RunAsync(["runs", "list", "--json"], _folder.Path);

        Assert.That((listed.ExitCode, listed.Output.Trim()), Is.EqualTo((0, "[]")), listed.Error);
        await FolderProcesses.GoneAsync(_folder.Path);
    }

    [Test]
    public async Task A_worker_whose_server_and_command_were_killed_ends_too()
    {
        using var up = await UpAsync();
        var record = State.Read()!;
        up.Kill();
        record.Server.Signal(ProcessMark.Kill);

        await FolderProcesses.GoneAsync(_folder.Path);
        Assert.That(record.Worker!.IsAlive, Is.False);
    }

    [Test]
    public async Task A_worker_alone_ends_when_its_server_is_gone()
    {
        Requires.Command("temporal");
        var server = await DevServer.StartAsync(
            State, TemporalServer.Settings with { Port = DevServer.FreePort(), UiPort = DevServer.FreePort() }, Silent(), CancellationToken.None);
        var worker = WorkerProcess.Start(State, server);
        await Eventually.IsTrueAsync(() => Task.FromResult(File.Exists(State.WorkerLog) && File.ReadAllText(State.WorkerLog).Length > 0), "it runs");
        server.Server.Signal(ProcessMark.Kill);

        await Eventually.IsTrueAsync(() => Task.FromResult(!worker.IsAlive), "the worker ended", TimeSpan.FromSeconds(18));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task What_runs_in_a_folder_that_is_deleted_ends(bool killed)
    {
        using var up = await UpAsync();
        var record = State.Read()!;
        Directory.Delete(State.Path, recursive: true);
        if (killed)
        {
            up.Kill();
        }

        await Eventually.IsTrueAsync(() => Task.FromResult(!record.Worker!.IsAlive && !record.Server.IsAlive), "server and worker ended", TimeSpan.FromSeconds(15));
    }

    private static CliOutput Silent() => new(TextWriter.Null, TextWriter.Null);

    private async Task SignalAsync(Process command, int signal)
    {
        ProcessMark.Of(command.Id)!.Signal(signal);
        await FolderProcesses.GoneAsync(_folder.Path);
    }

    private async Task<Process> UpAsync()
    {
        Requires.Command("temporal");
        var up = SparkProcess.Start(["up", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{DevServer.FreePort()}"], _folder.Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(State.Read()?.Worker is not null), "server and worker are up", TimeSpan.FromSeconds(60));
        return up;
    }

    private async Task<Process> DashboardAsync(int users = 1)
    {
        Requires.Command("temporal");
        var dashboard = SparkProcess.Start(["dashboard", "--port", $"{DevServer.FreePort()}"], _folder.Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(State.Read() is not null && State.Users().Count == users), "it runs", TimeSpan.FromSeconds(60));
        return dashboard;
    }

    /// <summary>A command whose worker waits for a model's reply.</summary>
    private async Task<Process> WorkingAsync()
    {
        Requires.Command("temporal");
        _model = await FakeModelServer.StartAsync();
        _model.Script = _ => FakeReply.Text("Late.") with { Delay = TimeSpan.FromMinutes(2) };
        var prompt = _folder.Write("prompt.json", """{"prompt": "Sum the numbers of a file.", "task_name_hint": "sum-numbers"}""");
        var command = SparkProcess.Start(
            ["tasks", "create", "--prompt-file", prompt, "--model", "fake", "--no-dashboard"],
            _folder.Path,
            new Dictionary<string, string> { ["OPENAI_BASE_URL"] = _model.BaseUrl, ["OPENAI_API_KEY"] = "key-of-nobody" });
        await Eventually.IsTrueAsync(() => Task.FromResult(_model.Requests.Count > 0), "a model is asked", TimeSpan.FromSeconds(60));
        return command;
    }
}
