using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Json;

/// <summary>
/// Writes a property as readable JSON while that is small, and compressed (Brotli, in base64) when it is not. The state that
/// a workflow hands to its next run grows with its open runs, and must stay below the largest payload.
/// </summary>
/// <typeparam name="T">Type of the property, which has no converter of its own.</typeparam>
public sealed class PackedJson<T> : JsonConverter<T>
    where T : class
{
    /// <summary>Bytes of JSON that stay readable.</summary>
    private const int Readable = 16_384;

    /// <summary>Most bytes of JSON that are read; what is written here is far smaller.</summary>
    private const int Most = 16 * 1024 * 1024;

    public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? JsonSerializer.Deserialize<T>(Unpack(reader.GetBytesFromBase64()), options)
            : JsonSerializer.Deserialize<T>(ref reader, options);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(value, options);
        if (json.Length <= Readable)
        {
            writer.WriteRawValue(json);
            return;
        }

        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            brotli.Write(json);
        }

        writer.WriteBase64StringValue(packed.GetBuffer().AsSpan(0, (int)packed.Length));
    }

    private static byte[] Unpack(byte[] packed)
    {
        using var json = new MemoryStream();
        using var brotli = new BrotliStream(new MemoryStream(packed), CompressionMode.Decompress);
        var buffer = new byte[81920];
        int read;
        while ((read = brotli.Read(buffer)) > 0)
        {
            json.Write(buffer, 0, read);
            if (json.Length > Most)
            {
                throw new JsonException($"The packed value is over {Most / 1024 / 1024} MB.");
            }
        }

        return json.ToArray();
    }
}
