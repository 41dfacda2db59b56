using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What a person may send a run, typed by hand into the web UI or a terminal.</summary>
public interface IOperatorRequest
{
    /// <summary>A value that can be pasted.</summary>
    static abstract string Example { get; }

    /// <summary>Field that a bare text or number is taken for; null where it could be several.</summary>
    static virtual string? Bare => null;
}

/// <summary>
/// A request as it was sent. A value that does not fit would be refused by the SDK in words about .NET types, before any
/// validator sees it; this takes every value, and says what is wrong with it.
/// </summary>
/// <param name="Request">What was asked; null where it cannot be read.</param>
/// <param name="Problem">Why it cannot be accepted, naming field and remedy; null when it can.</param>
[JsonConverter(typeof(OperatorValueJson))]
public sealed record OperatorValue<T>(T? Request, string? Problem = null)
    where T : class, IOperatorRequest
{
    public static implicit operator OperatorValue<T>(T request) => new(request);
}

/// <summary>What validators ask of every value.</summary>
internal static class OperatorValue
{
    /// <summary>Why a value cannot be accepted, a missing one too; null when it can be looked at further.</summary>
    public static string? Refusal<T>(OperatorValue<T>? value)
        where T : class, IOperatorRequest => value is null ? $"a value is missing; send {T.Example}." : value.Problem;
}

/// <summary>Reads and writes an <see cref="OperatorValue{T}"/> as the request itself.</summary>
internal sealed class OperatorValueJson : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(OperatorValue<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Of<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class Of<T> : JsonConverter<OperatorValue<T>>
        where T : class, IOperatorRequest
    {
        public override OperatorValue<T>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var sent = JsonElement.ParseValue(ref reader);
            if (T.Bare is { } field && sent.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                sent = JsonSerializer.SerializeToElement(new Dictionary<string, JsonElement> { [field] = sent });
            }

            if (sent.ValueKind != JsonValueKind.Object)
            {
                return new(null, $"the value is {Shown(sent)}; send {T.Example}.");
            }

            var known = options.GetTypeInfo(typeof(T)).Properties.Select(property => property.Name).ToList();
            var unknown = sent.EnumerateObject().Select(property => property.Name).FirstOrDefault(name => !known.Contains(name));
            try
            {
                return new(
                    sent.Deserialize<T>(options),
                    unknown is null ? null : $"'{PlainText.OneLine(unknown)}' is not a field of it{NearMatches.Remedy(unknown, known).TrimEnd('?')}; send {T.Example}.");
            }
            catch (JsonException wrong)
            {
                var name = wrong.Path is { Length: > 2 } path ? path[2..] : "the value";
                return new(null, $"{name} does not take {(sent.TryGetProperty(name, out var value) ? Shown(value) : "what was sent")}; send {T.Example}.");
            }
        }

        public override void Write(Utf8JsonWriter writer, OperatorValue<T> value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value.Request, options);

        private static string Shown(JsonElement value) => PlainText.OneLine(value.GetRawText(), 60);
    }
}
