using OpenTelemetry;
using OpenTelemetry.Logs;
using Spark.Temporal.Activities.Redaction;

namespace Spark.Temporal.Workers;

/// <summary>Takes secrets out of log records before an exporter sees them, those in exceptions too.</summary>
internal sealed class RedactingLogProcessor(SecretRedactor redactor) : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        List<KeyValuePair<string, object?>> attributes =
            [.. (data.Attributes ?? []).Select(attribute => KeyValuePair.Create(attribute.Key, Redact(attribute.Value)))];
        if (data.Exception is { } failure)
        {
            // An exporter would write out the exception itself, by these names.
            attributes.Add(KeyValuePair.Create("exception.type", (object?)failure.GetType().FullName));
            attributes.Add(KeyValuePair.Create("exception.message", Redact(failure.Message)));
            attributes.Add(KeyValuePair.Create("exception.stacktrace", Redact(failure.ToString())));
            data.Exception = null;
        }

        data.Attributes = attributes;
        data.Body = (string?)Redact(data.Body);
        data.FormattedMessage = (string?)Redact(data.FormattedMessage);
    }

    private object? Redact(object? value) => value is null or bool or int or long or double ? value : redactor.Redact(value.ToString() ?? "");
}
