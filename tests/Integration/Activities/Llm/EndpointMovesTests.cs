using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support.Endpoints;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>
/// A conversation begins at one endpoint and goes on at another: what the first wanted back is not for the second, ids fit, and what the second
/// demands of its own replies is not demanded of others'.
/// </summary>
[NonParallelizable] // The way to a host, HTTP_PROXY, is one for the whole process.
public sealed class EndpointMovesTests : LlmTestBase
{
    private static readonly string[] From =
    [
        "OpenAI gpt-4o, chat", "OpenAI o3-pro, Responses set", "Anthropic Messages, adaptive thinking", "Gemini, OpenAI door", "DeepSeek V4", "Mistral, thinking chunks", "OpenRouter",
        "vLLM, no tool parser", "text calls, Qwen3-Coder", "vLLM, calls without ids",
    ];

    private static readonly string[] To =
    [
        "OpenAI gpt-4o, chat", "OpenAI o3-pro, Responses set", "OpenAI gpt-5.1-codex", "Anthropic Messages, adaptive thinking", "Anthropic Messages, enabled thinking", "Gemini, OpenAI door",
        "DeepSeek V4", "Kimi K3", "Mistral", "Groq", "vLLM, no tool parser", "llama.cpp",
    ];

    [TestCaseSource(nameof(From))]
    public async Task A_conversation_goes_on_at_another_endpoint(string from)
    {
        var begun = EndpointKinds.All[from];
        ArtifactRef? conversation;
        await using (var server = await EndpointServer.StartAsync(begun, Canary))
        {
            using var way = ProxyScope.Of(begun, server);
            conversation = await new EndpointRun(begun, server, Activities(Settings(begun, server)), Store).TwoTurnsAsync();
        }

        Assert.That(conversation, Is.Not.Null, "the conversation began");
        var line = new StringBuilder(from);
        var faults = new List<string>();
        foreach (var (number, to) in To.Where(name => name != from).Select((name, index) => (index + 1, EndpointKinds.All[name])))
        {
            await using var server = await EndpointServer.StartAsync(to, Canary);
            using var way = ProxyScope.Of(to, server);
            var run = new EndpointRun(to, server, Activities(Settings(to, server)), Store, firstCall: 100 * number);
            var cell = await run.GoOnAsync(conversation);
            line.Append(CultureInfo.InvariantCulture, $" | {to.Name}: {cell.Text}");
            faults.AddRange(run.Faults.Select(fault => $"to {to.Name}: {fault}"));
        }

        await TestContext.Out.WriteLineAsync(line.ToString());
        Assert.That(faults, Is.Empty, string.Join("\n", faults));
    }

    private static (string, string)[] Settings(EndpointKind kind, EndpointServer server) =>
    [
        ("Profiles:default:BaseUrl", server.BaseUrl), ("Profiles:default:Model", kind.Model), .. kind.Settings.Select(setting => ($"Profiles:default:{setting.Field}", setting.Value)),
    ];
}
