using Docker.DotNet;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Failures;

/// <summary>Failures of a container engine as workflows decide on them.</summary>
internal static class EngineFailures
{
    /// <summary>The engine does not answer, or not as it should; retryable.</summary>
    /// <param name="cause">What it or the connection said.</param>
    /// <param name="host">Name of the sandbox host; null for a worker that is none.</param>
    public static ApplicationFailureException Unavailable(Exception cause, string? host = null)
    {
        var machine = Environment.MachineName;
        var place = host is null || host == machine ? machine : $"{host} (machine {machine})";
        var words = cause is DockerApiException { ResponseBody.Length: > 0 } said ? said.ResponseBody.Trim() : cause.Message.Trim();
        var remedy = words.Contains("no space left", StringComparison.OrdinalIgnoreCase)
            ? "Its disk is full: free space there (`docker system df` shows what takes it)."
            : "Is it running there (`systemctl status docker`), may the worker's user talk to it, and does DOCKER_HOST, if it is set, name it?";
        return new ApplicationFailureException(
            $"The container engine of host {place} does not answer correctly: {words}{(words.EndsWith('.') ? "" : ".")} {remedy}",
            cause,
            FailureTypes.SandboxUnavailable);
    }
}
