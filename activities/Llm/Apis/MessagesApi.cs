using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Prompts;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>
/// Anthropic's Messages. A reply's schema is asked for by the prompt alone: a forced tool and thinking exclude each other, and the reader checks
/// the reply anyway.
/// </summary>
internal sealed partial class MessagesApi : IModelApi
{
    public const string ApiName = "messages";

    public string Name => ApiName;

    public IReadOnlyDictionary<string, string> Headers { get; } = new Dictionary<string, string> { ["anthropic-version"] = "2023-06-01" };

    /// <summary>Base addresses are written with and without the version.</summary>
    public string PathAt(Uri baseUrl) => Version().IsMatch(baseUrl.AbsolutePath) ? "/messages" : "/v1/messages";

    public JsonObject Write(IReadOnlyList<ChatMessage> messages, BodyForm form)
    {
        var entries = Dialogue.Of(messages, form, ApiName);
        var system = string.Join("\n\n", entries.TakeWhile(IsSystem).Cast<SentWords>().Select(words => words.Content));
        var body = new JsonObject
        {
            ["model"] = form.Model,
            ["max_tokens"] = form.MaxTokens,
        };
        if (system.Length > 0)
        {
            body["system"] = new JsonArray(MessagesList.Text(system));
        }

        body["messages"] = MessagesList.Of([.. entries.SkipWhile(IsSystem)]);
        if (form is { Tools: true, Fenced: false })
        {
            body["tools"] = new JsonArray(new JsonObject
            {
                ["name"] = AgentPrompts.ShellTool,
                ["description"] = AgentPrompts.ShellToolDescription,
                ["input_schema"] = JsonNode.Parse(AgentPrompts.ShellToolSchema),
            });
        }

        var thinks = AddThinking(body, form);
        if (form.Temperature is { } temperature && !thinks)
        {
            body["temperature"] = temperature;
        }

        if (form.CacheMarks)
        {
            MessagesList.Mark(body);
        }

        if (form.Stream)
        {
            body["stream"] = true;
        }

        return body;
    }

    public ChatReply Read(string body, ReplyForm form) => ReplyReading.Of(body, root =>
    {
        if (Lenient.Field(root, "content") is not { } content || content.ValueKind is not (JsonValueKind.Array or JsonValueKind.String))
        {
            throw new UnreadableReplyException("It holds no content.");
        }

        var blocks = Lenient.Items(root, "content").Where(block => block.ValueKind == JsonValueKind.Object).ToList();
        var finish = Lenient.String(root, "stop_reason") ?? "";
        var read = new ReplyReading(form, cutOff: FinishWords.Of(finish) == FinishReasons.Length);
        var echo = new JsonArray();
        foreach (var block in blocks)
        {
            var kept = JsonNode.Parse(block.GetRawText())!.AsObject();
            if (Lenient.String(block, "type") == "tool_use")
            {
                var input = Lenient.Field(block, "input");
                var arguments = input is null ? "" : input.Value.ValueKind == JsonValueKind.String ? Lenient.String(block, "input")! : input.Value.GetRawText();
                kept["id"] = read.Add(Lenient.String(block, "id"), Lenient.String(block, "name") ?? "", arguments);
            }

            echo.Add((JsonNode)kept);
        }

        return read.Reply(
            root,
            content.ValueKind == JsonValueKind.String ? Lenient.String(root, "content")! : string.Concat(blocks.Where(block => Lenient.String(block, "type") is null or "text").Select(block => Lenient.String(block, "text"))),
            string.Join("\n\n", blocks.Select(block => Lenient.String(block, "thinking")).Where(thought => !string.IsNullOrEmpty(thought))),
            finish,
            form.Endpoint is null || blocks.Count == 0 ? null : new ProviderEcho(ApiName, form.Endpoint, form.Model ?? "", echo.ToJsonString(SparkJson.Options)));
    });

    public IStreamAssembler Assemble() => new MessagesStream();

    private static bool IsSystem(SentEntry entry) => entry is SentWords { Role: ChatRoles.System };

    /// <summary>Asks for thinking, where an effort is set.</summary>
    /// <returns>Whether the model will think, and take no temperature.</returns>
    private static bool AddThinking(JsonObject body, BodyForm form)
    {
        switch (form.Effort)
        {
            case null:
                return false;
            case "none":
                body["thinking"] = new JsonObject { ["type"] = "disabled" };
                return false;
            case var effort when form.ThinkingBudget:
                // At least 1024 tokens, and less than the whole reply.
                var budget = Math.Min(effort switch { "minimal" or "low" => 2_048, "medium" => 8_192, _ => 24_576 }, form.MaxTokens * 3 / 4);
                if (budget < 1_024)
                {
                    return false;
                }

                body["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = budget };
                return true;
            case var effort:
                body["thinking"] = new JsonObject { ["type"] = "adaptive" };
                body["output_config"] = new JsonObject { ["effort"] = effort };
                return true;
        }
    }

    [GeneratedRegex(@"/v\d+\w*/?$")]
    private static partial Regex Version();
}
