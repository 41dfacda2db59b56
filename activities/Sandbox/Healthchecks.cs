using System.Diagnostics;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Domain.Tasks;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Waits until a task's own check passes.</summary>
internal sealed class Healthchecks(OnceRunner once)
{
    /// <param name="container">Id of the container.</param>
    /// <param name="check">The check.</param>
    /// <param name="workdir">Where it runs; null for the image's folder.</param>
    /// <param name="user">User that it runs as; empty for the container's.</param>
    /// <param name="of">What it belongs to, before its name: empty for the task.</param>
    /// <param name="info">The activity.</param>
    /// <param name="beat">Called while it waits.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="Temporalio.Exceptions.ApplicationFailureException">It failed too often; not retryable.</exception>
    public async Task PassAsync(
        string container, Healthcheck check, string? workdir, string user, string of, ActivityInfo info, Action beat, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var failures = 0;
        for (var number = 1; ; number++)
        {
            var folder = SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{of}health-{info.Attempt}-{number}");
            var end = await once.RunAsync(
                container, new ExecSpec(["sh", "-c", check.Command]) { User = user.Length > 0 ? user : null, WorkingDirectory = workdir }, folder, check.TimeoutSec, null, beat, cancellationToken);
            if (end.ExitCode == 0)
            {
                return;
            }

            var starting = clock.Elapsed.TotalSeconds < check.StartPeriodSec;
            if (!starting && ++failures >= Math.Max(1, check.Retries))
            {
                throw SandboxFailures.Start(
                    $"The healthcheck of the {(of.Length == 0 ? "task ([environment.healthcheck] command)" : of.Trim())} failed {failures} times; last exit code {end.ExitCode}: {Observation.Of(end, 500, check.TimeoutSec)}");
            }

            await Heartbeats.WhileAsync(WaitAsync(starting ? check.StartIntervalSec : check.IntervalSec, cancellationToken), beat, cancellationToken);
        }
    }

    private static async Task<bool> WaitAsync(double seconds, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(0.05, seconds)), cancellationToken);
        return true;
    }
}
