using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Calls back at once and in order, which <see cref="Progress{T}"/> does not.</summary>
internal sealed class Synchronous<T>(Action<T> action) : IProgress<T>
{
    public void Report(T value) => action(value);
}

/// <summary>The stream of messages of a build or pull.</summary>
internal sealed class BuildMessages(Action<string> output) : IProgress<JSONMessage>
{
    /// <summary>Why it failed; null as long as it did not.</summary>
    public string? Error { get; private set; }

    public void Report(JSONMessage value)
    {
        if (value.Stream is { Length: > 0 } text)
        {
            output(text);
        }
        else if (value.Status is { Length: > 0 } status && value.Progress is null)
        {
            output($"{status}\n");
        }

        if (value.Error?.Message is { Length: > 0 } error)
        {
            Error = error;
        }
    }

    /// <summary>The engine's message without its JSON wrapping.</summary>
    public static string Words(DockerApiException failure)
    {
        try
        {
            using var body = JsonDocument.Parse(failure.ResponseBody ?? "");
            return body.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? failure.Message : failure.Message;
        }
        catch (JsonException)
        {
            return failure.ResponseBody is { Length: > 0 } body ? body.Trim() : failure.Message;
        }
    }
}
