using System.Text;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// Expands variables in words and here-documents of a Dockerfile, by the rules of BuildKit: <c>$NAME</c>, <c>${NAME}</c>, <c>${NAME:-word}</c> and its
/// like with <c>+</c> and <c>?</c>; a backslash makes the next character plain and goes; what is not set is empty.
/// </summary>
internal sealed class DockerVariables
{
    private const string SpecialNames = "@*#?-$!";

    private readonly IReadOnlyDictionary<string, string> _values;
    private readonly string _text;
    private readonly bool _quotes;
    private int _at;

    private DockerVariables(string text, IReadOnlyDictionary<string, string> values, bool quotes) => (_text, _values, _quotes) = (text, values, quotes);

    /// <summary>Expands a text.</summary>
    /// <param name="text">A word, or the content of a here-document.</param>
    /// <param name="values">Values by name.</param>
    /// <param name="quotes">Whether quotes group and go, as in a word; in here-documents they stay.</param>
    /// <exception cref="FormatException">It has what is not supported here, or what no builder understands.</exception>
    public static string Expand(string text, IReadOnlyDictionary<string, string> values, bool quotes) => new DockerVariables(text, values, quotes).Until('\0');

    /// <summary>Reads the pairs of ENV and ARG: <c>A=1 B="2 3"</c>. A name without a value has none.</summary>
    public static IEnumerable<(string Name, string? Value)> Pairs(string arguments)
    {
        foreach (var word in Split(arguments))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            yield return equals < 0 ? (word, null) : (word[..equals], word[(equals + 1)..]);
        }
    }

    private static IEnumerable<string> Split(string text)
    {
        var start = -1;
        var quote = '\0';
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                if (start >= 0)
                {
                    yield return text[start..at];
                }

                start = -1;
                continue;
            }

            start = start < 0 ? at : start;
            if (c == '\\' && quote != '\'')
            {
                at++;
            }
            else if (c is '"' or '\'')
            {
                quote = quote == '\0' ? c : quote == c ? '\0' : quote;
            }
        }

        if (start >= 0)
        {
            yield return text[start..];
        }
    }

    private string Until(char stop)
    {
        var result = new StringBuilder();
        while (_at < _text.Length)
        {
            var c = _text[_at++];
            if (c == stop)
            {
                return result.ToString();
            }

            if (c == '$')
            {
                result.Append(Variable());
            }
            else if (c == '\\')
            {
                result.Append(_at < _text.Length ? _text[_at++].ToString() : "");
            }
            else if (_quotes && c == '\'')
            {
                var end = _text.IndexOf('\'', _at);
                result.Append(_text[_at..(end < 0 ? throw new FormatException("a single quote has no end") : end)]);
                _at = end + 1;
            }
            else if (_quotes && c == '"')
            {
                DoubleQuoted(result);
            }
            else
            {
                result.Append(c);
            }
        }

        return stop == '\0' ? result.ToString() : throw new FormatException($"'{stop}' is missing");
    }

    private void DoubleQuoted(StringBuilder result)
    {
        while (true)
        {
            switch (_at < _text.Length ? _text[_at++] : throw new FormatException("a double quote has no end"))
            {
                case '"':
                    return;
                case '$':
                    result.Append(Variable());
                    break;
                case '\\' when _at < _text.Length && _text[_at] is '"' or '$' or '\\':
                    result.Append(_text[_at++]);
                    break;
                default:
                    result.Append(_text[_at - 1]);
                    break;
            }
        }
    }

    /// <summary>Reads what follows a dollar sign.</summary>
    private string Variable()
    {
        if (_at >= _text.Length || _text[_at] != '{')
        {
            var plain = Name();
            return plain.Length == 0 ? "$" : _values.GetValueOrDefault(plain, "");
        }

        _at++;
        var name = Name();
        var value = _values.GetValueOrDefault(name);
        var modifier = Next();
        if (modifier == '}' && name.Length > 0)
        {
            return value ?? "";
        }

        var emptyIsUnset = modifier == ':';
        modifier = emptyIsUnset ? Next() : modifier;
        if (name.Length == 0 || modifier is not ('-' or '+' or '?'))
        {
            throw new FormatException($"${{{name}{(emptyIsUnset ? ":" : "")}{modifier}…}} is not supported without BuildKit");
        }

        var word = Until('}');
        var set = value is not null && !(emptyIsUnset && value.Length == 0);
        return modifier switch
        {
            '-' => set ? value! : word,
            '+' => set ? word : "",
            _ => set ? value! : throw new FormatException($"{name}: {(word.Length > 0 ? word : "is not set")}"),
        };
    }

    private char Next() => _at < _text.Length ? _text[_at++] : throw new FormatException("'}' is missing");

    private string Name()
    {
        var start = _at;
        if (_at < _text.Length && SpecialNames.Contains(_text[_at], StringComparison.Ordinal))
        {
            return _text[_at++].ToString();
        }

        var digits = _at < _text.Length && char.IsDigit(_text[_at]);
        while (_at < _text.Length && (digits ? char.IsDigit(_text[_at]) : char.IsLetterOrDigit(_text[_at]) || _text[_at] == '_'))
        {
            _at++;
        }

        return _text[start.._at];
    }
}
