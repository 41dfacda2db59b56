using Spark.Temporal.Domain.Json;
using Spark.Temporal.Wire.Encryption;
using Temporalio.Converters;

namespace Spark.Temporal.Wire;

/// <summary>The data converter of every client and worker: records as <see cref="SparkJson"/> writes them, encrypted where there are keys.</summary>
public static class SparkConverter
{
    /// <summary>Without keys.</summary>
    public static readonly DataConverter Plain = With(null);

    /// <summary>
    /// With keys, payloads are encrypted. So are the messages and stack traces of failures, which otherwise are no payloads.
    /// </summary>
    /// <param name="keys">Null for payloads that anybody can read.</param>
    public static DataConverter With(EncryptionKeys? keys) => new(
        new SparkPayloadConverter(),
        keys is null ? new DefaultFailureConverter() : new DefaultFailureConverter.WithEncodedCommonAttributes(),
        new EncryptionCodec(keys));

    private sealed class SparkPayloadConverter() : DefaultPayloadConverter(SparkJson.Options);
}
