using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <content>A container that was ended for what was written in it meanwhile.</content>
internal sealed partial class VerifierRunner
{
    public Task<OracleReply> OracleAsync(OracleRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken) => excess.OrAsync(
        request.Container,
        () => OracleWithinAsync(request, info, beat, cancellationToken),
        async why => new OracleReply(StorageExcess.ExitCode, TimedOut: false, await store.PutTextAsync(why, cancellationToken), 0),
        cancellationToken);

    public Task<VerifyReply> VerifyAsync(VerifyRequest request, ActivityInfo info, Action beat, CancellationToken cancellationToken) => excess.OrAsync(
        request.Container,
        () => VerifyWithinAsync(request, info, beat, cancellationToken),
        async why => new VerifyReply { RewardProblem = why, Output = await store.PutTextAsync(why, cancellationToken), ExitCode = StorageExcess.ExitCode },
        cancellationToken);
}
