using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Tests.Starter.Servers;

public sealed class SupervisorTests
{
    [TestCase(null, 0, 1)]
    [TestCase(1, 0, 2)]
    [TestCase(4, 29, 8)]
    [TestCase(8, 0, 10)]
    [TestCase(10, 0, 10)]
    [TestCase(10, 30, 1)]
    public void Waits_longer_while_the_ends_follow_close(int? last, int ran, int next) => Assert.That(
        Supervisor.NextDelay(last is { } seconds ? TimeSpan.FromSeconds(seconds) : null, TimeSpan.FromSeconds(ran)),
        Is.EqualTo(TimeSpan.FromSeconds(next)));

    [Test]
    public async Task Starts_again_after_an_end_and_after_a_failure_to_start()
    {
        using var stop = new CancellationTokenSource();
        var starts = 0;
        var notes = new List<(double Wait, string? Problem)>();
        var supervisor = new Supervisor((_, _) => Task.CompletedTask, TimeProvider.System);

        Task<Task> Start(CancellationToken cancellationToken) => ++starts switch
        {
            1 => Task.FromResult(Task.CompletedTask),
            2 => throw new CliException("cannot start"),
            3 => Task.FromResult(Task.CompletedTask),
            _ => Task.FromResult(stop.CancelAsync()),
        };

        var run = supervisor.RunAsync(Start, (wait, problem) => notes.Add((wait.TotalSeconds, problem)), stop.Token);

        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(starts, Is.EqualTo(4));
        Assert.That(notes, Is.EqualTo(new (double, string?)[] { (1, null), (2, "cannot start"), (4, null) }));
        await run.ContinueWith(_ => { }, TaskScheduler.Default);
    }
}
