using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Xml.Linq;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Tests.Domain.Results;

/// <summary>
/// The JSON Schemas of the public files, made from the records and their docstrings. The files in <c>domain/Results/</c> are
/// held against what is made here, so a record and its schema cannot go apart.
/// </summary>
internal static class ResultSchemas
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions AsWritten = new(SparkJson.Options) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    private static readonly Type[] Events =
    [
        typeof(ExecutionEvent), typeof(ReflectEvent), typeof(SnapshotEvent), typeof(SkillCallEvent), typeof(SummaryEvent), typeof(InfrastructureEvent),
    ];

    /// <summary>Names of the schemas with the records they describe; the events of a trajectory are one schema.</summary>
    public static IReadOnlyDictionary<string, Type> Records { get; } = new Dictionary<string, Type>
    {
        ["attempts"] = typeof(AttemptsFile),
        ["trajectory"] = typeof(TrajectoryEvent),
        ["trial-result"] = typeof(HarborTrialResult),
        ["trial-config"] = typeof(HarborTrialConfig),
        ["trial-trajectory"] = typeof(AtifTrajectory),
        ["batch-results"] = typeof(BatchResultLine),
        ["batch-summary"] = typeof(BatchSummaryFile),
        ["construction-report"] = typeof(ConstructionReport),
        ["exported-run"] = typeof(ExportedRun),
    };

    /// <summary>The schema as a file holds it.</summary>
    public static string Of(string name)
    {
        var docs = XDocument.Load(Path.ChangeExtension(typeof(AttemptsFile).Assembly.Location, ".xml"))
            .Descendants("member").ToDictionary(member => (string)member.Attribute("name")!, member => member);
        var type = Records[name];
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = name,
            ["description"] = Words(docs, $"T:{type.FullName}"),
        };
        if (type == typeof(TrajectoryEvent))
        {
            // Of a type that is not listed nothing is asked.
            schema["type"] = "object";
            schema["required"] = new JsonArray("type");
            schema["properties"] = new JsonObject { ["type"] = new JsonObject { ["type"] = "string" } };
            schema["allOf"] = new JsonArray([.. Events.Select(one => (JsonNode)new JsonObject
            {
                ["if"] = new JsonObject { ["properties"] = new JsonObject { ["type"] = new JsonObject { ["const"] = NameOf(one) } } },
                ["then"] = Described(one, docs),
            })]);
        }
        else
        {
            foreach (var (key, value) in Described(type, docs).ToList())
            {
                schema[key] = value?.DeepClone();
            }

            schema["description"] = Words(docs, $"T:{type.FullName}");
        }

        return schema.ToJsonString(Pretty) + "\n";
    }

    private static string NameOf(Type happened) => (string)happened.GetField("TypeName")!.GetRawConstantValue()!;

    private static JsonObject Described(Type type, Dictionary<string, XElement> docs)
    {
        var exported = JsonSchemaExporter.GetJsonSchemaAsNode(AsWritten, type, new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) => Transformed(context, node, docs),
        }).AsObject();
        return exported;
    }

    private static JsonNode Transformed(JsonSchemaExporterContext context, JsonNode node, Dictionary<string, XElement> docs)
    {
        var optional = context.PropertyInfo is { IsGetNullable: true };
        if (context.TypeInfo.Type == typeof(ArtifactRef))
        {
            node = new JsonObject { ["type"] = optional ? new JsonArray("string", "null") : "string", ["pattern"] = "^[0-9a-f]{64}:[0-9]+:.+$" };
        }
        else if (context.PropertyInfo?.AttributeProvider?.IsDefined(typeof(System.Text.Json.Serialization.JsonConverterAttribute), inherit: false) == true
            && context.TypeInfo.Type == typeof(InterventionLevel))
        {
            node = new JsonObject { ["enum"] = new JsonArray(null, "soft", "strong") };
        }

        if (node is not JsonObject described)
        {
            return node;
        }

        var member = context.PropertyInfo?.AttributeProvider as MemberInfo;
        var words = member is null
            ? context.PropertyInfo is null ? Words(docs, $"T:{context.TypeInfo.Type.FullName}") : null
            : Words(docs, $"P:{member.DeclaringType!.FullName}.{member.Name}");
        if (words is not null)
        {
            described.Insert(0, "description", words);
        }

        return described;
    }

    /// <summary>A docstring on one line; null where there is none.</summary>
    private static string? Words(Dictionary<string, XElement> docs, string id)
    {
        if (!docs.TryGetValue(id, out var member))
        {
            return null;
        }

        if (member.Element("inheritdoc")?.Attribute("cref")?.Value is { } other)
        {
            return Words(docs, other);
        }

        if (member.Element("summary") is not { } summary)
        {
            return null;
        }

        foreach (var reference in summary.Descendants("see").ToList())
        {
            var name = ((string?)reference.Attribute("cref") ?? "").Split('.')[^1];
            reference.ReplaceWith(((string?)reference.Attribute("cref"))?.StartsWith("P:", StringComparison.Ordinal) == true ? JsonNamingPolicy.SnakeCaseLower.ConvertName(name) : name);
        }

        return string.Join(' ', summary.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
