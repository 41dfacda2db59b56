using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>Reading Harbor tasks.</summary>
public interface ITaskPackageActivities
{
    /// <summary>
    /// Reads and checks a task folder and stores its parts. Queue: <see cref="TaskQueues.Workflows"/>. Fails with
    /// <see cref="FailureTypes.InvalidTask"/> (not retryable), every finding in the message.
    /// </summary>
    [Activity("packages.read")]
    Task<TaskPackage> ReadAsync(ReadPackageRequest request);

    /// <summary>
    /// Makes the verifier hint: the test file without its answers (docs/architecture.md, "Verifier hint").
    /// Examines Python by Python in a helper container without network. Queue: <see cref="TaskQueues.Sandbox"/>.
    /// </summary>
    [Activity("packages.hint")]
    Task<VerifierHint> HintAsync(VerifierHintRequest request);
}

/// <param name="TaskDir">Absolute path of the task's folder.</param>
public sealed record ReadPackageRequest(string TaskDir);

/// <param name="Package">The task.</param>
/// <param name="OracleOutput">Files and standard output the oracle wrote (tar), where an oracle run is at hand.</param>
public sealed record VerifierHintRequest(TaskPackage Package, ArtifactRef? OracleOutput = null);

/// <param name="Text">The redacted test source, at most 6,000 characters; null when there is nothing to show.</param>
/// <param name="SyntaxOnly">Whether redaction went by syntax only because the task has no solution.</param>
public sealed record VerifierHint(ArtifactRef? Text, bool SyntaxOnly);
