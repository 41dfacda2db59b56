using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Domain.Budgets;

/// <summary>
/// A cheap estimate of how many tokens a text is to a model, without any model's vocabulary. English prose has about
/// four characters a token, code and command output about three; text beyond ASCII about one. Taken as two tokens per
/// seven ASCII characters and one per other code point, it errs on the high side for what agents mostly read, so that a
/// conversation that fits by it fits the model.
/// </summary>
public static class TokenEstimate
{
    /// <summary>What the roles and marks around a message cost.</summary>
    private const int PerMessage = 4;

    /// <summary>Tokens of a text; 0 for an empty one.</summary>
    public static int Of(string? text)
    {
        var (ascii, other) = (0, 0);
        foreach (var c in text ?? "")
        {
            if (char.IsAscii(c))
            {
                ascii++;
            }
            else if (!char.IsLowSurrogate(c))
            {
                other++;
            }
        }

        return (int)((2L * ascii + 6) / 7) + other;
    }

    /// <summary>Tokens of a message as it is sent: content and tool calls, and reasoning where its provider wants it back. Notes are not sent.</summary>
    public static int Of(ChatMessage message) => message.Role == ChatRoles.Note
        ? 0
        : PerMessage + Of(message.Content) + (message.Echo is null ? 0 : Of(message.Reasoning)) + message.ToolCalls.Sum(call => PerMessage + Of(call.Name) + Of(call.Arguments));

    /// <summary>Tokens of a conversation.</summary>
    public static int Of(IEnumerable<ChatMessage> messages) => messages.Sum(Of);
}
