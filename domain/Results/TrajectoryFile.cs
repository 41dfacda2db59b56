using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Domain.Results;

/// <summary>How much of a trajectory is read.</summary>
public enum TrajectoryDetail
{
    /// <summary>Every field, unknown ones included.</summary>
    Whole,

    /// <summary>Without prompts, replies and outputs, which are most of the file: they never become strings.</summary>
    WithoutLongTexts,
}

/// <summary>A line of a trajectory: an event, or the reason why it cannot be read.</summary>
/// <param name="Number">Number of the line, from 1.</param>
/// <param name="Event">Null for a damaged line.</param>
/// <param name="Problem">What is wrong with the line; null for a good one.</param>
public sealed record TrajectoryLine(long Number, TrajectoryEvent? Event, string? Problem);

/// <summary>
/// <c>trajectory.jsonl</c>: a skill run as events, one a line, ours or recorded by the original. A line is parsed where the
/// pipe holds it. A damaged one is named and the rest is read, since the last line may be cut off while a run writes it.
/// </summary>
public static class TrajectoryFile
{
    public const string FileName = "trajectory.jsonl";

    /// <summary>A file with a longer line is refused: something else than a trajectory must not fill the memory.</summary>
    internal const int MaxLineBytes = 256 * 1024 * 1024;

    private static readonly JsonSerializerOptions WholeOptions = Options(new DefaultJsonTypeInfoResolver());

    private static readonly JsonSerializerOptions ShortOptions = Options(new DefaultJsonTypeInfoResolver().WithAddedModifier(LeaveOut));

    /// <summary>Reads the events of a file in their order, damaged lines included, blank ones not.</summary>
    /// <param name="content">The file, open for reading; it stays open.</param>
    /// <param name="file">Its name, for errors.</param>
    /// <param name="detail">How much of it is read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ResultFormatException">A line is of a newer schema, or the file is no trajectory at all.</exception>
    public static async IAsyncEnumerable<TrajectoryLine> ReadAsync(
        Stream content, string file, TrajectoryDetail detail, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 256 * 1024, minimumReadSize: 64 * 1024, leaveOpen: true));
        long number = 1;
        long searched = 0;
        var isLast = false;
        while (!isLast)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            var buffer = read.Buffer;

            // A line arrives in many pieces; a piece without a line end is not searched again.
            while (buffer.Slice(searched).PositionOf((byte)'\n') is { } end)
            {
                if (Line(buffer.Slice(0, end), number++, file, detail) is { } line)
                {
                    yield return line;
                }

                buffer = buffer.Slice(buffer.GetPosition(1, end));
                searched = 0;
            }

            isLast = read.IsCompleted;
            if (isLast && Line(buffer, number, file, detail) is { } last)
            {
                yield return last;
            }

            if (buffer.Length > MaxLineBytes)
            {
                throw new ResultFormatException(file, $"line {number}", 1, ResultJson.Version, $"is longer than {MaxLineBytes / 1024 / 1024} MiB: this is no {FileName}");
            }

            searched = buffer.Length;
            pipe.AdvanceTo(isLast ? buffer.End : buffer.Start, buffer.End);
        }

        await pipe.CompleteAsync();
    }

    /// <summary>Reads one line, whole.</summary>
    /// <returns>Null for a blank line.</returns>
    /// <exception cref="ResultFormatException">The line is of a newer schema.</exception>
    public static TrajectoryLine? ReadLine(string text, long number, string file) =>
        Line(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)), number, file, TrajectoryDetail.Whole);

    /// <summary>The line of an event, its end included.</summary>
    public static string Write(TrajectoryEvent happened) => ResultJson.WriteLine(happened);

    private static TrajectoryLine? Line(ReadOnlySequence<byte> line, long number, string file, TrajectoryDetail detail)
    {
        var json = WithoutByteOrderMark(line);
        if (IsBlank(json))
        {
            return null;
        }

        try
        {
            var head = Head(json);
            if (head.Version > ResultJson.Version)
            {
                throw new ResultFormatException(
                    file, $"line {number}, {ResultJson.VersionField}", head.Version, ResultJson.Version, "the file was written by a newer program; use that one");
            }

            var reader = new Utf8JsonReader(json);
            var options = detail == TrajectoryDetail.Whole ? WholeOptions : ShortOptions;
            var happened = (TrajectoryEvent)JsonSerializer.Deserialize(ref reader, RecordOf(head.Type), options)!;
            return new TrajectoryLine(number, happened, null);
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidOperationException or (FormatException and not ResultFormatException))
        {
            var field = mistake is JsonException { Path: { Length: > 0 } path } ? $"{path}: " : "";
            return new TrajectoryLine(number, null, field + (mistake is JsonException broken ? ResultJson.Words(broken) : mistake.Message).Split(". ", 2)[0]);
        }
    }

    private static JsonSerializerOptions Options(IJsonTypeInfoResolver types)
    {
        var options = new JsonSerializerOptions(SparkJson.Options) { TypeInfoResolver = types };
        LenientNumbers.AddTo(options.Converters);
        return options;
    }

    private static Type RecordOf(string type) => type switch
    {
        ExecutionEvent.TypeName => typeof(ExecutionEvent),
        InfrastructureEvent.TypeName => typeof(InfrastructureEvent),
        ReflectEvent.TypeName => typeof(ReflectEvent),
        SnapshotEvent.TypeName => typeof(SnapshotEvent),
        SkillCallEvent.TypeName => typeof(SkillCallEvent),
        SummaryEvent.TypeName => typeof(SummaryEvent),
        _ => typeof(OtherEvent),
    };

    /// <summary>
    /// Type and version of a line, at any place in it. Reads the whole line, so that text after the object is an error.
    /// </summary>
    private static (string Type, int Version) Head(ReadOnlySequence<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new FormatException("not a JSON object");
        }

        var (type, version) = ("", 1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isVersion) = (reader.ValueTextEquals("type"u8), reader.ValueTextEquals(ResultJson.VersionField));
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String)
            {
                type = reader.GetString()!;
            }
            else if (isVersion && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var given))
            {
                version = given;
            }

            reader.Skip();
        }

        reader.Read();
        return type.Length > 0 ? (type, version) : throw new FormatException("no 'type'");
    }

    private static void LeaveOut(JsonTypeInfo type)
    {
        for (var at = type.Properties.Count - 1; at >= 0; at--)
        {
            var property = type.Properties[at];
            if (property.IsExtensionData || property.AttributeProvider?.IsDefined(typeof(LongTextAttribute), inherit: false) == true)
            {
                type.Properties.RemoveAt(at);
            }
        }
    }

    private static ReadOnlySequence<byte> WithoutByteOrderMark(ReadOnlySequence<byte> line)
    {
        var start = new SequenceReader<byte>(line);
        return start.IsNext([0xEF, 0xBB, 0xBF]) ? line.Slice(3) : line;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(line);
        reader.AdvancePastAny(" \t\r"u8);
        return reader.End;
    }
}
