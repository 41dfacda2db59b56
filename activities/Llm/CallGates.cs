using System.Collections.Concurrent;

namespace Spark.Temporal.Activities.Llm;

/// <summary>The gates of a worker: one for each endpoint and key, since that is what a provider limits.</summary>
internal sealed class CallGates
{
    private readonly ConcurrentDictionary<(Uri Base, string KeyVariable), CallGate> _gates = new();

    public CallGate this[ModelEndpoint endpoint] => _gates.GetOrAdd(
        (endpoint.BaseUrl, endpoint.Profile.KeyVariable), _ => new CallGate(endpoint.Profile.ConcurrentCalls));
}
