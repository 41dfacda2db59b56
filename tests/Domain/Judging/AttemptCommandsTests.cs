using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Tests.Domain.Judging;

public sealed class AttemptCommandsTests
{
    [TestCase("ls -la", "ls -la")]
    [TestCase("  ls \n", "ls")]
    [TestCase("bash -lc 'ls -la'", "ls -la")]
    [TestCase("/bin/bash -lc \"ls -la\"", "ls -la")]
    [TestCase("sh -c \"echo \\\"a\\\" \\$HOME \\\\n\"", "echo \"a\" $HOME \\n")]
    [TestCase("bash --norc -c 'echo '\\''x'\\'''", "echo 'x'")]
    [TestCase("bash -lc \"python3 - <<'PY'\nprint(1)\nPY\"", "python3 - <<'PY'\nprint(1)\nPY")]
    [TestCase("bash -c 'a' && b", "bash -c 'a' && b")]
    [TestCase("bash -c 'a' 'b'", "bash -c 'a' 'b'")]
    [TestCase("bash script.sh -c 'x'", "bash script.sh -c 'x'")]
    [TestCase("bash -c", "bash -c")]
    [TestCase("bash -c \"", "bash -c \"")]
    [TestCase("bashful -c 'a'", "bashful -c 'a'")]
    [TestCase("", "")]
    public void Takes_a_command_out_of_the_shell_around_it(string command, string inside) =>
        Assert.That(ShellWrapper.Remove(command), Is.EqualTo(inside));

    [Test]
    public void Lists_distinct_commands_in_order_and_leaves_out_what_could_not_run()
    {
        ChatMessage[] conversation =
        [
            new() { Role = ChatRoles.User, Content = "ls" },
            Calls(("ls", null), ("bash -lc 'ls'", null), ("pwd", null)),
            Calls(("rm -rf /", "not a tool"), (null, null), ("ls", null), ("cat a", null)),
        ];

        Assert.That(AttemptCommands.Of(conversation), Is.EqualTo("ls\npwd\ncat a"));
    }

    [Test]
    public void Keeps_the_end_of_a_long_list_from_the_start_of_a_line()
    {
        var commands = Enumerable.Range(0, 2_000).Select(i => $"echo {i}").ToList();

        var text = AttemptCommands.Join(commands);

        Assert.That(text, Has.Length.LessThanOrEqualTo(AttemptCommands.MaxCharacters).And.Length.GreaterThan(AttemptCommands.MaxCharacters - 10));
        Assert.That(text, Does.StartWith("echo ").And.EndWith("echo 1999"));
    }

    private static ChatMessage Calls(params (string? Command, string? Problem)[] calls) => new()
    {
        Role = ChatRoles.Assistant,
        ToolCalls = [.. calls.Select((call, i) => new ToolCall($"c{i}", "shell", "{}", call.Command, Problem: call.Problem))],
    };
}
