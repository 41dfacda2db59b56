using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Json;
using YamlDotNet.Serialization;

namespace Spark.Temporal.Starter.Demo;

/// <summary>What the scripted model says when a task is made: a blueprint with faults, and the same without them.</summary>
internal sealed record ScriptedConstruction
{
    /// <summary>The correct blueprint, by field.</summary>
    public Dictionary<string, object?> Blueprint { get; set; } = [];

    /// <summary>The faults of the first version.</summary>
    public List<ScriptedFault> Faults { get; set; } = [];

    /// <summary>Findings of the model's own critique.</summary>
    public List<Dictionary<string, object?>> Critique { get; set; } = [];

    /// <summary>The blueprint with its faults, as JSON.</summary>
    [YamlIgnore]
    public string First { get; private set; } = "";

    /// <summary>The blueprint without them, as JSON.</summary>
    [YamlIgnore]
    public string Repaired { get; private set; } = "";

    /// <summary>The critique, as JSON.</summary>
    [YamlIgnore]
    public string Findings { get; private set; } = "";

    /// <summary>Checks the script against the schemas.</summary>
    /// <exception cref="InvalidDataException">A part does not match its schema, or a fault's text is not in the blueprint.</exception>
    public void Prepare(string path)
    {
        var whole = Node(Blueprint)!.AsObject();
        Repaired = whole.ToJsonString(SparkJson.Indented);
        foreach (var (fault, index) in Faults.Select((fault, index) => (fault, index)))
        {
            var text = whole[fault.Field]?.GetValueKind() == JsonValueKind.String ? whole[fault.Field]!.GetValue<string>() : "";
            if (fault.Right.Length == 0 || !text.Contains(fault.Right, StringComparison.Ordinal))
            {
                throw new InvalidDataException($"{path}: construction.faults[{index}]: '{fault.Right}' is not in the blueprint's {fault.Field}");
            }

            whole[fault.Field] = text.Replace(fault.Right, fault.Wrong, StringComparison.Ordinal);
        }

        First = whole.ToJsonString(SparkJson.Indented);
        Findings = new JsonObject { ["findings"] = new JsonArray([.. Critique.Select(finding => Node(finding))]) }.ToJsonString(SparkJson.Indented);
        var errors = BlueprintReader.Read(Repaired).Errors.Concat(BlueprintReader.Read(First).Errors).Concat(CritiqueReader.Read(Findings).Errors).ToList();
        if (errors.Count > 0)
        {
            throw new InvalidDataException($"{path}: construction: {string.Join("; ", errors)}");
        }
    }

    /// <summary>What YAML holds, as JSON.</summary>
    private static JsonNode? Node(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool yes => JsonValue.Create(yes),
        IEnumerable<KeyValuePair<string, object?>> map => new JsonObject(map.Select(pair => KeyValuePair.Create(pair.Key, Node(pair.Value)))),
        IEnumerable<KeyValuePair<object, object?>> map => new JsonObject(map.Select(pair => KeyValuePair.Create($"{pair.Key}", Node(pair.Value)))),
        IEnumerable<object?> list => new JsonArray([.. list.Select(Node)]),
        float or double or decimal => JsonValue.Create(Convert.ToDouble(value)),
        _ => JsonValue.Create(Convert.ToInt64(value)),
    };
}

/// <summary>A text of the blueprint that is wrong in the first version.</summary>
internal sealed record ScriptedFault
{
    public string Field { get; set; } = "";

    public string Right { get; set; } = "";

    public string Wrong { get; set; } = "";
}
