using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>How strongly the next attempt is steered away from repeating plans.</summary>
public enum InterventionLevel
{
    None,

    /// <summary>The snapshot triggered.</summary>
    Soft,

    /// <summary>It triggered, and so did the one before.</summary>
    Strong,
}

/// <summary>Writes <c>null</c>, <c>"soft"</c> and <c>"strong"</c>, as recorded snapshots do.</summary>
public sealed class InterventionLevelJsonConverter : JsonConverter<InterventionLevel>
{
    public override bool HandleNull => true;

    public override InterventionLevel Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? InterventionLevel.None : reader.GetString() switch
        {
            "" or "none" => InterventionLevel.None,
            "soft" => InterventionLevel.Soft,
            "strong" => InterventionLevel.Strong,
            var other => throw new JsonException($"level is '{other}'; expected null, \"soft\" or \"strong\"."),
        };

    public override void Write(Utf8JsonWriter writer, InterventionLevel value, JsonSerializerOptions options)
    {
        if (value == InterventionLevel.None)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStringValue(value == InterventionLevel.Soft ? "soft" : "strong");
    }
}
