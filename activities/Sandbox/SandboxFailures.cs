using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Spark.Temporal.Activities.Failures;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Turns exceptions of the engine into the failures that workflows decide on.</summary>
internal static class SandboxFailures
{
    public static ApplicationFailureException Lost(string container) => new(
        $"Container {Short(container)} is gone.", FailureTypes.SandboxLost, nonRetryable: true);

    /// <summary>The image of a container that is to start was removed meanwhile: it is prepared again.</summary>
    public static ApplicationFailureException ImageLost(string image, string host) => new(
        $"Image {Short(image)} is not on host {host} any more.", FailureTypes.SandboxLost, nonRetryable: true);

    public static ApplicationFailureException Start(string why) => new(why, FailureTypes.StartFailed, nonRetryable: true);

    /// <summary>Runs a step of an activity, and turns exceptions of the engine into typed failures.</summary>
    /// <param name="container">The container it is about; null when there is none yet.</param>
    /// <param name="host">Name of this host.</param>
    /// <param name="step">The step.</param>
    public static async Task<T> TypedAsync<T>(string? container, string host, Func<Task<T>> step)
    {
        try
        {
            return await step();
        }
        catch (Exception failure) when (Typed(StorageFailures.CauseOf(failure), container, host) is { } typed)
        {
            throw typed;
        }
    }

    private static ApplicationFailureException? Typed(Exception failure, string? container, string host) => failure switch
    {
        DockerApiException gone when container is not null && IsGone(gone) => Lost(container),
        DockerApiException { StatusCode: HttpStatusCode.BadRequest } refused => Start(BuildMessages.Words(refused)),
        DockerApiException or HttpRequestException or SocketException or IOException or TimeoutException => EngineFailures.Unavailable(failure, host),
        _ => null,
    };

    /// <summary>Whether the engine says that a container is not there or not running.</summary>
    public static bool IsGone(DockerApiException failure) => failure.StatusCode switch
    {
        HttpStatusCode.NotFound => true,
        HttpStatusCode.Conflict => BuildMessages.Words(failure).Contains("is not running", StringComparison.Ordinal)
            || BuildMessages.Words(failure).Contains("removal", StringComparison.Ordinal),
        HttpStatusCode.InternalServerError => BuildMessages.Words(failure).Contains("is not running", StringComparison.Ordinal)
            || BuildMessages.Words(failure).Contains("container is marked for removal", StringComparison.Ordinal),
        _ => false,
    };

    public static string Short(string container) => container.Length > 12 ? container[..12] : container;
}
