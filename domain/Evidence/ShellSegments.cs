using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Evidence;

/// <summary>Splits a command line into its simple commands.</summary>
public static partial class ShellSegments
{
    private const int MaxCharacters = 8_000;

    /// <summary>The simple commands, without the bodies of here-documents. Quotes are respected; nothing is expanded.</summary>
    public static IEnumerable<string> Of(string command)
    {
        var text = WithoutHereDocuments(command.Length <= MaxCharacters ? command : command[..MaxCharacters]);
        var start = 0;
        var quote = '\0';
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (quote != '\0')
            {
                at += quote == '"' && c == '\\' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (c == '\\')
            {
                at++;
            }
            else if (c is '"' or '\'')
            {
                quote = c;
            }
            else if (c is ';' or '|' or '\n' or '(' or ')' || (c == '&' && !Redirects(text, at)))
            {
                if (text[start..at].Trim() is { Length: > 0 } segment)
                {
                    yield return segment;
                }

                start = at + 1;
            }
        }

        if (start < text.Length && text[start..].Trim() is { Length: > 0 } last)
        {
            yield return last;
        }
    }

    /// <summary>A simple command without the text between quotes, so that the signs in it are the shell's.</summary>
    public static string Unquoted(string segment) => Quoted().Replace(segment, "''");

    // 2>&1, >&2, &>file
    private static bool Redirects(string text, int at) =>
        (at > 0 && text[at - 1] is '>' or '<') || (at + 1 < text.Length && text[at + 1] == '>');

    private static string WithoutHereDocuments(string command)
    {
        if (!command.Contains("<<", StringComparison.Ordinal))
        {
            return command;
        }

        List<string> kept = [];
        string? end = null;
        foreach (var line in command.Split('\n'))
        {
            if (end is not null)
            {
                end = line.Trim() == end ? null : end;
                continue;
            }

            kept.Add(line);
            end = HereDocument().Match(line) is { Success: true } start ? start.Groups["end"].Value : null;
        }

        return string.Join('\n', kept);
    }

    [GeneratedRegex(@"(?<!<)<<-?\s*['""]?(?<end>[A-Za-z_]\w*)['""]?", RegexOptions.CultureInvariant)]
    private static partial Regex HereDocument();

    [GeneratedRegex(@"'[^']*'|""(?:[^""\\]|\\.)*""", RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}
