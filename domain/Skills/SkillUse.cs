using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Skills;

/// <summary>What became of a skill in a trial.</summary>
public sealed record SkillUse : OpenRecord
{
    /// <summary>Name of the skill's folder.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the model was told that there is this skill.</summary>
    public bool Offered { get; init; }

    /// <summary>Whether a file of it was opened.</summary>
    public bool Opened { get; init; }

    /// <summary>Turn in which it was first opened, from 1; null where it was not, or where that is not known.</summary>
    public int? Turn { get; init; }

    /// <summary>When that was said (UTC).</summary>
    public DateTime? At { get; init; }
}

/// <summary>Finds in a conversation what became of the skills of a trial.</summary>
public static class SkillUses
{
    private static readonly string[] Patterns = ["/*/SKILL.md", "/*/skill.md", "/*/*.md"];

    /// <summary>The note of an installed agent's proxy, which sees what is sent to the model.</summary>
    public static string Words(string agent, string skill, bool offered, bool opened) =>
        opened ? $"skill {skill} was offered to {agent} and opened"
        : offered ? $"skill {skill} was offered to {agent} and not opened"
        : $"skill {skill} was not offered: {agent} did not show it to its model";

    /// <param name="agent">The agent.</param>
    /// <param name="names">Names of the skills' folders.</param>
    /// <param name="conversation">The whole conversation.</param>
    public static IReadOnlyList<SkillUse> Of(string agent, IEnumerable<string> names, IReadOnlyList<ChatMessage> conversation) =>
        [.. names.Select(name => Of(agent, name, conversation))];

    private static SkillUse Of(string agent, string name, IReadOnlyList<ChatMessage> conversation)
    {
        var notes = conversation.Where(message => message.Role == ChatRoles.Note).Select(message => message.Content).ToHashSet();
        var seen = notes.Contains(Words(agent, name, offered: true, opened: true));
        var offered = seen || notes.Contains(Words(agent, name, offered: true, opened: false))
            || conversation.Any(message => message.Role is ChatRoles.System or ChatRoles.User && IsFile(message.Content, name));
        var (turn, folder) = (0, "");
        foreach (var message in conversation)
        {
            folder = message.Result?.WorkingDirectory ?? folder;
            if (message.Role != ChatRoles.Assistant)
            {
                continue;
            }

            turn++;
            if (message.ToolCalls.Any(call => call.Problem is null && Opens(call, name, folder)))
            {
                return new SkillUse { Name = name, Offered = offered, Opened = true, Turn = turn, At = message.Timestamp?.UtcDateTime };
            }
        }

        return new SkillUse { Name = name, Offered = offered, Opened = seen };
    }

    /// <summary>By the path of one of its files in a command, or by the name that an agent's own tool for skills is given.</summary>
    private static bool Opens(ToolCall call, string name, string folder)
    {
        var text = call.Command ?? call.Arguments;
        return IsFile(text, name)
            || (text.Contains("skills", StringComparison.Ordinal) && Patterns.Any(pattern => text.Contains(pattern, StringComparison.Ordinal)))
            || ((IsPath(text, name) || folder.EndsWith($"/{name}", StringComparison.Ordinal)) && SkillDocument.FileNames.Any(file => text.Contains(file, StringComparison.Ordinal)))
            || (call.Name.Contains("skill", StringComparison.OrdinalIgnoreCase) && text.Contains($"\"{name}\"", StringComparison.Ordinal));
    }

    /// <summary>Whether a text has a path to something in the folder.</summary>
    private static bool IsFile(string text, string name)
    {
        var part = $"{name}/";
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            var (before, behind) = (at == 0 ? '/' : text[at - 1], at + part.Length < text.Length ? text[at + part.Length] : ' ');
            if (before == '/' && (char.IsLetterOrDigit(behind) || behind is '*' or '_'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a text has a path that ends with the folder.</summary>
    private static bool IsPath(string text, string name)
    {
        var part = $"/{name}";
        for (var at = text.IndexOf(part, StringComparison.Ordinal); at >= 0; at = text.IndexOf(part, at + 1, StringComparison.Ordinal))
        {
            var behind = at + part.Length < text.Length ? text[at + part.Length] : ' ';
            if (!char.IsLetterOrDigit(behind) && behind is not ('-' or '_' or '.'))
            {
                return true;
            }
        }

        return false;
    }
}
