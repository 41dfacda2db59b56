using Spark.Temporal.Domain.Texts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Spark.Temporal.Domain.Skills;

/// <summary>One key of the front matter.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its text; null where it is a map.</param>
/// <param name="Line">Line in the file, from 1.</param>
public sealed record SkillField(string Key, string? Value, int Line);

/// <summary>
/// Front matter read event by event, because a finished document no longer shows what is not allowed: flow style,
/// anchors, aliases, tags, duplicate keys, and values that only look like text.
/// </summary>
public sealed class SkillFrontMatter
{
    /// <summary>
    /// Several times what all known keys may hold together. The parser's time grows with the square of the nesting depth of
    /// brackets, and a file may be malicious.
    /// </summary>
    private const int MaxCharacters = 16_384;

    private readonly List<SkillField> _fields = [];
    private readonly List<SkillProblem> _problems = [];
    private readonly HashSet<string> _refused = [];

    private SkillFrontMatter()
    {
    }

    /// <summary>Every key the specification knows.</summary>
    public static readonly IReadOnlyList<string> KnownKeys = ["name", "description", "license", "compatibility", "metadata", "allowed-tools"];

    /// <summary>Known keys at the top with a value of an allowed kind, each once.</summary>
    public IReadOnlyList<SkillField> Fields => _fields;

    public IReadOnlyList<SkillProblem> Problems => _problems;

    /// <summary>Keys at the top whose value was refused.</summary>
    public IReadOnlySet<string> Refused => _refused;

    /// <summary>Whether the YAML could not be read to its end.</summary>
    public bool BrokeOff { get; private set; }

    /// <summary>Reads the text between the two marks; its first line is the file's second.</summary>
    public static SkillFrontMatter Read(string yaml)
    {
        var front = new SkillFrontMatter();
        if (yaml.Length > MaxCharacters)
        {
            front.BrokeOff = true;
            front._problems.Add(new(2, $"the front matter has {yaml.Length} characters; at most {MaxCharacters} are read"));
            return front;
        }

        try
        {
            front.ReadDocument(new Parser(new StringReader(yaml)));
        }
        catch (Exception broken)
        {
            // The parser answers some malformed input with exceptions of other kinds than its own.
            var line = broken is YamlException yamlError ? FileLine(yamlError.Start) : 2;
            front.BrokeOff = true;
            front._problems.Add(new(line, $"the front matter is not YAML: {PlainText.OneLine(broken.Message, 160)} (a value with ': ', ' #' or a leading sign belongs in quotes)"));
        }

        return front;
    }

    private static int FileLine(Mark mark) => (int)mark.Line + 1;

    private void ReadDocument(Parser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
        {
            return;
        }

        var start = parser.Consume<DocumentStart>();
        if (!start.IsImplicit)
        {
            Say(start, "directives and document marks are not allowed in the front matter");
        }

        if (parser.TryConsume<MappingStart>(out var map))
        {
            CheckStyle(map, map.Style == MappingStyle.Flow, "a map in braces");
            ReadMap(parser, nested: null);
        }
        else
        {
            Say(parser.Current!, "the front matter must be lines of 'key: value'");
            parser.SkipThisAndNestedEvents();
        }

        parser.Consume<DocumentEnd>();
        if (!parser.TryConsume<StreamEnd>(out _))
        {
            Say(parser.Current!, "the front matter must be one document");
        }
    }

    /// <summary>Reads the entries of a map; nested names the key it belongs to, null at the top.</summary>
    private void ReadMap(Parser parser, string? nested)
    {
        HashSet<string> seen = [];
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                Say(parser.Current!, "a key must be plain text");
                parser.SkipThisAndNestedEvents();
                parser.SkipThisAndNestedEvents();
                continue;
            }

            CheckText(key, $"the key '{key.Value}'");
            if (!seen.Add(key.Value))
            {
                Say(key, $"the key '{key.Value}' appears twice");
            }

            if (nested is null && !KnownKeys.Contains(key.Value))
            {
                Say(key, $"unknown key '{PlainText.OneLine(key.Value, 60)}'; allowed are {string.Join(", ", KnownKeys)} (anything else goes under metadata)");
                parser.SkipThisAndNestedEvents();
                continue;
            }

            ReadValue(parser, key, nested);
        }
    }

    private void ReadValue(Parser parser, Scalar key, string? nested)
    {
        var before = _problems.Count;
        var what = nested is null ? key.Value : $"{nested}.{key.Value}";
        if (parser.TryConsume<Scalar>(out var value))
        {
            CheckText(value, what);
        }
        else if (nested is null && key.Value == "metadata" && parser.TryConsume<MappingStart>(out var map))
        {
            CheckStyle(map, map.Style == MappingStyle.Flow, $"{what}: a map in braces");
            ReadMap(parser, what);
            value = null;
        }
        else
        {
            Say(key, $"{what} must be text, not {Kind(parser.Current!)}");
            parser.SkipThisAndNestedEvents();
        }

        if (nested is not null)
        {
            return;
        }

        if (_problems.Count > before)
        {
            _refused.Add(key.Value);
        }
        else if (!_fields.Exists(field => field.Key == key.Value))
        {
            _fields.Add(new SkillField(key.Value, value?.Value, FileLine(key.Start)));
        }
    }

    private void CheckText(Scalar scalar, string what)
    {
        CheckStyle(scalar, false, what);
        if (scalar.Style == ScalarStyle.Plain && !YamlScalars.IsText(scalar.Value))
        {
            Say(scalar, scalar.Value.Length == 0 ? $"{what} has no value" : $"{what} is {PlainText.OneLine(scalar.Value, 40)}, which YAML does not read as text; put it in quotes");
        }
    }

    private void CheckStyle(NodeEvent node, bool flow, string what)
    {
        if (flow)
        {
            Say(node, $"{what} is not allowed; write one entry a line");
        }

        if (!node.Anchor.IsEmpty)
        {
            Say(node, $"{what} has an anchor (&), which is not allowed");
        }

        if (!node.Tag.IsEmpty)
        {
            Say(node, $"{what} has a tag (!), which is not allowed");
        }
    }

    private void Say(ParsingEvent at, string message) => _problems.Add(new(FileLine(at.Start), message));

    private static string Kind(ParsingEvent value) => value switch
    {
        SequenceStart { Style: SequenceStyle.Flow } => "a list in brackets",
        SequenceStart => "a list",
        MappingStart { Style: MappingStyle.Flow } => "a map in braces",
        MappingStart => "a map",
        AnchorAlias => "an alias (*)",
        _ => "this",
    };
}
