using System.Text.Json;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Serve;

/// <summary><c>spark down</c>, and what <c>spark doctor</c> says of what was left.</summary>
[Category("Server"), Platform("Linux")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DownTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();

    private StateFolder State => new(_folder[".spark"]);

    public async ValueTask DisposeAsync()
    {
        await new FolderStop(State).StopAsync(now: true, _ => { }, CancellationToken.None);
        _folder.Dispose();
    }

    [Test]
    public async Task Stops_what_spark_up_keeps_running_and_says_so()
    {
        Requires.Command("temporal");
        using var up = SparkProcess.Start(["up", "--port", $"{DevServer.FreePort()}", "--ui-port", $"{DevServer.FreePort()}"], _folder.Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(State.Read()?.Worker is not null), "server and worker are up", TimeSpan.FromSeconds(60));
        var record = State.Read()!;

        var unused = await SparkProcess.RunAsync(["down", "--if-unused"], _folder.Path);
        Assert.That((unused.ExitCode, unused.Output.Trim()), Is.EqualTo((0, $"nothing unused runs in {State.Path}")), unused.Error);
        Assert.That(State.Read(), Is.EqualTo(record), "spark up uses it");

        var (code, output, error) = await SparkProcess.RunAsync(["down", "--json"], _folder.Path);
        var stopped = JsonDocument.Parse(output).RootElement;
        Assert.That(code, Is.Zero, error);
        Assert.That(
            stopped.GetProperty("stopped").EnumerateArray().Select(process => (process.GetProperty("kind").GetString(), process.GetProperty("pid").GetInt32())),
            Is.EquivalentTo(new[] { ("command", up.Id), ("worker", record.Worker!.Pid), ("server", record.Server.Pid) }));
        Assert.That(error, Does.Contain($"process {up.Id} is told to stop: spark up"));
        Assert.That(record.Worker.IsAlive || record.Server.IsAlive || ProcessMark.Of(up.Id) is not null, Is.False);
        Assert.That(File.Exists(_folder[".spark/temporal.db"]), Is.True, "its state is kept");
        await FolderProcesses.GoneAsync(_folder.Path);

        var again = await SparkProcess.RunAsync(["down"], _folder.Path);
        Assert.That((again.ExitCode, again.Output.Trim()), Is.EqualTo((0, $"nothing runs in {State.Path}")), again.Error);
    }

    [Test]
    public async Task In_a_folder_without_state_nothing_runs_and_nothing_is_made()
    {
        var (code, output, error) = await SparkProcess.RunAsync(["down"], _folder.Path);

        Assert.That((code, output.Trim()), Is.EqualTo((0, $"nothing runs in {State.Path}")), error);
        Assert.That(Directory.Exists(State.Path), Is.False);
    }

    [Test]
    public async Task Ends_a_command_with_a_server_of_its_own()
    {
        Requires.Command("temporal");
        using var dashboard = SparkProcess.Start(["dashboard", "--port", $"{DevServer.FreePort()}"], _folder.Path);
        await Eventually.IsTrueAsync(() => Task.FromResult(State.Read() is not null && State.Users().Count == 1), "it runs", TimeSpan.FromSeconds(60));

        var (code, output, error) = await SparkProcess.RunAsync(["down"], _folder.Path);

        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain($"stopped command (process {dashboard.Id})").And.Contain("stopped server"));
        await FolderProcesses.GoneAsync(_folder.Path);
    }

    [Test]
    public async Task What_nothing_uses_is_named_by_doctor_with_the_command_that_ends_it()
    {
        Requires.Command("temporal");
        var settings = TemporalServer.Settings with { Port = DevServer.FreePort(), UiPort = DevServer.FreePort() };
        var server = await DevServer.StartAsync(State, settings, new CliOutput(TextWriter.Null, TextWriter.Null), CancellationToken.None);
        var worker = WorkerProcess.Start(State, server);

        var left = await LeftAsync();
        Assert.That(left.Found, Does.Contain($"server (process {server.Server.Pid})").And.Contain($"worker (process {worker.Pid})").And.Contain(State.Path));
        Assert.That(left.Remedy, Is.EqualTo($"spark down --state {State.Path}"));

        var (code, output, error) = await SparkProcess.RunAsync(["down", "--state", State.Path]);
        Assert.That(code, Is.Zero, error);
        Assert.That(output, Does.Contain("stopped server").And.Contain("stopped worker"));
        Assert.That(server.Server.IsAlive || worker.IsAlive, Is.False);
        Assert.That((await LeftAsync()).Found, Is.Null);
    }

    [Test]
    public async Task A_server_whose_folder_is_gone_is_named_too()
    {
        Requires.Command("temporal");
        var settings = TemporalServer.Settings with { Port = DevServer.FreePort(), UiPort = DevServer.FreePort() };
        var server = await DevServer.StartAsync(State, settings, new CliOutput(TextWriter.Null, TextWriter.Null), CancellationToken.None);
        Directory.Delete(State.Path, recursive: true);

        var left = await LeftAsync();
        Assert.That(left.Found, Does.EndWith($"{State.Path}, which is gone"));
        Assert.That(left.Remedy, Is.EqualTo($"kill {server.Server.Pid}"));
    }

    private async Task<(string? Found, string? Remedy)> LeftAsync()
    {
        var (_, output, error) = await SparkProcess.RunAsync(["doctor", "--json"], _folder.Path);
        Assert.That(error, Is.Empty);
        return JsonDocument.Parse(output).RootElement.EnumerateArray()
            .Where(finding => finding.GetProperty("check").GetString() == "leftover" && finding.GetProperty("found").GetString()!.Contains(State.Path, StringComparison.Ordinal))
            .Select(finding => (finding.GetProperty("found").GetString(), finding.GetProperty("remedy").GetString())).SingleOrDefault();
    }
}
