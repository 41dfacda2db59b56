namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What an image is built with.</summary>
/// <param name="Tag">Its name.</param>
/// <param name="Labels">Its labels.</param>
internal sealed record BuildSpec(string Tag, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Build arguments.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();
}
