using System.Text;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Activities.Agents;

/// <summary>What the shipped descriptions read out of lines such as their agents print.</summary>
public sealed class AgentEventsTests
{
    [Test]
    public void Codex()
    {
        var events = Read(
            "codex",
            """{"type":"thread.started","thread_id":"t"}""",
            """{"type":"item.completed","item":{"id":"i1","type":"command_execution","command":"bash -lc ls","aggregated_output":"a\n","exit_code":2}}""",
            "a line that is no event",
            """{"type":"item.completed","item":{"id":"i2","type":"agent_message","text":"Done."}}""",
            """{"type":"turn.completed","usage":{"input_tokens":100,"cached_input_tokens":40,"output_tokens":7}}""",
            """{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":0,"output_tokens":1}}""");

        Assert.Multiple(() =>
        {
            Assert.That(events.Messages.Select(message => message.Role), Is.EqualTo(new[] { ChatRoles.Assistant, ChatRoles.Tool, ChatRoles.Assistant }));
            Assert.That(events.Messages[0].ToolCalls[0].Command, Is.EqualTo("bash -lc ls"));
            Assert.That(events.Messages[1], Has.Property("ToolCallId").EqualTo("i1").And.Property("Content").EqualTo("a\n"));
            Assert.That(events.Messages[1].Result!.ExitCode, Is.EqualTo(2));
            Assert.That(events.Usage, Is.EqualTo(new TokenUsage(110, 8, 40) { Unpriced = true }), "it states no cost");
            Assert.That(events.Commands, Is.EqualTo(1));
        });
    }

    [TestCase("claude-code", "Bash")]
    [TestCase("qwen-coder", "run_shell_command")]
    public void Agents_whose_messages_have_parts(string name, string tool)
    {
        var events = Read(
            name,
            """{"type":"assistant","message":{"content":[{"type":"text","text":"Look."},{"type":"tool_use","id":"u1","name":"TOOL","input":{"command":"ls"}}]}}""".Replace("TOOL", tool, StringComparison.Ordinal),
            """{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"u1","content":"a"}]}}""",
            """{"type":"result","subtype":"success","total_cost_usd":0.25,"usage":{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":4}}""");

        Assert.That(events.Messages.SelectMany(message => message.ToolCalls).Select(call => (call.Id, call.Command)), Is.EqualTo(new[] { ("u1", "ls") }));
        Assert.That(events.Messages.Single(message => message.Role == ChatRoles.Tool), Has.Property("ToolCallId").EqualTo("u1").And.Property("Content").EqualTo("a"));
        Assert.That(events.Usage!.CompletionTokens, Is.EqualTo(4));
        Assert.That(events.Usage.CachedTokens, Is.EqualTo(3));
        Assert.That((events.Usage.PromptTokens, events.Usage.CostUsd), Is.EqualTo(name == "claude-code" ? (10L, 0.25) : (5L, 0.0)));
    }

    [Test]
    public void Mini_swe_agent()
    {
        var description = new AgentCatalogue(Options.Create(new AgentOptions())).Find("mini-swe-agent");
        var events = new AgentEvents(description, text => text);
        events.File(
            "/logs/agent/mini.traj.json",
            """
            {
              "info": {"model_stats": {"instance_cost": 0.5, "api_calls": 2}, "exit_status": "Submitted"},
              "messages": [
                {"role": "system", "content": "be good"},
                {"role": "assistant", "content": "Look.", "extra": {"actions": [{"command": "ls", "tool_call_id": "c1"}], "response": {"usage": {"prompt_tokens": 10, "completion_tokens": 2}}}},
                {"role": "tool", "tool_call_id": "c1", "content": "<output>a</output>", "extra": {"raw_output": "a", "returncode": 2}},
                {"role": "assistant", "content": "", "extra": {"actions": [{"command": "make", "tool_call_id": "c2"}], "response": {"usage": {"prompt_tokens": 20, "completion_tokens": 3}}}},
                {"role": "tool", "tool_call_id": "c2", "content": "<output>b</output>", "extra": {"raw_output": "b", "returncode": 0}}
              ]
            }
            """);

        Assert.That(events.Messages.Select(message => message.ToolCalls.Count > 0 ? message.ToolCalls[0].Command : message.Content), Is.EqualTo(new[] { "Look.", "ls", "a", "make", "b" }));
        Assert.That(events.Messages[2].Result!.ExitCode, Is.EqualTo(2));
        Assert.That(events.Usage, Is.EqualTo(new TokenUsage(30, 5, 0, 0.5)));
    }

    [Test]
    public void Opencode()
    {
        var events = Read(
            "opencode",
            """{"type":"tool_use","part":{"tool":"bash","callID":"c","state":{"input":{"command":"make"},"output":"ok"}}}""",
            """{"type":"step_finish","part":{"cost":0.5,"tokens":{"input":10,"output":3,"reasoning":1,"cache":{"read":6,"write":0}}}}""",
            """{"type":"step_finish","part":{"cost":0.25,"tokens":{"input":1,"output":1,"reasoning":0,"cache":{"read":0,"write":0}}}}""");

        Assert.That(events.Messages[0].ToolCalls[0].Command, Is.EqualTo("make"));
        Assert.That(events.Usage, Is.EqualTo(new TokenUsage(17, 5, 6, 0.75)));
    }

    [Test]
    public void A_file_may_be_one_document()
    {
        var events = new AgentEvents(Shipped("mini-swe-agent"), text => text);
        events.File("/logs/agent/mini.traj.json", "{\n  \"info\": { \"model_stats\": { \"instance_cost\": 1.5 } }\n}");

        Assert.That(events.Usage!.CostUsd, Is.EqualTo(1.5));
    }

    [Test]
    public void Output_is_handed_on_line_by_line_and_capped()
    {
        var lines = new List<string>();
        var output = new AgentOutput(64, lines.Add);
        foreach (var piece in new[] { "first\nsec", "ond\n", new string('x', 500), "\nlast", "\n" })
        {
            output.Take(Encoding.UTF8.GetBytes(piece));
        }

        Assert.That(output.LastLine, Is.EqualTo("last"));
        output.Take("\n7 1230 - 528\n"u8);

        Assert.That(output.Finish(), Is.EqualTo((7, 1230L, false)));
        Assert.That(lines, Is.EqualTo(new[] { "first", "second", new string('x', 500), "last" }));
        Assert.That(output.Kept(ended: true), Does.StartWith("first\nsecond\nx").And.Contain("bytes left out").And.EndWith("x\nlast\n"));
    }

    [Test]
    public void Output_that_breaks_off_has_no_end()
    {
        var output = new AgentOutput(64, _ => { });
        output.Take("working\nstill"u8);

        Assert.That(output.Finish(), Is.Null);
    }

    private static AgentEvents Read(string agent, params string[] lines)
    {
        var events = new AgentEvents(Shipped(agent), text => text);
        foreach (var line in lines)
        {
            events.Line(AgentEvents.Output, line);
        }

        return events;
    }

    private static AgentDescription Shipped(string name) => new AgentCatalogue(Options.Create(new AgentOptions())).Find(name);
}
