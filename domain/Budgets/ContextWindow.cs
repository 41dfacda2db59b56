using System.Globalization;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Domain.Budgets;

/// <summary>A conversation made to fit.</summary>
/// <param name="Messages">The messages to send.</param>
/// <param name="Dropped">Observations whose content is left out, those of earlier requests among them.</param>
/// <param name="DroppedCharacters">Characters left out in all.</param>
/// <param name="EstimatedTokens">What the messages cost by <see cref="TokenEstimate"/>.</param>
/// <param name="Fits">Whether that is within the limit; false when even leaving out all that may go was not enough.</param>
/// <param name="LeftOut">Positions of the observations that are left out now and were not before; what <see cref="ChatMessage.LeftOut"/> remembers.</param>
public sealed record FittedConversation(
    IReadOnlyList<ChatMessage> Messages, int Dropped, long DroppedCharacters, int EstimatedTokens, bool Fits, IReadOnlyList<int> LeftOut);

/// <summary>
/// Fits a conversation into a model's context by leaving out what commands printed longest ago. Instructions, replies and
/// commands stay. So the conversation keeps its shape, and every tool call its answer.
/// </summary>
/// <remarks>
/// A provider caches what a request has in common with the one before it, from its first byte on. Each change of an early message makes
/// the whole conversation new to it. So much is left out at once, and rarely; between two times the beginning stays the same, byte by byte.
/// </remarks>
public static class ContextWindow
{
    /// <summary>Turns at the end that never change, unless the caller gives another number.</summary>
    public const int DefaultKeepTurns = 3;

    /// <summary>What is kept of the limit when something must go, as a share of it: room for many turns until the next time.</summary>
    public const double KeptShare = 0.7;

    /// <summary>Shortest content, in characters, that is worth replacing by a note.</summary>
    private const int WorthDropping = 300;

    /// <summary>
    /// Leaves out what earlier requests left out. If that does not fit, replaces the content of more tool messages, oldest first, by a
    /// one-line note, until a share of the limit is reached.
    /// </summary>
    /// <param name="messages">The whole conversation in order, with its notes.</param>
    /// <param name="limit">Tokens there is room for.</param>
    /// <param name="keepTurns">Turns at the end (an assistant's message and the answers to it) that stay as they are.</param>
    /// <param name="share">What is kept of the limit when something must go.</param>
    public static FittedConversation Fit(IReadOnlyList<ChatMessage> messages, int limit, int keepTurns = DefaultKeepTurns, double share = KeptShare)
    {
        var fitted = messages.ToArray();
        var (dropped, characters) = (0, 0L);
        foreach (var index in messages.SelectMany(message => message.LeftOut ?? []).Where(index => index >= 0 && index < fitted.Length && fitted[index].Role == ChatRoles.Tool))
        {
            Leave(index);
        }

        var tokens = TokenEstimate.Of(fitted);
        var leftOut = new List<int>();
        if (tokens > limit)
        {
            var end = StartOfLastTurns(messages, keepTurns);
            for (var index = 0; index < end && tokens > limit * share; index++)
            {
                if (fitted[index].Role != ChatRoles.Tool || fitted[index].Content.Length < WorthDropping)
                {
                    continue;
                }

                var before = TokenEstimate.Of(fitted[index]);
                Leave(index);
                tokens += TokenEstimate.Of(fitted[index]) - before;
                leftOut.Add(index);
            }
        }

        return new FittedConversation(fitted, dropped, characters, tokens, tokens <= limit, leftOut);

        void Leave(int index)
        {
            dropped++;
            characters += fitted[index].Content.Length;
            fitted[index] = fitted[index] with { Content = Note(fitted[index].Content.Length) };
        }
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
