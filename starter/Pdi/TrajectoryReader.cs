using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace Spark.Temporal.Starter.Recorded;

/// <summary>
/// Reads a <c>trajectory.jsonl</c>, recorded or our own, line by line. Lines run to megabytes of agent output: a line is
/// parsed where the pipe holds it, and only the fields that are needed become strings. A damaged line is counted and
/// named, and the rest is read.
/// </summary>
internal static class TrajectoryReader
{
    /// <summary>A file with a longer line is refused: something else than a trajectory must not fill the memory.</summary>
    internal const int MaxLineBytes = 256 * 1024 * 1024;

    /// <exception cref="CliException">The file cannot be opened or is something else.</exception>
    public static async Task<RecordedRun> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var events = new TrajectoryEvents();
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
            var pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 256 * 1024, minimumReadSize: 64 * 1024));
            await ReadLinesAsync(pipe, events, cancellationToken);
            await pipe.CompleteAsync();
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {mistake.Message}");
        }

        return events.ToRun(path);
    }

    private static async Task ReadLinesAsync(PipeReader pipe, TrajectoryEvents events, CancellationToken cancellationToken)
    {
        long number = 1;
        long searched = 0;
        while (true)
        {
            var read = await pipe.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (EndOfLine(buffer, searched) is { } end)
            {
                Parse(buffer.Slice(0, end), number++, events);
                buffer = buffer.Slice(buffer.GetPosition(1, end));
                searched = 0;
            }

            if (read.IsCompleted)
            {
                Parse(buffer, number, events);
                return;
            }

            if (buffer.Length > MaxLineBytes)
            {
                throw new CliException($"line {number} is longer than {MaxLineBytes / 1024 / 1024} MiB: this is no trajectory.jsonl");
            }

            searched = buffer.Length;
            pipe.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    // What was searched without finding an end is not searched again: a line arrives in many pieces.
    private static SequencePosition? EndOfLine(ReadOnlySequence<byte> buffer, long searched) => buffer.Slice(searched).PositionOf((byte)'\n');

    private static void Parse(ReadOnlySequence<byte> line, long number, TrajectoryEvents events)
    {
        var json = WithoutByteOrderMark(line);
        if (IsBlank(json))
        {
            return;
        }

        try
        {
            var reader = new Utf8JsonReader(json);
            events.Add(TrajectoryEvent.Read(ref reader));
        }
        catch (Exception mistake) when (mistake is JsonException or InvalidOperationException or FormatException)
        {
            events.Damaged(number, mistake.Message.Split(". ", 2)[0]);
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
