using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// For reading what other programs wrote: a null is 0 or false where a value must be, and <c>1.0</c> is the integer 1. One odd
/// field must not cost the whole event.
/// </summary>
internal static class LenientNumbers
{
    public static void AddTo(IList<JsonConverter> converters)
    {
        converters.Add(new Int32());
        converters.Add(new Int64());
        converters.Add(new Double());
        converters.Add(new Bool());
    }

    /// <exception cref="JsonException">It is not a whole number that fits.</exception>
    private static long Whole(ref Utf8JsonReader reader, long least, long most)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return 0;
        }

        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out var number) && number >= least && number <= most)
            {
                return number;
            }

            if (reader.TryGetDouble(out var value) && Math.Floor(value) == value && value >= least && value <= most)
            {
                return (long)value;
            }
        }

        throw new JsonException("is not a whole number that fits");
    }

    private sealed class Int32 : JsonConverter<int>
    {
        public override bool HandleNull => true;

        public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => (int)Whole(ref reader, int.MinValue, int.MaxValue);

        public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }

    private sealed class Int64 : JsonConverter<long>
    {
        public override bool HandleNull => true;

        public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Whole(ref reader, long.MinValue, long.MaxValue);

        public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }

    private sealed class Double : JsonConverter<double>
    {
        public override bool HandleNull => true;

        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Null => 0,
            JsonTokenType.Number => reader.GetDouble(),
            _ => throw new JsonException("is not a number"),
        };

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => writer.WriteNumberValue(value);
    }

    private sealed class Bool : JsonConverter<bool>
    {
        public override bool HandleNull => true;

        public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Null or JsonTokenType.False => false,
            JsonTokenType.True => true,
            _ => throw new JsonException("is not true or false"),
        };

        public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
    }
}
