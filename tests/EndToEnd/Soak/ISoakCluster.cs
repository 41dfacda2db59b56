using Temporalio.Client;

namespace Spark.Temporal.Tests.EndToEnd.Soak;

/// <summary>A Temporal server as a process that can be killed and started again on what it kept.</summary>
internal interface ISoakCluster : IAsyncDisposable
{
    /// <summary>Variables that make a worker use it.</summary>
    IReadOnlyDictionary<string, string> Variables { get; }

    ITemporalClient Client { get; }

    /// <summary>kill -9, and another one on the same database and ports.</summary>
    Task KillAndRestartAsync();
}
