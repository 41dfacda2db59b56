using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>A here-document of a <see cref="DockerInstruction"/>.</summary>
/// <param name="Word">The word that announces it, as it is written: <c>&lt;&lt;-"EOF"</c>.</param>
/// <param name="Name">Its delimiter without quotes.</param>
/// <param name="Body">Its lines as they are written, each with its line end.</param>
public sealed partial record DockerHeredoc(string Word, string Name, string Body)
{
    /// <summary>Whether a quote keeps the builder from expanding variables in it.</summary>
    public bool IsQuoted => Word.AsSpan().IndexOfAny('"', '\'', '\\') >= 0;

    /// <summary>Whether tabs before its lines are taken off (<c>&lt;&lt;-</c>).</summary>
    public bool StripsTabs => Word.TrimStart('0', '1', '2', '3', '4', '5', '6', '7', '8', '9').StartsWith("<<-", StringComparison.Ordinal);

    /// <summary>Its lines as they are meant.</summary>
    public string Content => StripsTabs ? LeadingTabs().Replace(Body, "") : Body;

    /// <summary>Reads a word that may announce one; its body comes later.</summary>
    /// <returns>Null for any other word.</returns>
    public static DockerHeredoc? Announced(string word)
    {
        if (Announcement().Match(word) is not { Success: true } found)
        {
            return null;
        }

        var name = Quotes().Replace(found.Groups[1].Value, "$1");
        return name.Length > 0 ? new DockerHeredoc(word, name, "") : null;
    }

    [GeneratedRegex(@"^\d*<<-?([^<\s]+)$")]
    private static partial Regex Announcement();

    [GeneratedRegex("""["']|\\(.)""")]
    private static partial Regex Quotes();

    [GeneratedRegex(@"^\t+", RegexOptions.Multiline)]
    private static partial Regex LeadingTabs();
}
