using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>A condition that the result must meet. In JSON it is a plain text, or an object that names its tests.</summary>
/// <param name="Text">The criterion as a sentence.</param>
/// <param name="Tests">Names of the test functions that check it; empty when the author named none.</param>
[JsonConverter(typeof(AcceptanceCriterionConverter))]
public sealed record AcceptanceCriterion(string Text, IReadOnlyList<string> Tests)
{
    public AcceptanceCriterion(string text)
        : this(text, [])
    {
    }
}

public sealed class AcceptanceCriterionConverter : JsonConverter<AcceptanceCriterion>
{
    public override AcceptanceCriterion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            return new AcceptanceCriterion(reader.GetString() ?? "");
        }

        var shape = JsonSerializer.Deserialize<Shape>(ref reader, options) ?? throw new JsonException("A criterion is a text or an object.");
        return new AcceptanceCriterion(shape.Text, shape.Tests ?? []);
    }

    public override void Write(Utf8JsonWriter writer, AcceptanceCriterion value, JsonSerializerOptions options)
    {
        if (value.Tests.Count == 0)
        {
            writer.WriteStringValue(value.Text);
            return;
        }

        JsonSerializer.Serialize(writer, new Shape(value.Text, value.Tests), options);
    }

    private sealed record Shape(string Text, IReadOnlyList<string>? Tests);
}
