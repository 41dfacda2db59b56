using System.Diagnostics;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Servers;

public sealed class StateFolderTests
{
    private static readonly ProcessMark Dead = new(ProcessMark.Self.Pid, "another start");

    [Test]
    public void Knows_nothing_without_a_file_and_with_a_broken_one()
    {
        using var folder = new TemporaryFolder();
        var state = new StateFolder(folder.Path);

        Assert.That(state.Read(), Is.Null);
        folder.Write("up.json", "{ \"server\": ");
        Assert.That(state.Read(), Is.Null);
        folder.Write("up.json", "{}");
        Assert.That(state.Read(), Is.Null);
    }

    [Test, Platform(Exclude = "Win"), System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Is_made_for_its_owner_alone()
    {
        using var folder = new TemporaryFolder();
        var state = new StateFolder(folder[".spark"]);

        state.Join();

        Assert.That(File.GetUnixFileMode(state.Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
    }

    [TestCase(".spark/temporal.db", "/srv/demo/state/temporal.db")]
    [TestCase("other/temporal.db", "/srv/demo/other/temporal.db")]
    [TestCase("/var/temporal.db", "/var/temporal.db")]
    public void Places_the_database_that_the_settings_name(string file, string place) =>
        Assert.That(new StateFolder("/srv/demo/state").Place(file), Is.EqualTo(place));

    [Test]
    public void Forgets_what_is_dead_even_if_its_number_lives_on()
    {
        using var folder = new TemporaryFolder();
        var state = new StateFolder(folder.Path);

        state.Write(Record() with { Owner = Dead, Worker = Dead });
        Assert.That(state.Read(), Is.EqualTo(Record()));

        state.Write(Record() with { Owner = ProcessMark.Self, Worker = ProcessMark.Self });
        Assert.That(state.Read(), Is.EqualTo(Record() with { Owner = ProcessMark.Self, Worker = ProcessMark.Self }));

        state.Write(Record() with { Server = Dead, Worker = ProcessMark.Self });
        Assert.That(state.Read(), Is.Null);
        Assert.That(state.StrayWorker(), Is.EqualTo(ProcessMark.Self));
    }

    [Test]
    public void The_last_user_is_the_one_after_whom_nobody_alive_is_left()
    {
        using var folder = new TemporaryFolder();
        var state = new StateFolder(folder.Path);
        using var other = Process.Start("sleep", "60");
        folder.Write($"sessions/{other.Id}", ProcessMark.Of(other.Id)!.Started);
        folder.Write("sessions/1", "before the last boot");
        state.Join();

        Assert.That(state.Leave(), Is.EqualTo(new[] { other.Id }));
        other.Kill();
        other.WaitForExit();
        Assert.That(state.Leave(), Is.Empty);
    }

    [Test]
    public async Task Is_held_by_one_process_at_a_time()
    {
        using var folder = new TemporaryFolder();
        var first = await new StateFolder(folder.Path).LockAsync(CancellationToken.None);
        var second = new StateFolder(folder.Path).LockAsync(CancellationToken.None);

        Assert.That(second.IsCompleted, Is.False);
        first.Dispose();
        (await second.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
    }

    [Test]
    public async Task A_process_that_does_not_heed_its_signal_is_killed()
    {
        using var folder = new TemporaryFolder();
        using var stubborn = Process.Start("/bin/sh", ["-c", $"trap '' TERM; : > {folder["deaf"]}; while :; do sleep 1; done"]);
        var mark = ProcessMark.Of(stubborn.Id)!;
        await Eventually.IsTrueAsync(() => Task.FromResult(File.Exists(folder["deaf"])), "the process heeds nothing");

        Assert.That(await mark.StopAsync(ProcessMark.Terminate, TimeSpan.FromMilliseconds(500)), Is.False);
        Assert.That(mark.IsAlive, Is.False);
    }

    private static UpRecord Record() => new()
    {
        Server = ProcessMark.Self,
        Address = "127.0.0.1:1",
        Namespace = "spark",
        UiAddress = "http://127.0.0.1:2",
    };
}
