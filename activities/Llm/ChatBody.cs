using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What a request asks for, apart from how an API writes it.</summary>
internal static class ChatBody
{
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
            ["messages"] = Messages(messages),
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(canonical, SparkJson.Options)));
    }

    // This form must never change: replies that are stored are known by it. What goes back to a provider is no part of it.
    private static JsonArray Messages(IReadOnlyList<ChatMessage> messages)
    {
        var native = messages.SelectMany(message => message.ToolCalls).Where(call => !call.Fenced).Select(call => call.Id).ToHashSet(StringComparer.Ordinal);
        return new JsonArray([.. messages.Where(message => message.Role != ChatRoles.Note).Select(message => message.Role switch
        {
            ChatRoles.Assistant => Assistant(message),
            ChatRoles.Tool when message.ToolCallId is { } id && native.Contains(id) =>
                new JsonObject { ["role"] = ChatRoles.Tool, ["tool_call_id"] = id, ["content"] = message.Content },
            ChatRoles.Tool => Plain(ChatRoles.User, message.Content),
            _ => Plain(message.Role, message.Content),
        })]);
    }

    private static JsonObject Plain(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static JsonObject Assistant(ChatMessage message)
    {
        var calls = message.ToolCalls.Where(call => !call.Fenced).ToList();
        return calls.Count == 0 ? Plain(ChatRoles.Assistant, message.Content) : new JsonObject
        {
            ["role"] = ChatRoles.Assistant,
            ["content"] = message.Content.Length > 0 ? message.Content : null,
            ["tool_calls"] = new JsonArray([.. calls.Select(call => new JsonObject
            {
                ["id"] = call.Id,
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = call.Name, ["arguments"] = Dialogue.SendableArguments(call.Arguments) },
            })]),
        };
    }
}
