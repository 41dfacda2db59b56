using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>Commands and shells that end badly, workers that die, and connections that break.</summary>
[Category("Docker")]
[TestFixture("bash")]
[TestFixture("sh")]
public sealed class ShellFaultTests(string shell) : ShellFixture(shell)
{
    [Test]
    public async Task A_shell_that_is_killed_while_it_waits_loses_no_command()
    {
        await RunAsync("cd /srv; export WAITED=1");
        await RunProbeAsync("read next < /.spark/sh/next; kill -9 $next");
        Assert.That(await RunAsync("pwd; echo $WAITED; cd /home"), Is.EqualTo("/srv\n1\n"));
    }

    [TestCase("sleep 300")]
    [TestCase("trap '' TERM INT HUP; while :; do :; done")]
    [TestCase("sh -c 'trap \"\" TERM; sleep 301 & sleep 301 & wait' & (sleep 301; echo) | cat")]
    [TestCase("(setsid sleep 302 &) ; sleep 302")]
    public async Task Kills_all_of_a_command_at_its_time_out_and_keeps_the_shell(string command)
    {
        await RunAsync("cd /var; export BEFORE=1");
        var (reply, answers) = await Bench.TurnAsync(Container, NextTurn(), 1, [command]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers[0].Content, Is.EqualTo("[timed out after 1 s and was killed, exit code 124]"));
            Assert.That(answers[0].Result!.TimedOut, Is.True);
            Assert.That(reply.ExitCode, Is.EqualTo(124));
            Assert.That(await RunAsync("pwd; echo $BEFORE; cd /home"), Is.EqualTo("/var\n1\n"));
            Assert.That(await ProcessesAsync("sleep 30"), Is.Empty);
        }
    }

    [Test]
    public async Task Services_left_running_survive_later_commands_and_their_time_outs()
    {
        await RunAsync("sleep 1234 & nohup sh -c 'sleep 1235' >/dev/null 2>&1 &");
        await Bench.TurnAsync(Container, NextTurn(), 1, ["sleep 300"]);
        Assert.That(await ProcessesAsync("sleep 123"), Has.Count.EqualTo(2));
        await RunAsync("for p in /proc/[0-9]*; do grep -qa '^sleep.123' $p/cmdline 2>/dev/null && kill ${p#/proc/}; done; true");
    }

    [Test]
    public async Task A_command_that_kills_every_shell_ends_alone()
    {
        await RunAsync("cd /opt; export SURVIVES=1");
        var killed = await RunAsync("for p in /proc/[0-9]*; do grep -qa 'spark/shell' $p/cmdline 2>/dev/null && kill -9 ${p#/proc/}; done; echo never");
        Assert.That(killed, Is.EqualTo("[exit code 137]"));
        Assert.That(await RunAsync("pwd; echo $SURVIVES; cd /home"), Is.EqualTo("/opt\n1\n"));
    }

    [TestCase("bomb() { bomb | bomb & }; bomb; sleep 2")]
    [TestCase("i=0; while [ $i -lt 1000 ]; do sleep 400 & i=$((i+1)); done; sleep 2")]
    public async Task After_a_command_that_forks_without_end_the_next_one_works(string command)
    {
        await Bench.TurnAsync(Container, NextTurn(), 60, [command]);
        var (_, answers) = await Bench.TurnAsync(Container, NextTurn(), 60, ["/bin/echo works"]);
        // The shell may have to say first that it waits for room.
        Assert.That(answers[0].Content, Does.EndWith("works\n"));
        Assert.That(await ProcessesAsync("sleep 400"), Has.Count.LessThan(100));
    }

    [Test]
    public async Task A_command_runs_once_though_the_worker_dies_while_it_runs()
    {
        var conversation = await Bench.SayAsync(null, ["echo run >> /tmp/runs; until [ -e /tmp/go ]; do sleep 0.1; done; echo done"]);
        var request = new TurnRequest { Container = Container, Turn = NextTurn(), Conversation = conversation, TimeoutSec = 120 };
        using var death = new CancellationTokenSource();
        var first = Bench.DoAsync(sandbox => sandbox.RunTurnAsync(request), death.Token);
        await Eventually.PassesAsync(async () => Assert.That(await ReadAsync("/tmp/runs"), Is.EqualTo("run\n")));
        await death.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        Bench.RestartWorker();

        var second = Bench.DoAsync(sandbox => sandbox.RunTurnAsync(request));
        await RunProbeAsync("touch /tmp/go");
        var reply = await second;
        var again = await Bench.DoAsync(sandbox => sandbox.RunTurnAsync(request));

        var messages = await Bench.Store.ReadConversationAsync(reply.Conversation, CancellationToken.None);
        var repeated = await Bench.Store.ReadConversationAsync(again.Conversation, CancellationToken.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(messages[^1].Content, Is.EqualTo("done\n"));
            Assert.That(repeated[^1].Content, Is.EqualTo("done\n"));
            Assert.That(await ReadAsync("/tmp/runs"), Is.EqualTo("run\n"));
        }
    }

    [Test]
    public async Task The_time_out_counts_from_the_start_of_the_command_whoever_waits_for_it()
    {
        var conversation = await Bench.SayAsync(null, ["touch /tmp/started; sleep 60"]);
        var request = new TurnRequest { Container = Container, Turn = NextTurn(), Conversation = conversation, TimeoutSec = 4 };
        using var death = new CancellationTokenSource();
        var first = Bench.DoAsync(sandbox => sandbox.RunTurnAsync(request), death.Token);
        await Eventually.IsTrueAsync(async () => await ReadAsync("/tmp/started") is not null, "the command runs");
        await death.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        Bench.RestartWorker();

        var reply = await Bench.DoAsync(sandbox => sandbox.RunTurnAsync(request));
        Assert.That(reply.ExitCode, Is.EqualTo(124));
        Assert.That(reply.DurationMs, Is.InRange(3900, 6000));
    }

    /// <summary>The names that the shell itself uses to answer.</summary>
    [TestCase("printf(){ /usr/bin/printf \"$@\" | sed 's/^/> /'; }; printf 'a\\n'", "> a\n")]
    [TestCase("printf(){ :; }; true", "[no output]")]
    [TestCase("kill(){ :; }; wait(){ :; }; read(){ false; }; command(){ false; }; true", "[no output]")]
    [TestCase("alias printf=false kill=false trap=: set=: read=false if=false case=false; true", "[no output]")]
    public async Task What_a_command_defines_does_not_reach_the_answer(string command, string expected)
    {
        await RunAsync("cd /opt");
        Assert.That(await RunAsync(command), Is.EqualTo(expected));
        Assert.That(await RunAsync("pwd; cd /home"), Is.EqualTo("/opt\n"));
    }

    [TestCase("trap(){ :; }; set(){ :; }; exec(){ :; }; eval(){ :; }; unset(){ :; }; builtin(){ :; }; true")]
    [TestCase("shopt -s expand_aliases; alias printf='printf -v X' kill=false set=: trap=: exec=: eval=: unset=:; true")]
    public async Task What_only_bash_lets_define_does_not_reach_it_either(string command)
    {
        Assume.That(Shell, Is.EqualTo("bash"));
        Assert.That(await RunAsync(command), Is.EqualTo("[no output]"));
        Assert.That(await RunAsync("pwd"), Is.EqualTo("/home\n"));
    }

    [Test]
    public async Task A_lost_connection_is_opened_again()
    {
        await RunAsync("export BEFORE_LOSS=1");
        await RunAsync("for p in /proc/[0-9]*; do grep -qa 'spark/broker' $p/cmdline 2>/dev/null && kill -9 ${p#/proc/}; done");
        Assert.That(await RunAsync("echo $BEFORE_LOSS"), Is.EqualTo("1\n"));
    }

    [Test]
    public async Task Beats_while_it_waits_and_leaves_at_once_when_cancelled()
    {
        var before = Bench.Beats.Count;
        using var cancel = new CancellationTokenSource();
        var turn = Bench.TurnAsync(Container, NextTurn(), 300, ["sleep 255"], cancellationToken: cancel.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(Bench.Beats.Count >= before + 3), "three beats", TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();
        Assert.That(async () => await turn, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await ProcessesAsync("sleep 255"), Is.Not.Empty, "it did not wait for the command");
        await RunProbeAsync("for p in /proc/[0-9]*; do grep -qa '^sleep.255' $p/cmdline 2>/dev/null && kill -9 ${p#/proc/}; done; true");
        Assert.That(await RunAsync("echo on"), Is.EqualTo("on\n"));
    }
}
