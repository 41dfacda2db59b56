using System.Text;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>Writes text with its secrets masked: a process's own output, where all its log lines end.</summary>
public sealed class RedactingWriter(TextWriter writer, SecretRedactor redactor) : TextWriter
{
    public override Encoding Encoding => writer.Encoding;

    public override void Write(char value) => writer.Write(value);

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(new string(buffer));

    public override void Write(string? value) => writer.Write(value is null ? null : redactor.Redact(value));

    public override void WriteLine(string? value) => writer.WriteLine(value is null ? null : redactor.Redact(value));

    public override void Flush() => writer.Flush();
}
