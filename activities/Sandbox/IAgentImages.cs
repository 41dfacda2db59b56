using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Puts command-line agents into images.</summary>
internal interface IAgentImages
{
    /// <summary>The image with the request's agent in it; made once for each image, agent and version.</summary>
    Task<PreparedImage> WithAgentAsync(PreparedImage image, PrepareRequest request, Action beat, CancellationToken cancellationToken);
}
