namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What an image is built with.</summary>
/// <param name="Tag">Its name.</param>
/// <param name="Labels">Its labels.</param>
internal sealed record BuildSpec(string Tag, IReadOnlyDictionary<string, string> Labels)
{
    /// <summary>Build arguments.</summary>
    public IReadOnlyDictionary<string, string> Arguments { get; init; } = new Dictionary<string, string>();

    /// <summary>What its steps may use; null for all that there is.</summary>
    public BuildLimits? Limits { get; init; }
}

/// <summary>What each step of a build may use.</summary>
/// <param name="MemoryBytes">Bytes of memory. No other build has the same: the step's container is known by it.</param>
/// <param name="Cpus">CPUs.</param>
/// <param name="Pids">Most processes.</param>
internal sealed record BuildLimits(long MemoryBytes, double Cpus, int Pids)
{
    private const int Page = 4096;

    /// <summary>A little less memory, as no other build has it.</summary>
    public static long Own(long bytes) => (bytes / Page * Page) - (Page * (long)Random.Shared.Next(4096));
}
