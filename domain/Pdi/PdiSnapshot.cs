using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>
/// The proxy index after one reflection (docs/architecture.md, "The PDI proxy"). Numbers are unrounded, because decisions
/// and later snapshots are made from them; records show <see cref="Rounded"/>.
/// </summary>
public sealed record PdiSnapshot
{
    /// <summary>The attempt reflected on, from 0.</summary>
    [JsonPropertyName("attempt")]
    public required int Attempt { get; init; }

    /// <summary>Number of the reflection; from 0 in runs of ours, recorded ones start elsewhere at times.</summary>
    [JsonPropertyName("step")]
    public required int Step { get; init; }

    /// <summary>How far the verified facts are grounded in the attempt's commands, 0 to 1.</summary>
    [JsonPropertyName("proxy_exec")]
    public required double ProxyExec { get; init; }

    /// <summary>How far the next strategy repeats the one before, 0 to 1.</summary>
    [JsonPropertyName("proxy_plan")]
    public required double ProxyPlan { get; init; }

    /// <summary>How little facts and failing tests change, 0 to 1.</summary>
    [JsonPropertyName("proxy_oss")]
    public required double ProxyOss { get; init; }

    /// <summary>z(exec) − z(plan) − z(oss); the plain values in the first snapshot.</summary>
    [JsonPropertyName("raw_pdi")]
    public required double RawPdi { get; init; }

    /// <summary>min(1, step / 2).</summary>
    [JsonPropertyName("weight")]
    public required double Weight { get; init; }

    /// <summary>weight · raw.</summary>
    [JsonPropertyName("weighted_pdi")]
    public required double WeightedPdi { get; init; }

    /// <summary>Whether the weighted index is below the threshold at step 1 or later.</summary>
    [JsonPropertyName("triggered")]
    public required bool Triggered { get; init; }

    /// <summary>The intervention that follows.</summary>
    [JsonPropertyName("level")]
    [JsonConverter(typeof(InterventionLevelJsonConverter))]
    public InterventionLevel Level { get; init; }

    /// <summary>The snapshot as it is recorded: to four decimals, halves of the binary value to even.</summary>
    public PdiSnapshot Rounded() => this with
    {
        ProxyExec = Rounding.HalfEven(ProxyExec, 4),
        ProxyPlan = Rounding.HalfEven(ProxyPlan, 4),
        ProxyOss = Rounding.HalfEven(ProxyOss, 4),
        RawPdi = Rounding.HalfEven(RawPdi, 4),
        Weight = Rounding.HalfEven(Weight, 4),
        WeightedPdi = Rounding.HalfEven(WeightedPdi, 4),
    };
}
