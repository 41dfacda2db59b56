using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Stored replies are known by this hash: it must be the same in every version, whatever an API makes of the request.</summary>
public sealed class RequestHashTests : LlmTestBase
{
    [Test]
    public async Task It_is_the_hash_of_one_form_that_never_changes()
    {
        ChatMessage[] messages =
        [
            System,
            User("Go."),
            new() { Role = ChatRoles.Assistant, Content = "", ToolCalls = [new ToolCall("a", "shell", "{\"comm", null)], Echo = new ProviderEcho("chat", "https://example.org", "m", "{}") },
            new() { Role = ChatRoles.Tool, Content = "not JSON", ToolCallId = "a" },
            new() { Role = ChatRoles.Note, Content = "A note." },
            new() { Role = ChatRoles.Assistant, Content = "Hm.", Reasoning = "Thought.", ToolCalls = [new ToolCall("b", "shell", "ls", "ls", Fenced: true)] },
            new() { Role = ChatRoles.Tool, Content = "file", ToolCallId = "b" },
        ];
        const string Canonical =
            """{"profile":"default","model":null,"api_base":null,"purpose":"agent","max_tokens":null,"prompt_tokens":5,"tools":true,"messages":[{"role":"system","content":"You act."},{"role":"user","content":"Go."},{"role":"assistant","content":null,"tool_calls":[{"id":"a","type":"function","function":{"name":"shell","arguments":"{\"invalid_arguments\":\"{\\\"comm\"}"}}]},{"role":"tool","tool_call_id":"a","content":"not JSON"},{"role":"assistant","content":"Hm."},{"role":"user","content":"file"}]}""";

        var hash = ChatBody.RequestHash(await RequestAsync() with { PromptTokens = 5 }, messages);

        Assert.That(hash, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Canonical)))));
    }
}
