using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>
/// The commands of an attempt (docs/architecture.md, "Commands and test summary"): the distinct ones in their order, one
/// after the other, without the shell that wraps them. Only the end of a long list is kept.
/// </summary>
public static class AttemptCommands
{
    public const int MaxCharacters = 8_000;

    /// <summary>The commands as text, at most <see cref="MaxCharacters"/> characters, cut at the start of a line.</summary>
    public static string Of(IEnumerable<ChatMessage> conversation) => Join(Each(conversation));

    /// <summary>The same for a given list of commands.</summary>
    public static string Join(IEnumerable<string> commands)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        var distinct = commands.Select(ShellWrapper.Remove).Where(command => command.Length > 0 && seen.Add(command));
        return PlainText.TailAtLineStart(string.Join('\n', distinct), MaxCharacters);
    }

    /// <summary>Every command that the agent asked for and that could be carried out, in order, as it was written.</summary>
    public static IEnumerable<string> Each(IEnumerable<ChatMessage> conversation) => conversation
        .SelectMany(message => message.ToolCalls)
        .Where(call => call.Problem is null)
        .Select(call => call.Command)
        .OfType<string>();
}
