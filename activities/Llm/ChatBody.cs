using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Bodies of chat completion requests.</summary>
internal static class ChatBody
{
    /// <summary>How a body is written for one endpoint.</summary>
    /// <param name="Endpoint">Where it goes.</param>
    /// <param name="Fenced">The shell is offered as a fenced block.</param>
    /// <param name="CompletionTokensField">The limit is named <c>max_completion_tokens</c>.</param>
    /// <param name="MaxTokens">Upper limit of the reply in tokens.</param>
    /// <param name="Structured">The request holds the schema of its reply, if there is one.</param>
    internal sealed record Form(ModelEndpoint Endpoint, bool Fenced, bool CompletionTokensField, int MaxTokens, bool Structured = false);

    /// <summary>The body as sent.</summary>
    public static BinaryData Write(LlmRequest request, IReadOnlyList<ChatMessage> messages, Form form)
    {
        var body = new JsonObject
        {
            ["model"] = form.Endpoint.Model,
            ["messages"] = Messages(messages, form.Fenced, noteFences: form.Fenced && request.Tools),
            [form.CompletionTokensField ? "max_completion_tokens" : "max_tokens"] = form.MaxTokens,
        };
        if (form.Endpoint.Profile.Temperature is { } temperature)
        {
            body["temperature"] = temperature;
        }

        if (request.Tools && !form.Fenced)
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

        if (form.Structured && SchemaOf(request.Purpose) is { } schema)
        {
            // Not strict: strict endpoints refuse limits and optional fields, and the reader checks all of it anyway.
            body["response_format"] = new JsonObject
            {
                ["type"] = "json_schema",
                ["json_schema"] = new JsonObject { ["name"] = request.Purpose, ["schema"] = JsonNode.Parse(schema), ["strict"] = false },
            };
        }

        if (!string.IsNullOrWhiteSpace(form.Endpoint.Profile.ExtraBody))
        {
            foreach (var (name, value) in JsonNode.Parse(form.Endpoint.Profile.ExtraBody)!.AsObject())
            {
                body[name] = value?.DeepClone();
            }
        }

        return BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(body, SparkJson.Options));
    }

    /// <summary>The schema of a purpose's replies; null where they are text.</summary>
    public static string? SchemaOf(string purpose) => purpose switch
    {
        LlmPurposes.Blueprint or LlmPurposes.Repair => BlueprintSchema.Json,
        LlmPurposes.Critique => BlueprintSchema.CritiqueJson,
        _ => null,
    };

    /// <summary>
    /// Hash of what the workflow asked for. It leaves out what the worker's settings and the endpoint's habits add, so
    /// that a changed setting does not make a stored reply look like the reply to another request.
    /// </summary>
    public static string RequestHash(LlmRequest request, IReadOnlyList<ChatMessage> messages)
    {
        var canonical = new JsonObject
        {
            ["profile"] = request.Model.Profile,
            ["model"] = request.Model.Name,
            ["api_base"] = request.Model.ApiBase,
            ["purpose"] = request.Purpose,
            ["max_tokens"] = request.MaxTokens,
            ["prompt_tokens"] = request.PromptTokens,
            ["tools"] = request.Tools,
            ["messages"] = Messages(messages, fenced: false, noteFences: false),
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(canonical, SparkJson.Options)));
    }

    private static JsonArray Messages(IReadOnlyList<ChatMessage> messages, bool fenced, bool noteFences)
    {
        var native = messages.SelectMany(message => message.ToolCalls)
            .Where(call => !call.Fenced && !fenced).Select(call => call.Id).ToHashSet(StringComparer.Ordinal);
        var array = new JsonArray();
        foreach (var message in messages)
        {
            switch (message.Role)
            {
                case ChatRoles.Note:
                    break;
                case ChatRoles.Assistant:
                    array.Add((JsonNode)Assistant(message, fenced));
                    break;
                case ChatRoles.Tool when message.ToolCallId is { } id && native.Contains(id):
                    array.Add((JsonNode)new JsonObject { ["role"] = ChatRoles.Tool, ["tool_call_id"] = id, ["content"] = message.Content });
                    break;
                case ChatRoles.Tool:
                    array.Add((JsonNode)Plain(ChatRoles.User, message.Content));
                    break;
                default:
                    array.Add((JsonNode)Plain(message.Role, message.Content));
                    break;
            }
        }

        return noteFences ? WithNote(array) : array;
    }

    private static JsonObject Plain(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static JsonObject Assistant(ChatMessage message, bool fenced)
    {
        var calls = message.ToolCalls.Where(call => !call.Fenced).ToList();
        if (calls.Count == 0)
        {
            return Plain(ChatRoles.Assistant, message.Content);
        }

        if (fenced)
        {
            var blocks = calls.Select(call => $"```bash\n{call.Command ?? call.Arguments}\n```");
            return Plain(ChatRoles.Assistant, string.Join("\n\n", blocks.Prepend(message.Content).Where(part => part.Length > 0)));
        }

        return new JsonObject
        {
            ["role"] = ChatRoles.Assistant,
            ["content"] = message.Content.Length > 0 ? message.Content : null,
            ["tool_calls"] = new JsonArray([.. calls.Select(call => new JsonObject
            {
                ["id"] = call.Id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = SendableArguments(call.Arguments) },
            })]),
        };
    }

    // Endpoints parse the arguments of earlier calls again and refuse the whole conversation over one that is not JSON.
    private static string SendableArguments(string arguments)
    {
        try
        {
            using var document = JsonDocument.Parse(arguments);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return arguments;
            }
        }
        catch (JsonException)
        {
            // Sent as text below.
        }

        return new JsonObject { ["invalid_arguments"] = arguments }.ToJsonString(SparkJson.Options);
    }

    private static JsonArray WithNote(JsonArray messages)
    {
        if (messages.Count > 0 && (string?)messages[0]!["role"] == ChatRoles.System && AgentPrompts.ForFences((string?)messages[0]!["content"] ?? "") is { } prompt)
        {
            messages[0]!["content"] = prompt;
        }
        else if (messages.Count > 0 && (string?)messages[0]!["role"] == ChatRoles.System)
        {
            messages[0]!["content"] = $"{(string?)messages[0]!["content"]}\n\n{ShellTool.FencedNote}";
        }
        else
        {
            messages.Insert(0, Plain(ChatRoles.System, ShellTool.FencedNote));
        }

        return messages;
    }
}
