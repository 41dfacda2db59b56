using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;
using Temporalio.Worker.Interceptors;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>A container engine that does not answer as long as a file is there: what the product's gateway makes of that.</summary>
/// <param name="folder">Folder of the worker.</param>
internal sealed class EngineCut(string folder) : IWorkerInterceptor
{
    /// <summary>The file.</summary>
    public static string FileIn(string folder) => Path.Combine(folder, "engine-is-away");

    public ActivityInboundInterceptor InterceptActivity(ActivityInboundInterceptor nextInterceptor) => new Inbound(nextInterceptor, FileIn(folder));

    private sealed class Inbound(ActivityInboundInterceptor next, string file) : ActivityInboundInterceptor(next)
    {
        public override Task<object?> ExecuteActivityAsync(ExecuteActivityInput input) =>
            File.Exists(file) && ActivityExecutionContext.Current.Info.ActivityType.StartsWith("sandbox.", StringComparison.Ordinal)
                ? throw new ApplicationFailureException("The container engine does not answer.", FailureTypes.SandboxUnavailable)
                : base.ExecuteActivityAsync(input);
    }
}
