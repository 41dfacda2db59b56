using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Domain.Results;

/// <summary>The index after a reflection, rounded to four decimals. See <see cref="PdiSnapshot"/> for its numbers.</summary>
public sealed record SnapshotEvent() : TrajectoryEvent(TypeName)
{
    public const string TypeName = "pdi_snapshot";

    public required int Attempt { get; init; }
    public required int Step { get; init; }
    public required double ProxyExec { get; init; }
    public required double ProxyPlan { get; init; }
    public required double ProxyOss { get; init; }
    public required double RawPdi { get; init; }
    public required double Weight { get; init; }
    public required double WeightedPdi { get; init; }
    public bool Triggered { get; init; }

    /// <summary>The intervention that follows; null, <c>soft</c> or <c>strong</c>.</summary>
    [JsonConverter(typeof(InterventionLevelJsonConverter))]
    public InterventionLevel Level { get; init; }

    /// <summary>How texts were compared; null in files of the original, or a name that this program does not know.</summary>
    public string? Method { get; init; }

    /// <summary>When, in seconds since 1970.</summary>
    public double? Ts { get; init; }

    /// <summary>The event of a snapshot.</summary>
    public static SnapshotEvent Of(PdiSnapshot snapshot, PdiMethod method, double ts)
    {
        var rounded = snapshot.Rounded();
        return new SnapshotEvent
        {
            Attempt = rounded.Attempt,
            Step = rounded.Step,
            ProxyExec = rounded.ProxyExec,
            ProxyPlan = rounded.ProxyPlan,
            ProxyOss = rounded.ProxyOss,
            RawPdi = rounded.RawPdi,
            Weight = rounded.Weight,
            WeightedPdi = rounded.WeightedPdi,
            Triggered = rounded.Triggered,
            Level = rounded.Level,
            Method = method.Name(),
            Ts = ts,
        };
    }

    public PdiSnapshot ToSnapshot() => new()
    {
        Attempt = Attempt,
        Step = Step,
        ProxyExec = ProxyExec,
        ProxyPlan = ProxyPlan,
        ProxyOss = ProxyOss,
        RawPdi = RawPdi,
        Weight = Weight,
        WeightedPdi = WeightedPdi,
        Triggered = Triggered,
        Level = Level,
    };
}

/// <summary>The run ended.</summary>
public sealed record SummaryEvent() : TrajectoryEvent(TypeName)
{
    public const string TypeName = "task_summary";

    public string? TaskName { get; init; }
    public bool Success { get; init; }

    /// <summary>How the run ended, such as <c>exhausted</c>; null in files of the original.</summary>
    public string? Status { get; init; }

    /// <summary>Scored attempts.</summary>
    public int TotalAttempts { get; init; }

    /// <summary>Reward of each scored attempt; null where the verifier gave none.</summary>
    public IReadOnlyList<double?> RewardTrajectory { get; init; } = [];

    public IReadOnlyList<string> StatusTrajectory { get; init; } = [];

    /// <summary>In seconds.</summary>
    public double TotalTimeS { get; init; }

    public long TotalInputTokens { get; init; }
    public long TotalOutputTokens { get; init; }

    /// <summary>In US dollars; null in files of the original.</summary>
    public double? TotalCostUsd { get; init; }

    public ExplorationConfig? ExplorationConfig { get; init; }

    /// <summary>When, in seconds since 1970.</summary>
    public double? Ts { get; init; }
}

/// <summary>What the run was started with; the original names other things.</summary>
public sealed record ExplorationConfig : OpenRecord
{
    public string? Model { get; init; }
    public string? Agent { get; init; }
    public string? SummaryModel { get; init; }

    /// <summary>Attempts that may be scored.</summary>
    public int? MaxRetries { get; init; }
}
