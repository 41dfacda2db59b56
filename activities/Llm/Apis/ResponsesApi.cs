using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Prompts;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>
/// OpenAI's Responses, without anything kept at the provider: reasoning comes encrypted, and all items of a reply go back as they came.
/// </summary>
internal sealed class ResponsesApi : IModelApi
{
    public const string ApiName = "responses";

    public string Name => ApiName;

    public IReadOnlyDictionary<string, string> Headers { get; } = new Dictionary<string, string>();

    public string PathAt(Uri baseUrl) => "/responses";

    public JsonObject Write(IReadOnlyList<ChatMessage> messages, BodyForm form)
    {
        var body = new JsonObject
        {
            ["model"] = form.Model,
            ["input"] = Input(Dialogue.Of(messages, form, ApiName)),
            ["max_output_tokens"] = form.MaxTokens,
            ["store"] = false,
        };
        if (form.EncryptedReasoning)
        {
            body["include"] = new JsonArray("reasoning.encrypted_content");
        }

        if (form.Temperature is { } temperature)
        {
            body["temperature"] = temperature;
        }

        if (form.Effort is { } effort)
        {
            body["reasoning"] = new JsonObject { ["effort"] = effort };
        }

        if (form is { Tools: true, Fenced: false })
        {
            body["tools"] = new JsonArray(new JsonObject
            {
                ["type"] = "function",
                ["name"] = AgentPrompts.ShellTool,
                ["description"] = AgentPrompts.ShellToolDescription,
                ["parameters"] = JsonNode.Parse(AgentPrompts.ShellToolSchema),

                // Strict endpoints refuse optional arguments.
                ["strict"] = false,
            });
        }

        if (form.Schema is { } schema)
        {
            body["text"] = new JsonObject
            {
                ["format"] = new JsonObject { ["type"] = "json_schema", ["name"] = form.SchemaName, ["schema"] = JsonNode.Parse(schema), ["strict"] = false },
            };
        }

        if (form.CacheKey is { } key)
        {
            body["prompt_cache_key"] = key;
        }

        if (form.Stream)
        {
            body["stream"] = true;
        }

        return body;
    }

    public ChatReply Read(string body, ReplyForm form) => ReplyReading.Of(body, root =>
    {
        var items = Lenient.Items(root, "output").Where(item => item.ValueKind == JsonValueKind.Object).ToList();
        if (items.Count == 0 && Lenient.Field(root, "output") is not { ValueKind: JsonValueKind.Array })
        {
            throw new UnreadableReplyException("It holds no output.");
        }

        var finish = Lenient.String(root, "status") == "incomplete"
            ? Lenient.Object(root, "incomplete_details") is { } details && Lenient.String(details, "reason") is { } reason ? reason : FinishReasons.Length
            : FinishReasons.Stop;
        var read = new ReplyReading(form, cutOff: finish != FinishReasons.Stop);
        var echo = new JsonArray();
        foreach (var item in items)
        {
            var kept = JsonNode.Parse(item.GetRawText())!.AsObject();
            if (Lenient.String(item, "type") == "function_call")
            {
                var arguments = Lenient.Field(item, "arguments") is { } value ? value.ValueKind == JsonValueKind.String ? Lenient.String(item, "arguments")! : value.GetRawText() : "";
                kept["call_id"] = read.Add(Lenient.String(item, "call_id") ?? Lenient.String(item, "id"), Lenient.String(item, "name") ?? "", arguments);
            }

            echo.Add((JsonNode)kept);
        }

        var parts = items.Where(item => Lenient.String(item, "type") is null or "message").SelectMany(item => Lenient.Items(item, "content")).ToList();
        var refusal = string.Concat(parts.Select(part => Lenient.String(part, "refusal")));
        var text = string.Concat(parts.Select(part => Lenient.String(part, "text")));
        return read.Reply(
            root,
            text.Length > 0 ? text : refusal,
            Reasoning(items),
            refusal.Length > 0 && text.Length == 0 ? FinishReasons.Refusal : finish,
            form.Endpoint is null || items.Count == 0 ? null : new ProviderEcho(ApiName, form.Endpoint, form.Model ?? "", echo.ToJsonString(SparkJson.Options)));
    });

    public IStreamAssembler Assemble() => new ResponsesStream();

    private static string Reasoning(List<JsonElement> items) => string.Join("\n\n", items
        .Where(item => Lenient.String(item, "type") == "reasoning")
        .Select(item => Lenient.Items(item, "content").Any() ? Lenient.Items(item, "content") : Lenient.Items(item, "summary"))
        .SelectMany(parts => parts.Select(part => Lenient.String(part, "text")).Where(text => !string.IsNullOrEmpty(text))));

    private static JsonArray Input(IReadOnlyList<SentEntry> entries)
    {
        var input = new JsonArray();
        foreach (var entry in entries)
        {
            foreach (var item in entry switch
            {
                SentWords words => [Words(words.Role, words.Content)],
                SentResult result => [new JsonObject { ["type"] = "function_call_output", ["call_id"] = result.CallId, ["output"] = result.Content }],
                SentAnswer { Echo: JsonArray items } answer => ResponsesEcho.Sendable(items, answer.Calls),
                SentAnswer answer => Foreign(answer),
                _ => [],
            })
            {
                input.Add((JsonNode)item);
            }
        }

        return input;
    }

    private static IEnumerable<JsonObject> Foreign(SentAnswer answer) => answer.Calls
        .Select(call => new JsonObject { ["type"] = "function_call", ["call_id"] = call.Id, ["name"] = call.Name, ["arguments"] = call.Arguments })
        .Prepend(answer.Content.Length > 0 || answer.Calls.Count == 0 ? Words(ChatRoles.Assistant, answer.Content) : null).OfType<JsonObject>();

    private static JsonObject Words(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
