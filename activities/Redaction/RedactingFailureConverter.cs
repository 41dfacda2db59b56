using Temporalio.Api.Failure.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>Takes secrets out of what failures say, in their messages and stack traces, down to the first cause.</summary>
/// <param name="redactor">What is secret.</param>
/// <param name="encodeCommonAttributes">Whether message and stack trace become a payload afterwards, to be encrypted.</param>
internal sealed class RedactingFailureConverter(SecretRedactor redactor, bool encodeCommonAttributes) : DefaultFailureConverter
{
    public override Failure ToFailure(Exception exception, IPayloadConverter payloadConverter)
    {
        var failure = base.ToFailure(exception, payloadConverter);
        for (var part = failure; part is not null; part = part.Cause)
        {
            part.Message = redactor.Redact(part.Message);
            part.StackTrace = redactor.Redact(part.StackTrace);

            // A failure that came from elsewhere may be encoded already.
            if (encodeCommonAttributes && part.EncodedAttributes is null)
            {
                part.EncodedAttributes = payloadConverter.ToPayload(new Dictionary<string, string> { ["message"] = part.Message, ["stack_trace"] = part.StackTrace });
                part.Message = "Encoded failure";
                part.StackTrace = "";
            }
        }

        return failure;
    }
}
