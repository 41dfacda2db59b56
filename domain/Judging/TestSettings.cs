using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Judging;

/// <summary>Settings of pytest in the files of a project that also say other things.</summary>
public static partial class TestSettings
{
    /// <summary>Most bytes that such a file is read of; a longer one is no project's.</summary>
    public const int MostBytes = 1024 * 1024;

    private static readonly string[] Names = ["pyproject.toml", "setup.cfg", "tox.ini"];

    /// <summary>Whether a file may hold them.</summary>
    public static bool MayBeIn(string path) => Names.Contains(path[(path.LastIndexOf('/') + 1)..]);

    /// <summary>The text without them; null where they are written in a way that cannot be told apart from the rest.</summary>
    public static string? Remove(string text)
    {
        var kept = new StringBuilder(text.Length);
        var within = false;
        foreach (var line in text.Split('\n'))
        {
            if (line.TrimStart().StartsWith('['))
            {
                within = Section().IsMatch(line);
            }

            if (!within)
            {
                kept.Append(line).Append('\n');
            }
        }

        var rest = kept.ToString(0, Math.Max(0, kept.Length - 1));
        return Steers().IsMatch(rest) ? null : rest;
    }

    [GeneratedRegex(@"^\s*\[{1,2}\s*(pytest|tool:pytest|tool\s*\.\s*[""']?pytest[""']?(\s*\.[^\]]*)?)\s*\]{1,2}")]
    private static partial Regex Section();

    /// <summary>Keys by which pytest may still be steered, and escapes that may hide one.</summary>
    [GeneratedRegex(@"ini_options|\[\s*(tool:)?pytest\s*\]|[""']\s*pytest\s*[""']\s*[.=\]]|\bpytest\s*[.=]\s*[{\w]|\\[uU]")]
    private static partial Regex Steers();
}
