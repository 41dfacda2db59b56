using System.Diagnostics;
using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Conversations;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
[TestFixture("bash")]
[TestFixture("sh")]
public sealed class ShellTests(string shell)
{
    private SandboxBench _bench = null!;
    private string _container = "";
    private int _turn;

    [OneTimeSetUp]
    public async Task Start()
    {
        _bench = new SandboxBench(options => options.PidsLimit = 200);
        var image = await _bench.BuildAsync(
            $"FROM debian:bookworm-slim\n{(shell == "sh" ? "RUN rm -f /bin/bash /usr/bin/bash\n" : "")}WORKDIR /home\n");
        _container = (await _bench.StartAsync(image.Image)).Container;
    }

    [OneTimeTearDown]
    public async Task Remove() => await _bench.DisposeAsync();

    [Test]
    public async Task Keeps_folder_variables_and_functions_between_commands()
    {
        await RunAsync("cd /usr/share; export KEPT='a b'; plain=5; greet() { echo \"hello $1\"; }");
        Assert.That(await RunAsync("pwd; echo \"$KEPT $plain\"; greet you; sh -c 'echo $KEPT'; cd /home"), Is.EqualTo("/usr/share\na b 5\nhello you\na b\n"));
    }

    [Test]
    public async Task Keeps_the_folder_of_a_command_that_exits_the_shell()
    {
        Assert.That(await RunAsync("cd /etc && export AFTER=1 && exit 7"), Is.EqualTo("[exit code 7]"));
        Assert.That(await RunAsync("pwd; echo $AFTER; cd /home"), Is.EqualTo("/etc\n1\n"));
    }

    [TestCase("set -e; false; echo never", "[exit code 1]")]
    [TestCase("exec sh -c 'exit 4'", "[exit code 4]")]
    [TestCase("sh -c 'kill -9 $PPID'; echo never", "[exit code 137]")]
    [TestCase("cat; echo end of input", "end of input\n")]
    [TestCase("printf x >&2; printf y", "xy")]
    [TestCase("true", "[no output]")]
    [TestCase("printf 'caf\\303\\251 \\342\\202\\254'", "café €")]
    [TestCase("printf 'a\\000b\\377'", "a·b\uFFFD")]
    [TestCase("printf 'a\\tb\\\\c\\\\n\\n\\n d'", "a\tb\\c\\n\n\n d")]
    [TestCase("cd \"$(mktemp -d \"/tmp/a\tb XXXX\")\"; printf x", "x")]
    [TestCase("cat <<'END'\n$HOME 'quoted' \"twice\" \\n\nEND", "$HOME 'quoted' \"twice\" \\n\n")]
    public async Task Answers_a_command_and_goes_on(string command, string expected)
    {
        Assert.That(await RunAsync(command), Is.EqualTo(expected));
        Assert.That(await RunAsync("echo still here"), Is.EqualTo("still here\n"));
    }

    /// <summary>Around the length up to which output stands in the line of the answer.</summary>
    [TestCase(2999)]
    [TestCase(3000)]
    [TestCase(3001)]
    public async Task Answers_with_all_of_an_output(int length)
    {
        var text = new string('\\', length - 1) + "\n";
        Assert.That(await RunAsync($"cat <<'END'\n{text}END"), Is.EqualTo(text));
    }

    [Test]
    public async Task A_shell_with_settings_of_its_own_goes_on()
    {
        Assert.That(await RunAsync("set -C; IFS=0123456789; cd /opt"), Is.EqualTo("[no output]"));
        Assert.That(await RunAsync("pwd; unset IFS; set +C; cd /home"), Is.EqualTo("/opt\n"));
    }

    [Test]
    public async Task A_shell_that_is_killed_while_it_waits_loses_no_command()
    {
        await RunAsync("cd /srv; export WAITED=1");
        await RunProbeAsync("read next < /.spark/sh/next; kill -9 $next");
        Assert.That(await RunAsync("pwd; echo $WAITED; cd /home"), Is.EqualTo("/srv\n1\n"));
    }

    [Test]
    public async Task Answers_a_command_that_is_no_shell_and_goes_on()
    {
        Assert.That(await RunAsync("if then fi ((("), Does.EndWith("[exit code 2]").Or.EndWith("[exit code 1]"));
        Assert.That(await RunAsync("echo still here"), Is.EqualTo("still here\n"));
    }

    [TestCase("sleep 300")]
    [TestCase("trap '' TERM INT HUP; while :; do :; done")]
    [TestCase("sh -c 'trap \"\" TERM; sleep 301 & sleep 301 & wait' & (sleep 301; echo) | cat")]
    [TestCase("(setsid sleep 302 &) ; sleep 302")]
    public async Task Kills_all_of_a_command_at_its_time_out_and_keeps_the_shell(string command)
    {
        await RunAsync("cd /var; export BEFORE=1");
        var clock = Stopwatch.StartNew();
        var (reply, answers) = await _bench.TurnAsync(_container, ++_turn, 1, [command]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(clock.Elapsed.TotalSeconds, Is.LessThan(8));
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
        await _bench.TurnAsync(_container, ++_turn, 1, ["sleep 300"]);
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
        await _bench.TurnAsync(_container, ++_turn, 60, [command]);
        var (_, answers) = await _bench.TurnAsync(_container, ++_turn, 60, ["/bin/echo works"]);
        // The shell may have to say first that it waits for room.
        Assert.That(answers[0].Content, Does.EndWith("works\n"));
        Assert.That(await ProcessesAsync("sleep 400"), Has.Count.LessThan(100));
    }

    [Test]
    public async Task Long_output_is_cut_in_the_middle_and_counted_and_kept()
    {
        var (_, answers) = await _bench.TurnAsync(_container, ++_turn, 30, ["i=0; while [ $i -lt 20000 ]; do echo line-$i-é; i=$((i+1)); done"], outputCharacters: 1000);
        var expected = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line-{i}-é\n"));
        var text = answers[0].Content;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(text, Does.StartWith("line-0-é\nline-1-é\n"));
            Assert.That(text, Does.EndWith("line-19999-é\n"));
            Assert.That(text, Does.Match(@"\n\[… \d+ bytes left out …\]\n"));
            Assert.That(text.Length, Is.LessThan(1100));
            Assert.That(answers[0].Result!.OutputBytes, Is.EqualTo(Encoding.UTF8.GetByteCount(expected)));
            Assert.That(await _bench.Store.ReadTextAsync(answers[0].Result!.Output!, CancellationToken.None), Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task Output_without_end_neither_fills_the_worker_nor_is_lost_count_of()
    {
        const string command = "head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last";
        var (_, answers) = await _bench.TurnAsync(_container, ++_turn, 60, [command]);
        var (_, again) = await _bench.TurnAsync(_container, _turn, 60, [command]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers[0].Result!.OutputBytes, Is.EqualTo(30_000_006));
            Assert.That(answers[0].Content, Does.EndWith("x\nlast\n"));
            Assert.That(answers[0].Result!.Output!.Length, Is.LessThan(1_100_000));
            Assert.That(again[0].Content, Is.EqualTo(answers[0].Content), "asked again, it is read again");
            Assert.That(again[0].Result!.Output, Is.EqualTo(answers[0].Result!.Output));
            Assert.That(await RunProbeAsync($"du -sk /.spark | cut -f1"), Has.Length.LessThan(6), "kilobytes that stay in the container");
        }
    }

    [Test]
    public async Task A_command_runs_once_though_the_worker_dies_while_it_runs()
    {
        var conversation = await _bench.SayAsync(null, ["echo run >> /tmp/runs; until [ -e /tmp/go ]; do sleep 0.1; done; echo done"]);
        var request = new TurnRequest { Container = _container, Turn = ++_turn, Conversation = conversation, TimeoutSec = 120 };
        using var death = new CancellationTokenSource();
        var first = _bench.DoAsync(sandbox => sandbox.RunTurnAsync(request), death.Token);
        await Eventually.PassesAsync(async () => Assert.That(await ReadAsync("/tmp/runs"), Is.EqualTo("run\n")));
        await death.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        _bench.RestartWorker();

        var second = _bench.DoAsync(sandbox => sandbox.RunTurnAsync(request));
        await RunProbeAsync("touch /tmp/go");
        var reply = await second;
        var again = await _bench.DoAsync(sandbox => sandbox.RunTurnAsync(request));

        var messages = await _bench.Store.ReadConversationAsync(reply.Conversation, CancellationToken.None);
        var repeated = await _bench.Store.ReadConversationAsync(again.Conversation, CancellationToken.None);
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
        var conversation = await _bench.SayAsync(null, ["touch /tmp/started; sleep 60"]);
        var request = new TurnRequest { Container = _container, Turn = ++_turn, Conversation = conversation, TimeoutSec = 4 };
        using var death = new CancellationTokenSource();
        var first = _bench.DoAsync(sandbox => sandbox.RunTurnAsync(request), death.Token);
        await Eventually.IsTrueAsync(async () => await ReadAsync("/tmp/started") is not null, "the command runs");
        await death.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        _bench.RestartWorker();

        var reply = await _bench.DoAsync(sandbox => sandbox.RunTurnAsync(request));
        Assert.That(reply.ExitCode, Is.EqualTo(124));
        Assert.That(reply.DurationMs, Is.InRange(3900, 6000));
    }

    [Test]
    public async Task A_lost_connection_is_opened_again()
    {
        await RunAsync("export BEFORE_LOSS=1");
        await RunAsync("for p in /proc/[0-9]*; do grep -qa 'spark/broker' $p/cmdline 2>/dev/null && kill -9 ${p#/proc/}; done");
        Assert.That(await RunAsync("echo $BEFORE_LOSS"), Is.EqualTo("1\n"));
    }

    [Test]
    public async Task Answers_what_cannot_be_run_with_its_problem()
    {
        var conversation = await _bench.Store.AppendAsync(
            null,
            [new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall("a", "browser", "{}", null, Problem: "There is no tool 'browser'."), new ToolCall("b", "shell", "{}", "echo ok")] }],
            CancellationToken.None);
        var reply = await _bench.DoAsync(sandbox => sandbox.RunTurnAsync(new TurnRequest { Container = _container, Turn = ++_turn, Conversation = conversation }));
        var messages = await _bench.Store.ReadConversationAsync(reply.Conversation, CancellationToken.None);
        Assert.That(messages.Skip(1).Select(message => $"{message.ToolCallId}: {message.Content}"), Is.EqualTo((string[])["a: There is no tool 'browser'.", "b: ok\n"]));
        Assert.That(reply.Commands, Is.EqualTo(1));
    }

    [Test]
    public async Task Shows_the_last_lines_of_a_running_command_without_secrets_and_escapes()
    {
        await RunAsync("echo at first; printf 'half\\n\\033[31mkey sk-abcdefgh12345\\033[0m\\n\\n%0200d' 7; sleep 7");
        lock (_bench.Beats)
        {
            Assert.That(_bench.Shown, Has.Some.EqualTo($"key [redacted]\n{new string('0', 119)}…"));
            Assert.That(_bench.Shown, Has.None.Contains("sk-"));
        }
    }

    [Test]
    public async Task Beats_while_it_waits_and_leaves_at_once_when_cancelled()
    {
        var before = _bench.Beats.Count;
        using var cancel = new CancellationTokenSource();
        var turn = _bench.TurnAsync(_container, ++_turn, 60, ["sleep 55"], cancellationToken: cancel.Token);
        await Eventually.IsTrueAsync(() => Task.FromResult(_bench.Beats.Count >= before + 3), "three beats", TimeSpan.FromSeconds(10));
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        Assert.That(async () => await turn, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(clock.Elapsed.TotalSeconds, Is.LessThan(1));
        await RunProbeAsync("for p in /proc/[0-9]*; do grep -qa '^sleep.55' $p/cmdline 2>/dev/null && kill -9 ${p#/proc/}; done; true");
        Assert.That(await RunAsync("echo on"), Is.EqualTo("on\n"));
    }

    [Test]
    public async Task A_quick_command_costs_a_fraction_of_a_process_of_its_own()
    {
        var connections = (ShellConnections)_bench.Services.GetService(typeof(ShellConnections))!;
        var overhead = await connections.MeasureAsync(_container, 100, CancellationToken.None);
        List<double> processes = [];
        for (var i = 0; i < 15; i++)
        {
            var clock = Stopwatch.StartNew();
            await RunProbeAsync(":");
            processes.Add(clock.Elapsed.TotalMilliseconds);
        }

        processes.Sort();
        TestContext.Out.WriteLine($"{shell}: median {overhead.TotalMilliseconds:0.0} ms, a process of its own {processes[7]:0.0} ms");
        Assert.That(overhead.TotalMilliseconds, Is.LessThan(processes[7] / 2));
    }

    private async Task<string> RunAsync(string command)
    {
        var (_, answers) = await _bench.TurnAsync(_container, ++_turn, 20, [command]);
        return answers[0].Content;
    }

    private async Task<List<string>> ProcessesAsync(string prefix)
    {
        var list = await RunProbeAsync("for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline 2>/dev/null; echo; done");
        return [.. list.Split('\n').Where(line => line.StartsWith(prefix, StringComparison.Ordinal))];
    }

    private async Task<string?> ReadAsync(string path)
    {
        var text = await RunProbeAsync($"cat {path} 2>/dev/null || echo MISSING");
        return text == "MISSING\n" ? null : text;
    }

    private Task<string> RunProbeAsync(string command) => Probe.RunAsync(_bench.Gateway, _container, command);
}
