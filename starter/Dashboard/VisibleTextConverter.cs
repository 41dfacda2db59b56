using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>Writes every text as visible text, so that no field of a snapshot can be forgotten.</summary>
internal sealed class VisibleTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(VisibleText.Of(value));
}
