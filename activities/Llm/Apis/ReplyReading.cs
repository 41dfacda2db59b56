using System.Text.Json;
using Spark.Temporal.Activities.Llm.Usage;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>What the readers of all APIs have in common: the calls of a reply with their ids, and how it ended.</summary>
internal sealed class ReplyReading(ReplyForm form, bool cutOff)
{
    private readonly List<ToolCall> _calls = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>Some ids of calls have a form that only their own provider takes.</summary>
    public bool HasOwnIds { get; private set; }

    /// <summary>Reads a body; whatever is wrong with it is told in one way.</summary>
    /// <exception cref="UnreadableReplyException">It is no reply.</exception>
    public static ChatReply Of(string body, Func<JsonElement, ChatReply> read)
    {
        try
        {
            using var document = JsonDocument.Parse(Lenient.Mended(body));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new UnreadableReplyException("It is no JSON object.");
            }

            return Lenient.Field(root, "error") is { } error
                ? throw new UnreadableReplyException($"It holds an error instead of an answer: {PlainText.OneLine(error.GetRawText(), 600)}")
                : read(root);
        }
        catch (JsonException wrong)
        {
            throw new UnreadableReplyException($"It is not JSON: {wrong.Message}");
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or ArgumentException or FormatException)
        {
            throw new UnreadableReplyException($"It is not as such replies are: {wrong.Message}");
        }
    }

    /// <summary>Adds a call.</summary>
    /// <returns>Its id, made up where it came without one, or with one that another call of the reply has.</returns>
    public string Add(string? id, string name, string arguments)
    {
        if (string.IsNullOrWhiteSpace(id) || !_ids.Add(id))
        {
            _ids.Add(id = CallIds.Made(form.Call, _calls.Count + 1));
        }

        HasOwnIds |= !ToolCallIds.FitsAll(id);
        _calls.Add(ShellTool.FromArguments(id, name, arguments, cutOff));
        return id;
    }

    /// <param name="root">The body, for the model's name and the usage.</param>
    /// <param name="content">The text.</param>
    /// <param name="reasoning">What the model thought, null where that is not known.</param>
    /// <param name="finish">Why it ended, in the provider's word.</param>
    /// <param name="echo">What its provider wants back.</param>
    public ChatReply Reply(JsonElement root, string content, string? reasoning, string finish, ProviderEcho? echo)
    {
        if (_calls.Count == 0 && form.Fenced && ShellTool.FromFences(CallIds.Made(form.Call, 1), content) is { } block)
        {
            _calls.Add(block);
        }

        var end = FinishWords.Of(finish);
        if (_calls.Count > 0 && end is "" or FinishReasons.Stop && _calls.Exists(call => !call.Fenced))
        {
            end = FinishReasons.ToolCalls;
        }

        // A reply that ran into its limit or a filter says so; one that is otherwise good and says nothing is an end of its own kind.
        if (_calls.Count == 0 && string.IsNullOrWhiteSpace(content) && end is not (FinishReasons.Length or FinishReasons.ContentFilter or FinishReasons.Refusal))
        {
            end = FinishReasons.Empty;
        }

        return new ChatReply(
            new ChatMessage
            {
                Role = ChatRoles.Assistant,
                Content = content,
                Reasoning = string.IsNullOrWhiteSpace(reasoning) ? null : reasoning,
                ToolCalls = _calls,
                Echo = echo,
                Model = Lenient.String(root, "model"),
            },
            end,
            StatedUsage.Of(root) ?? TokenUsage.None);
    }
}
