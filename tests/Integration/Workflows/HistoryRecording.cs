using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>
/// Records histories that <see cref="ReplayTests"/> replays, into the folder that <c>SPARK_RECORD_HISTORIES</c> names. Run by
/// <c>infra/record-history.sh</c> alone: a recording is renewed on purpose, when runs of the version before need not go on
/// any more.
/// </summary>
public abstract class HistoryRecording : DeploymentFixture
{
    private static string Folder =>
        Environment.GetEnvironmentVariable("SPARK_RECORD_HISTORIES") is { Length: > 0 } folder
            ? folder
            : throw new InvalidOperationException("SPARK_RECORD_HISTORIES must name the folder to write to.");

    private protected Task KeepAsync(string name, WorkflowHandle handle) => RecordedHistory.WriteAsync(Folder, name, _deployment, handle);
}
