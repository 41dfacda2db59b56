using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>What a command answers, and what lasts from one to the next.</summary>
[Category("Docker")]
[TestFixture("bash")]
[TestFixture("sh")]
public sealed class ShellTests(string shell) : ShellFixture(shell)
{
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
    public async Task Answers_a_command_that_is_no_shell_and_goes_on()
    {
        Assert.That(await RunAsync("if then fi ((("), Does.EndWith("[exit code 2]").Or.EndWith("[exit code 1]"));
        Assert.That(await RunAsync("echo still here"), Is.EqualTo("still here\n"));
    }

    [Test]
    public async Task Long_output_is_cut_in_the_middle_and_counted_and_kept()
    {
        var (_, answers) = await Bench.TurnAsync(Container, NextTurn(), 30, ["i=0; while [ $i -lt 20000 ]; do echo line-$i-é; i=$((i+1)); done"], outputCharacters: 1000);
        var expected = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line-{i}-é\n"));
        var text = answers[0].Content;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(text, Does.StartWith("line-0-é\nline-1-é\n"));
            Assert.That(text, Does.EndWith("line-19999-é\n"));
            Assert.That(text, Does.Match(@"\n\[… \d+ bytes left out …\]\n"));
            Assert.That(text.Length, Is.LessThan(1100));
            Assert.That(answers[0].Result!.OutputBytes, Is.EqualTo(Encoding.UTF8.GetByteCount(expected)));
            Assert.That(await Bench.Store.ReadTextAsync(answers[0].Result!.Output!, CancellationToken.None), Is.EqualTo(expected));
        }
    }

    [Test]
    public async Task Output_without_end_neither_fills_the_worker_nor_is_lost_count_of()
    {
        const string command = "head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last";
        var (_, answers) = await Bench.TurnAsync(Container, NextTurn(), 60, [command]);
        var (_, again) = await Bench.TurnAsync(Container, Turn, 60, [command]);
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
    public async Task Answers_what_cannot_be_run_with_its_problem()
    {
        var conversation = await Bench.Store.AppendAsync(
            null,
            [new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall("a", "browser", "{}", null, Problem: "There is no tool 'browser'."), new ToolCall("b", "shell", "{}", "echo ok")] }],
            CancellationToken.None);
        var reply = await Bench.DoAsync(sandbox => sandbox.RunTurnAsync(new TurnRequest { Container = Container, Turn = NextTurn(), Conversation = conversation }));
        var messages = await Bench.Store.ReadConversationAsync(reply.Conversation, CancellationToken.None);
        Assert.That(messages.Skip(1).Select(message => $"{message.ToolCallId}: {message.Content}"), Is.EqualTo((string[])["a: There is no tool 'browser'.", "b: ok\n"]));
        Assert.That(reply.Commands, Is.EqualTo(1));
    }

    [Test]
    public async Task Shows_the_last_lines_of_a_running_command_without_secrets_and_escapes()
    {
        await RunAsync("echo at first; printf 'half\\n\\033[31mkey sk-abcdefgh12345\\033[0m\\n\\n%0200d' 7; sleep 7");
        lock (Bench.Beats)
        {
            Assert.That(Bench.Shown, Has.Some.EqualTo($"key [redacted]\n{new string('0', 119)}…"));
            Assert.That(Bench.Shown, Has.None.Contains("sk-"));
        }
    }

    [Test]
    public async Task A_quick_command_costs_a_fork_and_no_program()
    {
        // The last process id that was given in the container, and the programs that it has.
        const string look = "read a b c d last < /proc/loadavg; echo $last";
        var first = int.Parse(await RunAsync(look));
        for (var i = 0; i < 20; i++)
        {
            await RunAsync(":");
        }

        var last = int.Parse(await RunAsync(look));
        TestContext.Out.WriteLine($"{Shell}: {last - first} processes for 21 commands");
        Assert.That(last - first, Is.LessThanOrEqualTo(2 * 21));
    }
}
