using System.Diagnostics;
using OpenTelemetry;
using Spark.Temporal.Activities.Redaction;

namespace Spark.Temporal.Workers;

/// <summary>Takes secrets out of spans before an exporter sees them.</summary>
internal sealed class RedactingProcessor(SecretRedactor redactor) : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        foreach (var (name, value) in data.TagObjects.ToList())
        {
            if (value is string text && redactor.Redact(text) is var masked && masked != text)
            {
                data.SetTag(name, masked);
            }
        }

        data.DisplayName = redactor.Redact(data.DisplayName);
        if (data.StatusDescription is { } words)
        {
            data.SetStatus(data.Status, redactor.Redact(words));
        }
    }
}
