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

    [Test]
    public async Task An_up_that_is_told_to_stop_lets_a_model_call_in_flight_end_and_goes_on_from_there()
    {
        using var up = await AskingUpAsync(TimeSpan.FromSeconds(6));
        ProcessMark.Of(up.Id)!.Signal(ProcessMark.Terminate);
        await up.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.That((Asked(), _model!.Aborted), Is.EqualTo((1, 0)), "the reply came, and no further call began");
        await FolderProcesses.GoneAsync(_folder.Path);

        var first = Blueprints()[0].IdempotencyKey;
        using var again = await UpAsync(Model);
        await Eventually.IsTrueAsync(() => Task.FromResult(Asked() > 1), "the run goes on", TimeSpan.FromSeconds(60));
        Assert.That(Blueprints().Count(request => request.IdempotencyKey == first), Is.EqualTo(1), "the first call is paid once");
        ProcessMark.Of(again.Id)!.Signal(ProcessMark.Kill);
        await FolderProcesses.GoneAsync(_folder.Path);
    }

    [Test]
    public async Task An_up_that_is_told_twice_waits_for_no_model_call()
    {
        using var up = await AskingUpAsync(TimeSpan.FromMinutes(5));
        var noted = up.StandardError.ReadLineAsync();
        ProcessMark.Of(up.Id)!.Signal(ProcessMark.Terminate);
        Assert.That(await noted.WaitAsync(TimeSpan.FromSeconds(30)), Does.Contain("Ctrl-C again"));
        ProcessMark.Of(up.Id)!.Signal(ProcessMark.Terminate);

        await FolderProcesses.GoneAsync(_folder.Path);
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

        await FolderProcesses.GoneAsync(_folder.Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(!record.Worker!.IsAlive && !record.Server.IsAlive), "worker and server are gone", TimeSpan.FromSeconds(15));
        await up.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(5));
        Assert.That(File.Exists(_folder[".spark/up.json"]), Is.False, "and nothing starts it again");
    }

    private static CliOutput Silent() => new(TextWriter.Null, TextWriter.Null);

    private async Task SignalAsync(Process command, int signal)
    {
        ProcessMark.Of(command.Id)!.Signal(signal);
        await FolderProcesses.GoneAsync(_folder.Path);
    }

    private async Task<Process> UpAsync(IReadOnlyDictionary<string, string>? variables = null)
    {
        Requires.Command("temporal");
        var up = SparkProcess.Start(["up", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{DevServer.FreePort()}"], _folder.Path, variables);
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
        var variables = await ModelAsync(TimeSpan.FromMinutes(2));
        var command = SparkProcess.Start(Creating(), _folder.Path, variables);
        await Eventually.IsTrueAsync(() => Task.FromResult(Asked() > 0), "a model is asked", TimeSpan.FromSeconds(60));
        return command;
    }

    /// <summary>A <c>spark up</c> whose worker waits for a model's reply.</summary>
    private async Task<Process> AskingUpAsync(TimeSpan delay)
    {
        var up = await UpAsync(await ModelAsync(delay));
        var (code, _, error) = await SparkProcess.RunAsync([.. Creating(), "--detach"], _folder.Path);
        Assert.That(code, Is.Zero, error);
        await Eventually.IsTrueAsync(() => Task.FromResult(Asked() > 0), "a model is asked", TimeSpan.FromSeconds(60));
        return up;
    }

    private async Task<Dictionary<string, string>> ModelAsync(TimeSpan delay)
    {
        Requires.Command("temporal");
        _model = await FakeModelServer.StartAsync();
        _model.Script = _ => FakeReply.Text("No blueprint.") with { Delay = delay };
        return Model;
    }

    private Dictionary<string, string> Model => new() { ["OPENAI_BASE_URL"] = _model!.BaseUrl, ["OPENAI_API_KEY"] = "key-of-nobody" };

    private string[] Creating() =>
    [
        "tasks", "create", "--prompt-file", _folder.Write("prompt.json", """{"prompt": "Sum the numbers of a file.", "task_name_hint": "sum-numbers"}"""),
        "--model", "fake", "--no-dashboard", "--no-preflight",
    ];

    private IReadOnlyList<FakeModelRequest> Blueprints() => [.. _model!.Requests.Where(request => request.Purpose == "blueprint")];

    private int Asked() => Blueprints().Count;
}
