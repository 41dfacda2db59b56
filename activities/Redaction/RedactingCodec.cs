using Google.Protobuf;
using Temporalio.Api.Common.V1;
using Temporalio.Converters;

namespace Spark.Temporal.Activities.Redaction;

/// <summary>Masks secrets in every payload that a worker sends: results, heartbeats, details, and what workflows schedule.</summary>
/// <param name="redactor">What is secret.</param>
/// <param name="next">The codec that encodes afterwards: encrypted text can no longer be searched.</param>
internal sealed class RedactingCodec(SecretRedactor redactor, IPayloadCodec? next) : IPayloadCodec
{
    public Task<IReadOnlyCollection<Payload>> EncodeAsync(IReadOnlyCollection<Payload> payloads)
    {
        IReadOnlyCollection<Payload> masked = [.. payloads.Select(Masked)];
        return next?.EncodeAsync(masked) ?? Task.FromResult(masked);
    }

    public Task<IReadOnlyCollection<Payload>> DecodeAsync(IReadOnlyCollection<Payload> payloads) =>
        next?.DecodeAsync(payloads) ?? Task.FromResult(payloads);

    private Payload Masked(Payload payload)
    {
        var data = payload.Data.ToByteArray();
        return redactor.Mask(data)
            ? new Payload { Metadata = { payload.Metadata }, Data = UnsafeByteOperations.UnsafeWrap(data) }
            : payload;
    }
}
