using System.Text.Json;
using Spark.Temporal.Activities.Llm.Usage;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm;

/// <summary>A reply that cannot be read; the message says why.</summary>
/// <param name="message">Why.</param>
/// <param name="empty">It is a reply as it should be, in which the model said nothing.</param>
internal sealed class UnreadableReplyException(string message, bool empty = false) : Exception(message)
{
    public bool Empty { get; } = empty;
}

/// <summary>What a reply says.</summary>
/// <param name="Message">The assistant's message, without usage and time.</param>
/// <param name="FinishReason">As the endpoint said it.</param>
/// <param name="Usage">Tokens, with the cost where the provider states it; <see cref="TokenUsage.None"/> where it states nothing.</param>
internal sealed record ChatReply(ChatMessage Message, string FinishReason, TokenUsage Usage);

/// <summary>Reads chat completion replies as endpoints write them, not only as they are specified.</summary>
internal static class ChatReplyReader
{
    /// <param name="body">The reply's body.</param>
    /// <param name="call">Number of the call in the run; names tool calls that have no id.</param>
    /// <param name="fenced">Read a fenced block as a tool call.</param>
    /// <param name="mayBeEmpty">Take a reply in which the model said nothing.</param>
    /// <exception cref="UnreadableReplyException">It is no reply, or an empty one.</exception>
    public static ChatReply Read(string body, int call, bool fenced, bool mayBeEmpty = false)
    {
        var root = Parse(body);
        if (root.TryGetProperty("error", out var error) && error.ValueKind is not JsonValueKind.Null)
        {
            throw new UnreadableReplyException($"It holds an error instead of a choice: {ProviderWords.From(body)}");
        }

        if (!root.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0
            || Object(choices[0], "message") is not { } message)
        {
            throw new UnreadableReplyException("It holds no choice with a message.");
        }

        var finish = String(choices[0], "finish_reason") ?? "";
        var (content, thought) = SplitReasoning(Content(message));
        var calls = ToolCalls(message, call, cutOff: finish == "length");
        if (calls.Count == 0 && fenced && ShellTool.FromFences($"call-{call}-1", content) is { } block)
        {
            calls = [block];
        }

        // A reply that ran into its limit or a filter is final, however little it says: asking again would only cost again.
        if (!mayBeEmpty && content.Length == 0 && calls.Count == 0 && finish is not ("length" or "content_filter"))
        {
            throw new UnreadableReplyException($"Its message has neither content nor tool calls (finish reason '{finish}').", empty: true);
        }

        return new ChatReply(
            new ChatMessage
            {
                Role = ChatRoles.Assistant,
                Content = content,
                Reasoning = String(message, "reasoning_content") ?? String(message, "reasoning") ?? thought,
                ToolCalls = calls,
                Model = String(root, "model"),
            },
            finish,
            StatedUsage.Of(root) ?? TokenUsage.None);
    }

    private static JsonElement Parse(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new UnreadableReplyException("It is no JSON object.");
        }
        catch (JsonException wrong)
        {
            throw new UnreadableReplyException($"It is not JSON: {wrong.Message}");
        }
    }

    private static string Content(JsonElement message)
    {
        var text = message.TryGetProperty("content", out var content) ? content.ValueKind switch
        {
            JsonValueKind.String => content.GetString()!,
            JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(part =>
                part.ValueKind == JsonValueKind.String ? part.GetString() : String(part, "text"))),
            _ => "",
        } : "";
        return string.IsNullOrWhiteSpace(text) ? String(message, "refusal") ?? "" : text;
    }

    // Some endpoints leave the model's thinking in front of the text; a command that it only thought of must not run.
    private static (string Content, string? Thought) SplitReasoning(string content)
    {
        const string Open = "<think>";
        const string Close = "</think>";
        if (!content.TrimStart().StartsWith(Open, StringComparison.Ordinal))
        {
            return (content, null);
        }

        var start = content.IndexOf(Open, StringComparison.Ordinal) + Open.Length;
        var end = content.IndexOf(Close, StringComparison.Ordinal);
        return end < 0
            ? ("", content[start..].Trim())
            : (content[(end + Close.Length)..].TrimStart(), content[start..end].Trim());
    }

    private static List<ToolCall> ToolCalls(JsonElement message, int call, bool cutOff)
    {
        if (!message.TryGetProperty("tool_calls", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        var calls = new List<ToolCall>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list.EnumerateArray())
        {
            if (Object(item, "function") is not { } function)
            {
                continue;
            }

            var id = String(item, "id");
            if (string.IsNullOrWhiteSpace(id) || !ids.Add(id))
            {
                ids.Add(id = $"call-{call}-{calls.Count + 1}");
            }

            calls.Add(ShellTool.FromArguments(id, String(function, "name") ?? "", Arguments(function), cutOff));
        }

        return calls;
    }

    private static string Arguments(JsonElement function) => !function.TryGetProperty("arguments", out var arguments) ? ""
        : arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText();

    private static JsonElement? Object(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    private static string? String(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
