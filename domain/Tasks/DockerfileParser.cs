using System.Text;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// Reads the instructions of a Dockerfile, after BuildKit's frontend/dockerfile/parser: a line is continued where its last
/// character but blanks is the escape and is not escaped itself; comment lines and empty lines between are left out.
/// </summary>
internal sealed class DockerfileParser
{
    private readonly string _text;

    /// <summary>Start of each line, and the end of the text.</summary>
    private readonly List<int> _starts = [0];

    private char _escape = '\\';

    public DockerfileParser(string text)
    {
        _text = text;
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\n')
            {
                _starts.Add(at + 1);
            }
        }

        if (_starts[^1] < text.Length)
        {
            _starts.Add(text.Length);
        }
    }

    private int Lines => _starts.Count - 1;

    public List<DockerInstruction> Read()
    {
        List<DockerInstruction> instructions = [];
        var stage = -1;
        for (var line = Directives(); line < Lines;)
        {
            if (IsSkipped(line))
            {
                line++;
                continue;
            }

            var first = line;
            var logical = Join(ref line);
            var space = logical.IndexOfAny([' ', '\t']);
            var keyword = (space < 0 ? logical : logical[..space]).ToUpperInvariant();
            stage += keyword == "FROM" ? 1 : 0;
            var flags = new List<string>();
            var arguments = Flags(space < 0 ? "" : logical[space..], flags);
            IReadOnlyList<DockerHeredoc> heredocs = keyword is "RUN" or "COPY" or "ADD" ? Heredocs(arguments, ref line) : [];
            instructions.Add(new DockerInstruction
            {
                Keyword = keyword,
                Arguments = arguments,
                Flags = flags,
                Heredocs = heredocs,
                Escape = _escape,
                Stage = stage,
                Line = first + 1,
                Text = _text[_starts[first].._starts[line]].TrimEnd('\r', '\n'),
                Start = _starts[first],
                End = _starts[line],
            });
        }

        return instructions;
    }

    /// <summary>Reads the directives, which are the file's first lines or none.</summary>
    /// <returns>The first line that is no directive.</returns>
    private int Directives()
    {
        var line = 0;
        for (; line < Lines && LineAt(line).TrimStart() is ['#', .. var rest] && rest.Split('=', 2) is [var name, var value]; line++)
        {
            if (name.Trim().ToLowerInvariant() is not ("escape" or "syntax" or "check"))
            {
                break;
            }

            if (name.Trim().Equals("escape", StringComparison.OrdinalIgnoreCase) && value.Trim() is ['`'])
            {
                _escape = '`';
            }
        }

        return line;
    }

    /// <summary>Puts a line and what continues it together.</summary>
    private string Join(ref int line)
    {
        var logical = new StringBuilder();
        var goesOn = true;
        for (; goesOn && line < Lines; line++)
        {
            if (logical.Length > 0 && IsSkipped(line))
            {
                continue;
            }

            var text = LineAt(line);
            var end = text.TrimEnd(' ', '\t');
            goesOn = end.EndsWith(_escape) && (end.Length < 2 || end[^2] != _escape);
            logical.Append(goesOn ? end[..^1] : text);
        }

        return logical.ToString().Trim();
    }

    /// <summary>Takes the leading flags off.</summary>
    private static string Flags(string arguments, List<string> flags)
    {
        var rest = arguments.Trim();
        while (rest.StartsWith("--", StringComparison.Ordinal))
        {
            var end = rest.IndexOfAny([' ', '\t']);
            flags.Add(end < 0 ? rest : rest[..end]);
            rest = end < 0 ? "" : rest[end..].TrimStart();
        }

        return rest;
    }

    /// <summary>Reads the bodies that the arguments announce; a word whose end never comes announces none.</summary>
    private List<DockerHeredoc> Heredocs(string arguments, ref int line)
    {
        List<DockerHeredoc> heredocs = [];
        foreach (var heredoc in Words(arguments).Select(DockerHeredoc.Announced).OfType<DockerHeredoc>())
        {
            var end = line;
            while (end < Lines && (heredoc.StripsTabs ? LineAt(end).TrimStart('\t') : LineAt(end)) != heredoc.Name)
            {
                end++;
            }

            if (end < Lines)
            {
                heredocs.Add(heredoc with { Body = _text[_starts[line].._starts[end]] });
                line = end + 1;
            }
        }

        return heredocs;
    }

    /// <summary>Words as a shell parts them; quotes stay.</summary>
    private IEnumerable<string> Words(string text)
    {
        var word = new StringBuilder();
        var quote = '\0';
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (word.Length > 0)
                {
                    yield return word.ToString();
                    word.Clear();
                }

                continue;
            }

            word.Append(c);
            if (c == _escape && quote != '\'' && at + 1 < text.Length)
            {
                word.Append(text[++at]);
            }
            else if (c is '\'' or '"')
            {
                quote = quote == '\0' ? c : quote == c ? '\0' : quote;
            }
        }

        if (word.Length > 0)
        {
            yield return word.ToString();
        }
    }

    private bool IsSkipped(int line) => LineAt(line).AsSpan().TrimStart() is { IsEmpty: true } or ['#', ..];

    private string LineAt(int line) => _text[_starts[line].._starts[line + 1]].TrimEnd('\r', '\n');
}
