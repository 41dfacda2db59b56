using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>A TOML value that knows its line.</summary>
/// <param name="Line">Line, from 1.</param>
/// <param name="Value">
/// String, long, double, bool, list of nodes, table (a dictionary of nodes), or another object for what no field here
/// takes (dates).
/// </param>
public sealed record TomlNode(int Line, object Value)
{
    /// <summary>What the value is, in words for messages.</summary>
    public string Kind => Value switch
    {
        string => "a string",
        long => "a whole number",
        double => "a number",
        bool => "true or false",
        List<TomlNode> => "a list",
        Dictionary<string, TomlNode> => "a table",
        _ => "a date or time",
    };

    public bool IsEmpty => Value is List<TomlNode> { Count: 0 } or Dictionary<string, TomlNode> { Count: 0 };

    /// <summary>Parses a whole document.</summary>
    /// <returns>The table at the root; or null, with the line and what is wrong there.</returns>
    public static TomlNode? Parse(string text, out int line, out string? problem)
    {
        DocumentSyntax document;
        try
        {
            document = SyntaxParser.Parse(text);
        }
        catch (TomlException)
        {
            // The parser throws only when lists and tables are nested too deep; it reports everything else.
            (line, problem) = (1, "lists or inline tables are nested more than 64 deep");
            return null;
        }

        if (document.Diagnostics.FirstOrDefault(found => found.Kind == DiagnosticMessageKind.Error) is { } first)
        {
            (line, problem) = (first.Span.Start.Line + 1, first.Message);
            return null;
        }

        var root = new Dictionary<string, TomlNode>(StringComparer.Ordinal);
        Fill(root, document.KeyValues);
        foreach (var table in document.Tables)
        {
            Fill(Enter(root, Path(table.Name!), LineOf(table), table is TableArraySyntax), table.Items);
        }

        (line, problem) = (0, null);
        return new TomlNode(1, root);
    }

    private static void Fill(Dictionary<string, TomlNode> table, IEnumerable<KeyValueSyntax> items)
    {
        foreach (var item in items)
        {
            var path = Path(item.Key!);
            Enter(table, path[..^1], LineOf(item), asList: false)[path[^1]] = Convert(item.Value!, LineOf(item));
        }
    }

    private static Dictionary<string, TomlNode> Enter(
        Dictionary<string, TomlNode> table, string[] path, int line, bool asList)
    {
        for (var i = 0; i < path.Length; i++)
        {
            var last = i == path.Length - 1;
            if (!table.TryGetValue(path[i], out var next))
            {
                object made = last && asList ? new List<TomlNode>() : new Dictionary<string, TomlNode>(StringComparer.Ordinal);
                table[path[i]] = next = new TomlNode(line, made);
            }

            if (next.Value is List<TomlNode> list)
            {
                if (last && asList)
                {
                    list.Add(new TomlNode(line, new Dictionary<string, TomlNode>(StringComparer.Ordinal)));
                }

                next = list[^1];
            }

            table = (Dictionary<string, TomlNode>)next.Value;
        }

        return table;
    }

    private static TomlNode Convert(ValueSyntax value, int line) => new(line, value switch
    {
        StringValueSyntax text => text.Value ?? "",
        IntegerValueSyntax number => number.Value,
        FloatValueSyntax number => number.Value,
        BooleanValueSyntax flag => flag.Value,
        ArraySyntax list => list.Items.Select(item => Convert(item.Value!, LineOf(item))).ToList(),
        InlineTableSyntax table => Table(table),
        _ => value,
    });

    private static Dictionary<string, TomlNode> Table(InlineTableSyntax syntax)
    {
        var table = new Dictionary<string, TomlNode>(StringComparer.Ordinal);
        Fill(table, syntax.Items.Select(item => item.KeyValue!));
        return table;
    }

    private static string[] Path(KeySyntax key) =>
        [Name(key.Key!), .. key.DotKeys.Select(dotted => Name(dotted.Key!))];

    private static string Name(BareKeyOrStringValueSyntax key) =>
        key is StringValueSyntax quoted ? quoted.Value ?? "" : ((BareKeySyntax)key).Key!.Text ?? "";

    private static int LineOf(SyntaxNode node) => node.Span.Start.Line + 1;
}
