using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prompts;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Chat completions, as OpenAI defined them and nearly all others understand them.</summary>
internal sealed class ChatApi : IModelApi
{
    public const string ApiName = "chat";

    public string Name => ApiName;

    public IReadOnlyDictionary<string, string> Headers { get; } = new Dictionary<string, string>();

    public string PathAt(Uri baseUrl) => "/chat/completions";

    public JsonObject Write(IReadOnlyList<ChatMessage> messages, BodyForm form)
    {
        var body = new JsonObject
        {
            ["model"] = form.Model,
            ["messages"] = ChatMessages.Of(Dialogue.Of(messages, form, ApiName), form),
            [form.CompletionTokensField ? "max_completion_tokens" : "max_tokens"] = form.MaxTokens,
        };
        if (form.Temperature is { } temperature)
        {
            body["temperature"] = temperature;
        }

        var openRouter = form.BaseUrl.Host.EndsWith("openrouter.ai", StringComparison.OrdinalIgnoreCase);
        if (form.Effort is { } effort)
        {
            body[openRouter ? "reasoning" : "reasoning_effort"] = openRouter ? new JsonObject { ["effort"] = effort } : effort;
        }

        if (form is { Tools: true, Fenced: false })
        {
            body["tools"] = new JsonArray(new JsonObject
            {
                ["type"] = "function",
                ["function"] = new JsonObject
                {
                    ["name"] = AgentPrompts.ShellTool,
                    ["description"] = AgentPrompts.ShellToolDescription,
                    ["parameters"] = JsonNode.Parse(AgentPrompts.ShellToolSchema),
                },
            });
        }

        if (form.Schema is { } schema)
        {
            // Not strict: strict endpoints refuse limits and optional fields, and the reader checks all of it anyway.
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = form.SchemaName, ["schema"] = JsonNode.Parse(schema), ["strict"] = false },
            };
        }

        // Anthropic's models cache nothing without a mark; one at the top moves along with the conversation.
        if (openRouter && form.CacheMarks && form.Model.StartsWith("anthropic/", StringComparison.OrdinalIgnoreCase))
        {
            body["cache_control"] = new JsonObject { ["type"] = "ephemeral" };
        }

        // Others refuse fields that they do not know, and need no key: their caches go by the text alone.
        if (form.CacheKey is { } key && form.BaseUrl.Host is "api.openai.com" or "api.mistral.ai")
        {
            body["prompt_cache_key"] = key;
        }

        if (form.Stream)
        {
            body["stream"] = true;
            if (form.StreamUsage)
            {
                body["stream_options"] = new JsonObject { ["include_usage"] = true };
            }
        }

        return body;
    }

    public ChatReply Read(string body, ReplyForm form) => ChatReader.Read(body, form);

    public IStreamAssembler Assemble() => new ChatStream();
}
