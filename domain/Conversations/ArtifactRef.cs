using System.Text.Json;
using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Conversations;

/// <summary>
/// Points at content in the artifact store. Histories carry this instead of the content.
/// </summary>
/// <param name="Sha256">SHA-256 of the content, 64 lower-case hexadecimal digits.</param>
/// <param name="Length">Length of the content in bytes.</param>
/// <param name="MediaType">What the content is, such as <c>text/plain</c>.</param>
/// <remarks>On the wire it is one string, <c>sha256:length:mediaType</c>, because histories hold thousands of them.</remarks>
[JsonConverter(typeof(ArtifactRefJsonConverter))]
public sealed record ArtifactRef(string Sha256, long Length, string MediaType)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Sha256}:{Length}:{MediaType}";

    /// <summary>Reads the form that <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">The text is not a reference.</exception>
    public static ArtifactRef Parse(string text)
    {
        var parts = text.Split(':', 3);
        return parts.Length == 3 && parts[0].Length == 64 && long.TryParse(parts[1], out var length)
            ? new ArtifactRef(parts[0], length, parts[2])
            : throw new FormatException($"'{text}' is not an artifact reference (sha256:length:mediaType).");
    }

    private sealed class ArtifactRefJsonConverter : JsonConverter<ArtifactRef>
    {
        public override ArtifactRef Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Parse(reader.GetString() ?? throw new JsonException("An artifact reference is a string."));

        public override void Write(Utf8JsonWriter writer, ArtifactRef value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

/// <summary>Media types of what is kept in the artifact store.</summary>
public static class MediaTypes
{
    public const string Text = "text/plain";
    public const string Json = "application/json";
    public const string Markdown = "text/markdown";
    public const string Tar = "application/x-tar";
    public const string Bytes = "application/octet-stream";
}
