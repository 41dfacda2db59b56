using System.Text.Json;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Reads chat completion replies as endpoints write them, not only as they are specified.</summary>
internal static class ChatReader
{
    /// <exception cref="UnreadableReplyException">It is no reply.</exception>
    public static ChatReply Read(string body, ReplyForm form) => ReplyReading.Of(body, root =>
    {
        if (Lenient.Items(root, "choices").FirstOrDefault() is not { ValueKind: JsonValueKind.Object } choice || Lenient.Object(choice, "message") is not { } message)
        {
            throw new UnreadableReplyException("It holds no choice with a message.");
        }

        var finish = Lenient.String(choice, "finish_reason") ?? "";
        if (finish is "insufficient_system_resource" or "error")
        {
            throw new UnreadableReplyException($"The provider broke it off ('{finish}').");
        }

        var (text, chunks) = Content(message);
        var refusal = Lenient.String(message, "refusal");
        var (content, thought) = SplitReasoning(text);
        var raw = RawCalls(message);
        var read = new ReplyReading(form, cutOff: FinishWords.Of(finish) == FinishReasons.Length);
        foreach (var call in raw)
        {
            var function = Lenient.Object(call, "function") ?? call;
            read.Add(Lenient.String(call, "id"), Lenient.String(function, "name") ?? "", Arguments(function));
        }

        return read.Reply(
            root,
            string.IsNullOrWhiteSpace(content) && refusal is { Length: > 0 } ? refusal : content,
            Lenient.String(message, ChatEcho.ReasoningContent) ?? Lenient.String(message, "reasoning") ?? chunks ?? Details(message) ?? thought,
            refusal is { Length: > 0 } && string.IsNullOrWhiteSpace(content) ? FinishReasons.Refusal : finish,
            form.Endpoint is null ? null : ChatEcho.Of(message, raw, always: read.HasOwnIds) is { } json ? new ProviderEcho(ChatApi.ApiName, form.Endpoint, form.Model ?? "", json) : null);
    });

    // Content is a text, a list of texts, or a list in which thinking stands in pieces of its own.
    private static (string Text, string? Thinking) Content(JsonElement message)
    {
        if (Lenient.String(message, "content") is { } text)
        {
            return (text, null);
        }

        var parts = Lenient.Items(message, "content").ToList();
        var thinking = string.Concat(parts.SelectMany(part => Lenient.Items(part, "thinking").Select(piece => Lenient.String(piece, "text")).Append(Lenient.String(part, "thinking"))));
        return (
            string.Concat(parts.Select(part => part.ValueKind == JsonValueKind.String ? Lenient.WellFormed(Lenient.Text(part)) : Lenient.String(part, "text"))),
            thinking.Length > 0 ? thinking : null);
    }

    private static string? Details(JsonElement message)
    {
        var texts = Lenient.Items(message, "reasoning_details").Select(detail => Lenient.String(detail, "text") ?? Lenient.String(detail, "summary"));
        return string.Concat(texts) is { Length: > 0 } joined ? joined : null;
    }

    private static List<JsonElement> RawCalls(JsonElement message)
    {
        var calls = Lenient.Items(message, "tool_calls").Where(call => Lenient.Object(call, "function") is not null).ToList();
        return calls.Count == 0 && Lenient.Object(message, "function_call") is { } old ? [old] : calls;
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

    private static string Arguments(JsonElement function) => Lenient.Field(function, "arguments") is not { } arguments ? ""
        : arguments.ValueKind == JsonValueKind.String ? Lenient.WellFormed(Lenient.Text(arguments)) : arguments.GetRawText();
}
