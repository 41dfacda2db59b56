using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class ContainerEndTests
{
    [Test]
    public async Task Removal_takes_half_a_second_whatever_runs_inside_and_may_be_repeated()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        await bench.TurnAsync(started.Container, 1, 20, ["trap '' TERM; (while :; do :; done) & sleep 400 &"]);
        var removed = await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container)));
        var again = await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container)));
        var byPlace = await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest("", 1)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((removed.Removed, again.Removed, byPlace.Removed), Is.EqualTo((true, false, false)));
            Assert.That(await bench.ExistsAsync(started.Container), Is.False);
        }
    }

    [Test]
    public async Task A_container_that_its_command_ends_is_the_agents_doing()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        var (reply, answers) = await bench.TurnAsync(started.Container, 1, 300, ["kill -9 -1; sleep 300", "echo never"]);
        Assert.That(reply.ContainerEnded, Is.True);
        Assert.That(answers, Has.Count.EqualTo(2));
        Assert.That(answers[0].Content, Does.Contain("container ended"));
        Assert.That(answers.Select(answer => answer.Result?.TimedOut), Has.None.EqualTo(true), "nobody waits for the time-out of a command that is gone");
    }

    [Test]
    public async Task A_container_that_somebody_removed_is_lost()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        var turn = bench.TurnAsync(started.Container, 1, 60, ["sleep 50"]);
        await Eventually.IsTrueAsync(
            async () => (await Probe.RunAsync(bench.Gateway, started.Container, "cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).Contains("sleep 50", StringComparison.Ordinal), "it runs");
        await bench.Gateway.RemoveAsync(started.Container, CancellationToken.None);
        foreach (var failing in (Func<Task>[])[() => turn, () => bench.TurnAsync(started.Container, 2, 60, ["true"]), () => bench.VerifyAsync(started.Container, "true")])
        {
            var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => failing());
            Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.SandboxLost));
            Assert.That(failure.NonRetryable, Is.True);
        }
    }

    [Test]
    public async Task A_command_that_fills_the_disk_is_killed_and_told_so()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(settings: new TaskSettings { StorageMb = 64 });
        var (_, answers) = await bench.TurnAsync(
            started.Container, 1, 60, ["i=0; while :; do head -c 8000000 /dev/zero > /var/f$i; i=$((i+1)); sleep 0.05; [ $i -lt 400 ] || sleep 50; done"]);
        var (_, next) = await bench.TurnAsync(started.Container, 2, 20, ["rm -f /var/f*; echo cleaned"]);
        Assert.That(answers[0].Content, Does.Contain("storage limit of 64 MiB").Or.Contain("No space left"));
        Assert.That(next[0].Content, Is.EqualTo("cleaned\n"));
    }

    [Test]
    public async Task Commands_are_run_again_in_a_new_container_and_that_is_noted()
    {
        await using var bench = new SandboxBench();
        var first = await bench.StartAsync();
        var conversation = await bench.SayAsync(null, ["cd /opt; export A=1", "echo $A > made.txt"]);
        var reply = await bench.DoAsync(sandbox => sandbox.RunTurnAsync(new TurnRequest { Container = first.Container, Turn = 1, Conversation = conversation }));
        var pending = await bench.SayAsync(reply.Conversation, ["cat made.txt; pwd"]);
        await bench.Gateway.RemoveAsync(first.Container, CancellationToken.None);

        var second = await bench.StartAsync(ordinal: 2);
        var rerun = await bench.DoAsync(sandbox => sandbox.RerunAsync(new RerunRequest { Container = second.Container, Conversation = pending, Reason = "Container 1 was lost." }));
        var turn = await bench.DoAsync(sandbox => sandbox.RunTurnAsync(new TurnRequest { Container = second.Container, Turn = 2, Conversation = rerun.Conversation }));

        var messages = await bench.Store.ReadConversationAsync(turn.Conversation, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(rerun.Commands, Is.EqualTo(2));
            Assert.That(messages.Select(message => message.Role), Is.EqualTo((string[])["assistant", "tool", "tool", "assistant", "note", "tool"]));
            Assert.That(messages[4].Content, Does.StartWith("Container 1 was lost."));
            Assert.That(messages[^1].Content, Is.EqualTo("1\n/opt\n"));
        }
    }

    [Test]
    public async Task A_sweep_takes_what_is_past_its_deadline_or_belongs_to_a_closed_workflow_and_nothing_else()
    {
        var host = $"sweep-{Guid.NewGuid().ToString("n")[..8]}";
        await using var closed = new SandboxBench(options => options.Host = host);
        await using var running = new SandboxBench(options => options.Host = host);
        await using var unknown = new SandboxBench(options => options.Host = host);
        await using var elsewhere = new SandboxBench(options => options.Host = $"{host}-2");
        var containers = new List<string>();
        foreach (var bench in (SandboxBench[])[closed, running, unknown, elsewhere])
        {
            containers.Add((await bench.StartAsync(shell: false)).Container);
        }

        Task<bool?> IsClosed(string workflow, CancellationToken cancellationToken) =>
            Task.FromResult<bool?>(workflow == closed.WorkflowId || workflow == elsewhere.WorkflowId ? true : workflow == running.WorkflowId ? false : null);
        var sweeper = (ISandboxSweeper)running.Services.GetService(typeof(ISandboxSweeper))!;
        var swept = await sweeper.SweepAsync(IsClosed, CancellationToken.None);

        var late = new LateTime(TimeSpan.FromSeconds(700));
        var lateSweeper = new SandboxSweeper(running.Gateway, new SandboxHost(Microsoft.Extensions.Options.Options.Create(new SandboxOptions { Host = host })), late, Microsoft.Extensions.Logging.Abstractions.NullLogger<SandboxSweeper>.Instance);
        var sweptLater = await lateSweeper.SweepAsync((_, _) => Task.FromResult<bool?>(null), CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(swept, Is.EqualTo((string[])[containers[0]]));
            Assert.That(sweptLater, Is.EquivalentTo((string[])[containers[1], containers[2]]));
            Assert.That(await elsewhere.ExistsAsync(containers[3]), Is.True);
        }
    }

    private sealed class LateTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + by;
    }
}
