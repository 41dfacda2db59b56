using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary>What the readers and writers of all public files share.</summary>
public static class ResultJson
{
    /// <summary>Newest version of the schemas of our own files.</summary>
    public const int Version = 1;

    /// <summary>Name of the field that holds the version.</summary>
    public const string VersionField = "schema_version";

    /// <summary>Reads a file of one JSON document.</summary>
    /// <param name="file">The file's name, for errors.</param>
    /// <param name="text">Its content.</param>
    /// <exception cref="ResultFormatException">The content is of a newer schema, or is not what the file holds.</exception>
    public static T Read<T>(string file, string text)
        where T : class => Read<T>(file, Encoding.UTF8.GetBytes(text), SparkJson.Options);

    internal static T Read<T>(string file, ReadOnlySpan<byte> text, JsonSerializerOptions options)
        where T : class
    {
        var json = WithoutByteOrderMark(text);
        RefuseNewer(file, json);
        var version = VersionOf(json) ?? 1;
        try
        {
            return JsonSerializer.Deserialize<T>(json, options)
                ?? throw new ResultFormatException(file, "$", version, Version, "is null");
        }
        catch (JsonException mistake)
        {
            throw new ResultFormatException(file, mistake.Path ?? "$", version, Version, Words(mistake), mistake);
        }
    }

    /// <summary>Text of a file of one JSON document, as people read it.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, SparkJson.Indented) + "\n";

    /// <summary>One line of a file of lines, its end included.</summary>
    public static string WriteLine<T>(T value)
        where T : notnull => JsonSerializer.Serialize(value, value.GetType(), SparkJson.Options) + "\n";

    /// <summary>The same value as another record that looks the same as JSON, such as a message and the record of the file it is kept in.</summary>
    public static T As<T>(object value)
        where T : class => JsonSerializer.SerializeToElement(value, value.GetType(), SparkJson.Options).Deserialize<T>(SparkJson.Options)!;

    /// <exception cref="ResultFormatException">The document says that its schema is newer than this program.</exception>
    public static void RefuseNewer(string file, ReadOnlySpan<byte> json)
    {
        if (VersionOf(WithoutByteOrderMark(json)) is { } version && version > Version)
        {
            throw new ResultFormatException(
                file, VersionField, version, Version, "the file was written by a newer program; use that one, or name another folder. Nothing was changed");
        }
    }

    /// <summary>The version that a document names at its top; null where it names none or is damaged.</summary>
    public static int? VersionOf(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isVersion = reader.ValueTextEquals(VersionField);
                reader.Read();
                if (isVersion)
                {
                    return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var version) ? version : null;
                }

                reader.Skip();
            }

            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal static ReadOnlySpan<byte> WithoutByteOrderMark(ReadOnlySpan<byte> text) => text.StartsWith<byte>([0xEF, 0xBB, 0xBF]) ? text[3..] : text;

    /// <summary>The reader's words without the place, which the error names itself.</summary>
    internal static string Words(JsonException mistake) => mistake.Message.Split(" Path: ", 2)[0].Split(" LineNumber: ", 2)[0].TrimEnd('.');
}
