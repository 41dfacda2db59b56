using System.Text.Json;

namespace Spark.Temporal.Starter.Demo;

/// <summary>The parts of a chat completion request that the scripted model looks at.</summary>
/// <param name="Messages">The conversation, oldest first.</param>
/// <param name="Tool">Name of the tool to call; null when none is offered.</param>
internal sealed record ChatRequest(IReadOnlyList<ChatTurn> Messages, string? Tool)
{
    /// <summary>Number of replies that the conversation already holds.</summary>
    public int Replies => Messages.Count(message => message.Role == "assistant");

    /// <summary>The messages before the model's first reply, as one text.</summary>
    public string Instruction => string.Join('\n', Messages.TakeWhile(message => message.Role != "assistant").Select(message => message.Text));

    /// <exception cref="FormatException">The body is not a request that can be answered; the message names the field.</exception>
    public static ChatRequest Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("messages", out var messages)
            || messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new FormatException("'messages' must be a list with at least one message");
        }

        if (body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True)
        {
            throw new FormatException("'stream' is not supported by the scripted model");
        }

        return new ChatRequest([.. messages.EnumerateArray().Select(ParseMessage)], OfferedTool(body));
    }

    private static ChatTurn ParseMessage(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String)
        {
            throw new FormatException("each of 'messages' must have a 'role'");
        }

        var text = message.TryGetProperty("content", out var content) ? Text(content) : "";
        var calls = message.TryGetProperty("tool_calls", out var toolCalls) ? toolCalls.GetRawText().Length : 0;
        return new ChatTurn(role.GetString()!, text, text.Length + calls);
    }

    private static string Text(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Concat(content.EnumerateArray().Select(Text)),
        JsonValueKind.Object => content.TryGetProperty("text", out var text) ? Text(text) : "",
        _ => "",
    };

    private static string? OfferedTool(JsonElement body)
    {
        if (!body.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var names = tools.EnumerateArray()
            .Select(tool => tool.TryGetProperty("function", out var function) && function.TryGetProperty("name", out var name) ? name.GetString() : null)
            .OfType<string>()
            .ToList();
        return names.Contains("shell") ? "shell" : names.FirstOrDefault();
    }
}

/// <summary>One message of a request.</summary>
/// <param name="Role">Who spoke.</param>
/// <param name="Text">The text parts, joined.</param>
/// <param name="Characters">Length of text and tool calls, for the estimate of tokens.</param>
internal sealed record ChatTurn(string Role, string Text, int Characters);
