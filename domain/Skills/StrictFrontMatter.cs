using Spark.Temporal.Domain.Texts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Spark.Temporal.Domain.Skills;

/// <summary>An entry of a map in front matter. A list has neither text nor entries.</summary>
/// <param name="Key">The key.</param>
/// <param name="Line">Line in the file, from 1.</param>
/// <param name="Text">The value, as it is read; null where it is a map or a list.</param>
/// <param name="IsMap">Whether it is a map.</param>
internal sealed record FrontMatterEntry(string Key, int Line, string? Text, bool IsMap);

/// <summary>
/// Front matter as the specification's own validator (<c>skills-ref</c>, on StrictYAML) reads it: every scalar is text; flow style,
/// anchors, aliases, tags, duplicate keys, tabs between words and maps of unlike indentation are refused.
/// </summary>
internal sealed class StrictFrontMatter
{
    /// <summary>Python's own limit on recursion ends the validator about here.</summary>
    private const int DeepestLevel = 100;

    private const int LongestKey = 1_024;

    private readonly string _yaml;
    private readonly Parser _parser;
    private readonly List<FrontMatterEntry> _entries = [];

    /// <summary>Stretches of the text in which a tab is a character like any other: quoted and block scalars.</summary>
    private readonly List<(int Start, int End)> _open = [];

    /// <summary>Stretches of plain scalars: a number sign in them begins no comment.</summary>
    private readonly List<(int Start, int End)> _plain = [];

    private StrictFrontMatter(string yaml)
    {
        _yaml = yaml;
        _parser = new Parser(new StringReader(yaml));
    }

    /// <summary>Reads what is between the marks, from the first one on: its first line is the file's first.</summary>
    /// <returns>The entries at the top in their order, and the first problem; no entries where there is one.</returns>
    public static (IReadOnlyList<FrontMatterEntry> Entries, SkillProblem? Problem) Read(string yaml)
    {
        if (Forbidden(yaml) is { } at)
        {
            return ([], new(LineOf(yaml, at), $"the front matter has the character U+{(int)yaml[at]:X4}, which YAML does not allow; remove it"));
        }

        // Line ends of other scripts fold like a space; the parser here would begin a line with each.
        var front = new StrictFrontMatter(yaml.Replace('\u0085', ' ').Replace('\u2028', ' ').Replace('\u2029', ' '));
        try
        {
            front.ReadDocument();
            front.CheckTabs();
            return (front._entries, null);
        }
        catch (Exception broken)
        {
            // The parser answers some malformed input with exceptions of other kinds than its own.
            return ([], broken is Refusal refused
                ? new((int)refused.Start.Line, refused.Message)
                : new(
                    broken is YamlException yamlError ? (int)yamlError.Start.Line : 1,
                    $"the front matter is not YAML: {PlainText.OneLine(broken.Message, 160)} (a value with ': ', ' #' or a leading sign belongs in quotes)"));
        }
    }

    private static int? Forbidden(string yaml)
    {
        for (var at = 0; at < yaml.Length; at++)
        {
            var letter = yaml[at];
            if (char.IsHighSurrogate(letter) && at + 1 < yaml.Length && char.IsLowSurrogate(yaml[at + 1]))
            {
                at++;
            }
            else if (!(letter is '\t' or '\n' or '\r' or '\u0085' or (>= ' ' and <= '~') or (>= '\u00A0' and <= '\uD7FF') or (>= '\uE000' and <= '\uFFFD')))
            {
                return at;
            }
        }

        return null;
    }

    private static int LineOf(string yaml, int at) => yaml.AsSpan(0, at).Count('\n') + 1;

    private void ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (_parser.Accept<StreamEnd>(out var nothing))
        {
            throw new Refusal(nothing, "the front matter is empty; write lines of 'key: value'");
        }

        _parser.Consume<DocumentStart>();
        if (!_parser.Accept<MappingStart>(out _))
        {
            throw new Refusal(_parser.Current!, "the front matter must be lines of 'key: value'");
        }

        Value(top: true, level: 0);
        _parser.Consume<DocumentEnd>();
        if (!_parser.TryConsume<StreamEnd>(out _))
        {
            throw new Refusal(_parser.Current!, "the front matter must be one document");
        }
    }

    /// <summary>Reads the value that comes next.</summary>
    /// <returns>Its text where it is a scalar, and the column at which it begins where it is a map.</returns>
    private (string? Text, long? MapColumn) Value(bool top, int level)
    {
        if (level > DeepestLevel)
        {
            throw new Refusal(_parser.Current!, $"the front matter has more than {DeepestLevel} levels");
        }

        switch (_parser.Consume<ParsingEvent>())
        {
            case Scalar scalar:
                Node(scalar);
                Keep(scalar);
                return (scalar.Value, null);
            case SequenceStart list:
                Node(list, list.Style == SequenceStyle.Flow, "a list in brackets");
                while (!_parser.TryConsume<SequenceEnd>(out _))
                {
                    Value(top: false, level + 1);
                }

                return (null, null);
            case MappingStart map:
                Node(map, map.Style == MappingStyle.Flow, "a map in braces");
                Map(top, level);
                return (null, map.Start.Column);
            case var other:
                throw new Refusal(other, other is AnchorAlias ? "an alias (*) is not allowed; put the value in quotes" : "a value cannot be read; put it in quotes");
        }
    }

    private void Map(bool top, int level)
    {
        HashSet<string> seen = [];
        long? column = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
            {
                throw new Refusal(_parser.Current!, "a key must be text");
            }

            Node(key);
            Keep(key);
            if (!seen.Add(key.Value))
            {
                throw new Refusal(key, $"the key '{PlainText.OneLine(key.Value, 60)}' appears twice");
            }

            if (key.Value.Length > LongestKey)
            {
                throw new Refusal(key, $"a key has {key.Value.Length} characters; at most {LongestKey} are read");
            }

            var (text, inner) = Value(top: false, level + 1);
            if (inner is null && key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                throw new Refusal(key, "'<<' merges a map in YAML; put the key in quotes");
            }

            if (inner is not null && (column ??= inner) != inner)
            {
                throw new Refusal(key, $"the map under '{PlainText.OneLine(key.Value, 60)}' is indented otherwise than the one before it");
            }

            if (top)
            {
                _entries.Add(new FrontMatterEntry(key.Value, (int)key.Start.Line, text, inner is not null));
            }
        }
    }

    private static void Node(NodeEvent node, bool flow = false, string? what = null)
    {
        if (flow)
        {
            throw new Refusal(node, $"{what} is not allowed; write one entry a line, or put the text in quotes");
        }

        if (!node.Anchor.IsEmpty)
        {
            throw new Refusal(node, "an anchor (&) is not allowed; put the value in quotes");
        }

        if (!node.Tag.IsEmpty)
        {
            throw new Refusal(node, "a tag (!) is not allowed; put the value in quotes");
        }
    }

    private void Keep(Scalar scalar)
    {
        var (start, end) = ((int)scalar.Start.Index, (int)scalar.End.Index);
        switch (scalar.Style)
        {
            case ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted:
                _open.Add((start, end));
                break;
            case ScalarStyle.Literal or ScalarStyle.Folded:
                // Not the line with the sign itself.
                var line = _yaml.IndexOf('\n', Math.Min(start, _yaml.Length));
                _open.Add((line < 0 ? end : line, end));
                break;
            default:
                _plain.Add((start, end));
                break;
        }
    }

    /// <summary>The validator's reader takes a tab in quotes, in block scalars and in comments, and nowhere else.</summary>
    private void CheckTabs()
    {
        for (var at = _yaml.IndexOf('\t'); at >= 0; at = _yaml.IndexOf('\t', at + 1))
        {
            if (!Within(_open, at) && !InComment(at))
            {
                var mark = new Mark(at, LineOf(_yaml, at), 1);
                throw new Refusal(mark, "a tab is not allowed between the words of the front matter; write spaces, or put the value in quotes");
            }
        }
    }

    private bool InComment(int at)
    {
        var line = at == 0 ? 0 : _yaml.LastIndexOf('\n', at - 1) + 1;
        for (var sign = _yaml.IndexOf('#', line, at - line); sign >= 0; sign = _yaml.IndexOf('#', sign + 1, at - sign - 1))
        {
            if (!Within(_open, sign) && !Within(_plain, sign) && _yaml.AsSpan(line, sign - line).IndexOf('\t') < 0)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Within(List<(int Start, int End)> stretches, int at) => stretches.Exists(one => one.Start <= at && at < one.End);

    private sealed class Refusal(Mark at, string message) : YamlException(at, at, message)
    {
        public Refusal(ParsingEvent at, string message)
            : this(at.Start, message)
        {
        }
    }
}
