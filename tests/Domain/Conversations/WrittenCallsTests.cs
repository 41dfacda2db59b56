using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Domain.Conversations;

public sealed class WrittenCallsTests
{
    private static readonly TestCaseData[] Forms =
    [
        Form("Hermes, Qwen", "<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"command\": \"ls -la\"}}\n</tool_call>"),
        Form("Hermes without its end", "<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"command\": \"ls -la\"}}"),
        Form("Hermes, arguments as text", "<tool_call>{\"name\":\"shell\",\"arguments\":\"{\\\"command\\\": \\\"ls -la\\\"}\"}</tool_call>"),
        Form("Qwen3-Coder", "<tool_call>\n<function=shell>\n<parameter=command>\nls -la\n</parameter>\n</function>\n</tool_call>"),
        Form("Qwen3-Coder without its opening mark", "<function=shell>\n<parameter=command>\nls -la\n</parameter>\n</function>\n</tool_call>"),
        Form("DeepSeek V3", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>shell\n```json\n{\"command\": \"ls -la\"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
        Form("DeepSeek V3.1", "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>shell<｜tool▁sep｜>{\"command\": \"ls -la\"}<｜tool▁call▁end｜><｜tool▁calls▁end｜>"),
        Form("DeepSeek V3.2", "<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"shell\">\n<｜DSML｜parameter name=\"command\" string=\"true\">ls -la</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>"),
        Form("Kimi", "<|tool_calls_section_begin|><|tool_call_begin|>functions.shell:0<|tool_call_argument_begin|>{\"command\": \"ls -la\"}<|tool_call_end|><|tool_calls_section_end|>"),
        Form("GLM", "<tool_call>shell\n<arg_key>command</arg_key>\n<arg_value>ls -la</arg_value>\n</tool_call>"),
        Form("Mistral", "[TOOL_CALLS][{\"name\": \"shell\", \"arguments\": {\"command\": \"ls -la\"}}]"),
        Form("Mistral, newer", "[TOOL_CALLS]shell{\"command\": \"ls -la\"}"),
    ];

    [TestCaseSource(nameof(Forms))]
    public void A_call_at_the_end_of_the_text_is_read(string marked)
    {
        var reading = WrittenCalls.Find($"I look around.\n\n{marked}\n");

        Assert.That(reading, Is.Not.Null);
        Assert.That(reading!.Text, Is.EqualTo("I look around."));
        Assert.That(reading.Calls, Has.Count.EqualTo(1));
        Assert.That(reading.Calls[0].Name, Is.EqualTo("shell"));
        Assert.That(System.Text.Json.JsonDocument.Parse(reading.Calls[0].Arguments).RootElement.GetProperty("command").GetString(), Is.EqualTo("ls -la"));
    }

    [Test]
    public void Several_calls_keep_their_order_and_lines()
    {
        var reading = WrittenCalls.Find(
            "<function=shell>\n<parameter=command>\ncat <<'X' > a\n  one\nX\n</parameter>\n<parameter=timeout_sec>\n60\n</parameter>\n</function>\n"
            + "<function=shell>\n<parameter=command>cat a</parameter>\n</function>");

        Assert.That(reading!.Calls.Select(call => call.Arguments), Is.EqualTo(new[]
        {
            """{"command":"cat \u003C\u003C\u0027X\u0027 \u003E a\n  one\nX","timeout_sec":"60"}""",
            """{"command":"cat a"}""",
        }));
    }

    [TestCase("<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"command\": \"ls", Description = "cut off")]
    [TestCase("I go on.\n<tool_call>\nls -la\n</tool_call>", Description = "no name")]
    [TestCase("<tool_call>\n{\"command\": \"ls\"}\n</tool_call>", Description = "no name")]
    [TestCase("<function=shell>\n</function>", Description = "no arguments")]
    public void Marks_of_a_call_that_cannot_be_read_are_told(string text)
    {
        var reading = WrittenCalls.Find(text);

        Assert.That(reading, Is.Not.Null);
        Assert.That(reading!.Calls, Is.Empty);
    }

    [TestCase("All is done; the file is written.")]
    [TestCase("")]
    [TestCase("The parser splits at `<tool_call>` as asked.")]
    [TestCase("The parser takes\n<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"command\": \"rm -r /\"}}\n</tool_call>\nand gives back the name.")]
    [TestCase("For example:\n```\n<tool_call>\n{\"name\": \"shell\", \"arguments\": {\"command\": \"rm -r /\"}}\n</tool_call>\n```")]
    public void An_answer_that_only_speaks_of_such_marks_runs_nothing(string text) => Assert.That(WrittenCalls.Find(text), Is.Null);

    private static TestCaseData Form(string name, string text) => new TestCaseData(text).SetArgDisplayNames(name);
}
