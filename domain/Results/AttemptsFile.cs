using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Domain.Results;

/// <summary>
/// <c>skills_gen_result/&lt;model&gt;/&lt;task&gt;/attempts.json</c>: the attempts of one skill run in short. Files of the
/// original, which has fewer fields, are read too.
/// </summary>
public sealed record AttemptsFile : VersionedRecord
{
    public const string FileName = "attempts.json";

    public string TaskName { get; init; } = "";

    /// <summary>The run that this one was forked from; null when it is no fork.</summary>
    public ForkOrigin? ForkedFrom { get; init; }

    /// <summary>Attempts that may be scored.</summary>
    public int MaxRetries { get; init; }

    /// <summary>The newest memo; empty where there is none.</summary>
    public string ExplorationMemo { get; init; } = "";

    /// <summary>Every memo, oldest first.</summary>
    public IReadOnlyList<string> MemoHistory { get; init; } = [];

    public IReadOnlyList<AttemptEntry> Attempts { get; init; } = [];

    public PdiEntry? Pdi { get; init; }

    /// <exception cref="ResultFormatException">The content is of another form, or of a newer version.</exception>
    public static AttemptsFile Read(string file, string text) => ResultJson.Read<AttemptsFile>(file, text);

    public string Write() => ResultJson.Write(this);
}

/// <summary>Where a run was forked.</summary>
public sealed record ForkOrigin : OpenRecord
{
    public required string WorkflowId { get; init; }
    public required string RunId { get; init; }

    /// <summary>Number of the last attempt that both share.</summary>
    public required int Attempt { get; init; }
}

/// <summary>One attempt.</summary>
public sealed record AttemptEntry : OpenRecord
{
    /// <summary>From 0, among the scored attempts; null for an infrastructure failure.</summary>
    public int? Attempt { get; init; }

    /// <summary>From 1, among all attempts; 0 in files of the original.</summary>
    public int Number { get; init; }

    /// <summary>The outcome in capitals, such as <c>PARTIAL</c>.</summary>
    public string Status { get; init; } = "";

    /// <summary>Null where the verifier gave none.</summary>
    public double? Reward { get; init; }

    public int NPassed { get; init; }
    public int NTests { get; init; }

    /// <summary>The agent's commands, a line each; null for an infrastructure failure.</summary>
    public string? AgentCommands { get; init; }

    /// <summary>Tests, a line each, marked ✓ or ✗; null for an infrastructure failure.</summary>
    public string? TestSummary { get; init; }

    /// <summary>What the attempt was given besides the memo.</summary>
    public InterventionLevel Intervention { get; init; }

    /// <summary>An operator's guidance to the agent; null in files of the original.</summary>
    public IReadOnlyList<string>? Guidance { get; init; }

    public string? Error { get; init; }

    /// <summary>Folder of the trial; null where none was written.</summary>
    public string? TrialDir { get; init; }

    /// <summary>Tokens and cost; null in files of the original.</summary>
    public TokenUsage? Usage { get; init; }

    /// <summary>Containers lost on the way; null in files of the original.</summary>
    public int? ContainersLost { get; init; }

    /// <summary>True where a person replaced the memo when the run was forked here.</summary>
    public bool? MemoReplaced { get; init; }

    /// <summary>Why rewrites of the memo were refused; null where nothing was reflected on.</summary>
    public IReadOnlyList<string>? MemoRefusals { get; init; }
}

/// <summary>How the index was computed, and its snapshots.</summary>
public sealed record PdiEntry : OpenRecord
{
    public bool Enabled { get; init; }

    /// <summary>Computed, but nothing follows from it; null in files of the original.</summary>
    public bool? ObserveOnly { get; init; }

    /// <summary>Null in files of the original.</summary>
    public PdiMethod? Method { get; init; }

    /// <summary>Reflections until the index has its full weight.</summary>
    public int Warmup { get; init; }

    /// <summary>Weighted values below it trigger an intervention.</summary>
    public double Threshold { get; init; }

    public IReadOnlyList<SnapshotEntry> History { get; init; } = [];
}

/// <summary>A snapshot of the index, rounded to four decimals. See <see cref="PdiSnapshot"/> for its numbers.</summary>
public sealed record SnapshotEntry : OpenRecord
{
    /// <summary>The attempt reflected on, from 0; null in files of the original.</summary>
    public int? Attempt { get; init; }

    public required int Step { get; init; }
    public required double ProxyExec { get; init; }
    public required double ProxyPlan { get; init; }
    public required double ProxyOss { get; init; }
    public required double RawPdi { get; init; }
    public required double Weight { get; init; }
    public required double WeightedPdi { get; init; }
    public required bool Triggered { get; init; }

    /// <summary>The intervention that follows; null, <c>soft</c> or <c>strong</c>.</summary>
    [JsonConverter(typeof(InterventionLevelJsonConverter))]
    public InterventionLevel Level { get; init; }

    /// <summary>The entry of a snapshot.</summary>
    public static SnapshotEntry Of(PdiSnapshot snapshot)
    {
        var rounded = snapshot.Rounded();
        return new SnapshotEntry
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
        };
    }

    /// <summary>The snapshot. Where the attempt is not recorded, the step is taken for it: reflections follow attempts.</summary>
    public PdiSnapshot ToSnapshot() => new()
    {
        Attempt = Attempt ?? Step,
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
