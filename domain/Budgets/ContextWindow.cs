using System.Globalization;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Domain.Budgets;

/// <summary>A conversation made to fit.</summary>
/// <param name="Messages">The messages to send.</param>
/// <param name="Dropped">Observations whose content is left out.</param>
/// <param name="DroppedCharacters">Characters left out in all.</param>
/// <param name="EstimatedTokens">What the messages cost by <see cref="TokenEstimate"/>.</param>
/// <param name="Fits">Whether that is within the limit; false when even leaving out all that may go was not enough.</param>
public sealed record FittedConversation(
    IReadOnlyList<ChatMessage> Messages, int Dropped, long DroppedCharacters, int EstimatedTokens, bool Fits);

/// <summary>
/// Fits a conversation into a model's context by leaving out what commands printed longest ago. Instructions, replies and
/// commands stay. So the conversation keeps its shape, and every tool call its answer.
/// </summary>
public static class ContextWindow
{
    /// <summary>Turns at the end that never change, unless the caller gives another number.</summary>
    public const int DefaultKeepTurns = 3;

    /// <summary>Shortest content, in characters, that is worth replacing by a note.</summary>
    private const int WorthDropping = 300;

    /// <summary>Replaces the content of tool messages, oldest first, by a one-line note until the conversation fits.</summary>
    /// <param name="messages">The whole conversation in order.</param>
    /// <param name="limit">Tokens there is room for.</param>
    /// <param name="keepTurns">Turns at the end (an assistant's message and the answers to it) that stay as they are.</param>
    public static FittedConversation Fit(IReadOnlyList<ChatMessage> messages, int limit, int keepTurns = DefaultKeepTurns)
    {
        var fitted = messages.ToArray();
        var tokens = TokenEstimate.Of(fitted);
        var (dropped, characters) = (0, 0L);
        var end = StartOfLastTurns(messages, keepTurns);
        for (var index = 0; index < end && tokens > limit; index++)
        {
            var message = fitted[index];
            if (message.Role != ChatRoles.Tool || message.Content.Length < WorthDropping)
            {
                continue;
            }

            fitted[index] = message with { Content = Note(message.Content.Length) };
            tokens += TokenEstimate.Of(fitted[index]) - TokenEstimate.Of(message);
            dropped++;
            characters += message.Content.Length;
        }

        return new FittedConversation(fitted, dropped, characters, tokens, tokens <= limit);
    }

    private static string Note(int characters) =>
        string.Create(CultureInfo.InvariantCulture, $"[{characters:N0} characters of output left out to save room; run the command again if they matter]");

    private static int StartOfLastTurns(IReadOnlyList<ChatMessage> messages, int keepTurns)
    {
        var index = messages.Count;
        for (var turns = 0; index > 0 && turns < keepTurns;)
        {
            index--;
            turns += messages[index].Role == ChatRoles.Assistant ? 1 : 0;
        }

        return index;
    }
}
