using System.Text;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>
/// The rules of a <c>.dockerignore</c> file: comments, negation, <c>*</c>, <c>?</c>, <c>[…]</c> and <c>**</c>; a folder's
/// rule covers what is in it, and the last rule that matches decides. Dockerfile and .dockerignore always stay, because
/// the build needs them.
/// </summary>
internal sealed class DockerIgnore
{
    private readonly List<(Regex Pattern, bool Keep)> _rules = [];

    public DockerIgnore(string text)
    {
        foreach (var line in text.TrimStart('\uFEFF').Split('\n'))
        {
            // A comment starts in the first column.
            if (line.StartsWith('#'))
            {
                continue;
            }

            var rule = line.Trim();
            var keep = rule.StartsWith('!');
            var pattern = Clean(keep ? rule[1..].Trim() : rule);
            if (pattern.Length > 0)
            {
                _rules.Add((new Regex(Translate(pattern), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking), keep));
            }
        }
    }

    /// <summary>Whether a path of the build context, relative and with forward slashes, is left out.</summary>
    public bool Ignores(string path)
    {
        if (path is "Dockerfile" or ".dockerignore" or "docker-compose.yaml")
        {
            return false;
        }

        var ignored = false;
        foreach (var (pattern, keep) in _rules)
        {
            if (ignored == keep && PathAndParents(path).Any(candidate => pattern.IsMatch(candidate)))
            {
                ignored = !keep;
            }
        }

        return ignored;
    }

    private static IEnumerable<string> PathAndParents(string path)
    {
        for (var end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            yield return path[..end];
        }
    }

    private static string Clean(string pattern)
    {
        var parts = new List<string>();
        foreach (var part in pattern.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    private static string Translate(string pattern)
    {
        var regex = new StringBuilder(@"\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i++;
                    if (i + 1 < pattern.Length && pattern[i + 1] == '/')
                    {
                        i++;
                    }

                    regex.Append(i + 1 == pattern.Length ? ".*" : "(?:.*/)?");
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is > 0 and var close && close > i + 1:
                    regex.Append('[').Append(Class(pattern[(i + 1)..close])).Append(']');
                    i = close;
                    break;
                case '\\' when i + 1 < pattern.Length:
                    regex.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return regex.Append(@"\z").ToString();
    }

    private static string Class(string members)
    {
        var negated = members.StartsWith('^');
        var plain = (negated ? members[1..] : members).Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal).Replace("^", @"\^", StringComparison.Ordinal);
        return negated ? "^" + plain : plain;
    }
}
