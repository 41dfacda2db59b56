using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spark.Temporal.Workflows.Wire.Encryption;
using Temporalio.Converters;

namespace Spark.Temporal.Workflows.Wire;

/// <summary>How records look as JSON, on the wire and in files: snake_case, nulls left out, enums as snake_case names.</summary>
public static class SparkJson
{
    public static readonly JsonSerializerOptions Options = Make(indented: false);

    /// <summary>The same, for files that people read.</summary>
    public static readonly JsonSerializerOptions Indented = Make(indented: true);

    /// <summary>Data converter of clients and workers without keys.</summary>
    public static readonly DataConverter DataConverter = ConverterFor(null);

    /// <summary>
    /// Data converter of every client and worker. With keys, payloads are encrypted, and with them the messages and stack
    /// traces of failures, which are otherwise no payloads.
    /// </summary>
    public static DataConverter ConverterFor(EncryptionKeys? keys) => new(
        new SparkPayloadConverter(),
        keys is null ? new DefaultFailureConverter() : new DefaultFailureConverter.WithEncodedCommonAttributes(),
        new EncryptionCodec(keys));

    private static JsonSerializerOptions Make(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = indented,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private sealed class SparkPayloadConverter() : DefaultPayloadConverter(Options);
}
