using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>Reads a compose file into plain tables: variables filled, anchors and merge keys followed, within bounds.</summary>
public sealed class ComposeYaml
{
    private const int MostDepth = 64;
    private const int MostNodes = 50_000;

    private readonly Parser _parser;
    private readonly IReadOnlyDictionary<string, string> _known;
    private readonly Dictionary<string, JsonNode?> _anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);
    private int _nodes;

    private ComposeYaml(string text, IReadOnlyDictionary<string, string> known)
    {
        _parser = new Parser(new StringReader(text));
        _known = known;
    }

    /// <summary>Lines of the keys of the upper tables, such as <c>services.main.image</c>.</summary>
    public IReadOnlyDictionary<string, int> Lines => _lines;

    /// <summary>The file as a table.</summary>
    public JsonObject Root { get; private set; } = [];

    /// <summary>Reads a text.</summary>
    /// <param name="text">The file's content.</param>
    /// <param name="known">Variables that are set.</param>
    /// <param name="line">Line of the first mistake.</param>
    /// <param name="problem">What is wrong there.</param>
    /// <returns>Null where it cannot be read.</returns>
    public static ComposeYaml? Read(string text, IReadOnlyDictionary<string, string> known, out int line, out string problem)
    {
        var yaml = new ComposeYaml(text, known);
        try
        {
            yaml._parser.Consume<StreamStart>();
            if (!yaml._parser.TryConsume<DocumentStart>(out _))
            {
                (line, problem) = (0, "is empty");
                return null;
            }

            if (yaml.Node("", 0, templates: false) is not JsonObject root)
            {
                (line, problem) = (1, "is not a table with services");
                return null;
            }

            yaml.Root = root;
            (line, problem) = (0, "");
            return yaml;
        }
        catch (YamlException mistake)
        {
            (line, problem) = ((int)mistake.Start.Line, $"does not parse as YAML: {mistake.Message}");
            return null;
        }
    }

    private JsonNode? Node(string path, int depth, bool templates)
    {
        var at = _parser.Current!.Start;
        if (depth > MostDepth || ++_nodes > MostNodes)
        {
            throw new YamlException(at, at, depth > MostDepth ? $"it is nested more than {MostDepth} deep" : $"it has more than {MostNodes} values");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            if (!_anchors.TryGetValue(alias.Value.Value, out var meant))
            {
                throw new YamlException(at, at, $"the anchor {alias.Value.Value} is not known here");
            }

            Count(meant, at, depth);
            return meant?.DeepClone();
        }

        var anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        var node = _parser.TryConsume<Scalar>(out var scalar) ? Value(scalar, templates)
            : _parser.TryConsume<SequenceStart>(out _) ? Sequence(path, depth, templates)
            : Mapping(path, depth, templates);
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node?.DeepClone();
        }

        return node;
    }

    private JsonArray Sequence(string path, int depth, bool templates)
    {
        var list = new JsonArray();
        while (!_parser.TryConsume<SequenceEnd>(out _))
        {
            list.Add(Node(path + "[]", depth + 1, templates));
        }

        return list;
    }

    private JsonObject Mapping(string path, int depth, bool templates)
    {
        _parser.Consume<MappingStart>();
        var table = new JsonObject();
        List<JsonObject> merged = [];
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var key = _parser.Consume<Scalar>();
            var below = path.Length == 0 ? key.Value : $"{path}.{key.Value}";
            if (depth < 4)
            {
                _lines[below] = (int)key.Start.Line;
            }

            var value = Node(below, depth + 1, templates || key.Value is "environment" or "args");
            if (key is { Value: "<<", Style: ScalarStyle.Plain })
            {
                merged.AddRange(value is JsonArray several ? several.OfType<JsonObject>() : value is JsonObject one ? [one] : []);
            }
            else if (!table.TryAdd(key.Value, value))
            {
                throw new YamlException(key.Start, key.End, $"'{key.Value}' is given twice");
            }
        }

        foreach (var (key, value) in merged.SelectMany(other => other).Where(pair => !table.ContainsKey(pair.Key)).DistinctBy(pair => pair.Key).ToList())
        {
            table[key] = value?.DeepClone();
        }

        return table;
    }

    private JsonNode? Value(Scalar scalar, bool templates)
    {
        if (scalar.Style == ScalarStyle.Plain)
        {
            switch (scalar.Value.ToLowerInvariant())
            {
                case "" or "~" or "null":
                    return null;
                case "true":
                    return true;
                case "false":
                    return false;
            }
        }

        return Text(scalar.Value, templates)
            ?? throw new YamlException(scalar.Start, scalar.End, $"'{scalar.Value}' names a variable in a way that compose does not know, or one that must be set");
    }

    /// <summary>A variable of the host stays a template where the sandbox host decides what of its own a task may have.</summary>
    private string? Text(string value, bool templates)
    {
        var assignment = value.IndexOf('=', StringComparison.Ordinal) + 1;
        foreach (var start in templates ? [0, assignment] : Array.Empty<int>())
        {
            if (EnvTemplate.Parse(value[start..]) is { } template && !_known.ContainsKey(template.Variable))
            {
                return $"{value[..start]}${{{template.Variable}:-{template.Default}}}";
            }
        }

        return ComposeVariables.Fill(value, _known);
    }

    private void Count(JsonNode? node, Mark at, int depth)
    {
        if (depth > MostDepth || ++_nodes > MostNodes)
        {
            throw new YamlException(at, at, $"its anchors make more than {MostNodes} values, or more than {MostDepth} levels");
        }

        foreach (var child in node switch { JsonObject table => table.Select(pair => pair.Value), JsonArray list => list, _ => [] })
        {
            Count(child, at, depth + 1);
        }
    }
}
