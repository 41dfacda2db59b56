using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.TaskPackages;

/// <summary>Makes the verifier hint of a task.</summary>
internal sealed class VerifierHints(IArtifactStore store, IPythonRunner python)
{
    public Task<VerifierHint> MakeAsync(VerifierHintRequest request, CancellationToken cancellationToken)
    {
        _ = (store, python, request, cancellationToken);
        return Task.FromResult(new VerifierHint(null, SyntaxOnly: request.OracleOutput is null));
    }
}
