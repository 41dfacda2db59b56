using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Domain.Results;

/// <summary>A text of up to megabytes that few readers need; the others skip it.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class LongTextAttribute : Attribute;

/// <summary>
/// One line of <c>trajectory.jsonl</c>. <see cref="Type"/> says which of the records below it is; attempts count from 0 among
/// the scored ones. The types are the original's, and <see cref="InfrastructureEvent"/> is ours.
/// </summary>
public abstract record TrajectoryEvent : VersionedRecord
{
    private protected TrajectoryEvent(string type) => Type = type;

    /// <summary>Which event it is, such as <c>execution_result</c>.</summary>
    [JsonPropertyOrder(-1)]
    public string Type { get; init; }
}

/// <summary>An event of a type that this program does not know; its fields are all in <c>Unknown</c>.</summary>
public sealed record OtherEvent() : TrajectoryEvent("");

/// <summary>An attempt ended and was judged.</summary>
public sealed record ExecutionEvent() : TrajectoryEvent(TypeName)
{
    public const string TypeName = "execution_result";

    public required int Attempt { get; init; }
    public bool Success { get; init; }

    /// <summary>Null where the verifier gave none.</summary>
    public double? Reward { get; init; }

    /// <summary>The outcome in capitals, such as <c>PARTIAL</c>; the original has infrastructure failures too (<c>INFRA…</c>).</summary>
    public string? Status { get; init; }

    public int NPassed { get; init; }
    public int NTests { get; init; }

    /// <summary>The agent's commands, a line each.</summary>
    public string? AgentCommands { get; init; }

    /// <summary>Tests, a line each, marked ✓ or ✗.</summary>
    public string? TestSummary { get; init; }

    /// <summary>What the agent said and saw.</summary>
    [LongText]
    public string? AgentStdoutFull { get; init; }

    [LongText]
    public string? TestStdoutFull { get; init; }

    /// <summary>The whole instruction that the attempt was given.</summary>
    [LongText]
    public string? RetryInjection { get; init; }

    /// <summary>Null in files of the original.</summary>
    public InterventionLevel? Intervention { get; init; }

    /// <summary>An operator's guidance to the agent; null in files of the original.</summary>
    public IReadOnlyList<string>? Guidance { get; init; }

    [LongText]
    public string? Error { get; init; }

    public string? TrialDir { get; init; }

    /// <summary>In milliseconds; null in files of the original.</summary>
    public long? DurationMs { get; init; }

    /// <summary>Infrastructure ended the attempt: it is no score, and nothing was learned from it.</summary>
    [JsonIgnore]
    public bool IsInfrastructure => IsInfrastructureStatus(Status);

    /// <summary>The reward decides, whatever the status says of how the agent ended.</summary>
    [JsonIgnore]
    public bool Passed => Success || Reward >= 1;

    /// <summary>Whether a status names an infrastructure failure.</summary>
    public static bool IsInfrastructureStatus(string? status) => (status ?? "").StartsWith("infra", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Infrastructure ended an attempt, which is not scored and not counted.</summary>
public sealed record InfrastructureEvent() : TrajectoryEvent(TypeName)
{
    public const string TypeName = "infrastructure_failure";

    /// <summary>From 1, among all attempts.</summary>
    public required int Number { get; init; }

    public string? Error { get; init; }
    public string? ErrorType { get; init; }
    public string? TrialDir { get; init; }
}

/// <summary>A model call of the run itself: what was asked, what came, what it cost.</summary>
public abstract record CallEvent : TrajectoryEvent
{
    private protected CallEvent(string type)
        : base(type)
    {
    }

    [JsonPropertyOrder(0)]
    public required int Attempt { get; init; }

    /// <summary>The model as the endpoint named it; null where it named none.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Model { get; init; }

    [LongText]
    [JsonPropertyOrder(2)]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? SystemPrompt { get; init; }

    [LongText]
    [JsonPropertyOrder(3)]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? UserPrompt { get; init; }

    [LongText]
    [JsonPropertyOrder(4)]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Response { get; init; }

    [JsonPropertyOrder(5)]
    public long InputTokens { get; init; }

    [JsonPropertyOrder(6)]
    public long OutputTokens { get; init; }

    /// <summary>In US dollars; null in files of the original.</summary>
    [JsonPropertyOrder(7)]
    public double? CostUsd { get; init; }

    /// <summary>In seconds.</summary>
    [JsonPropertyOrder(8)]
    public double LatencyS { get; init; }

    /// <summary>When it ended, in seconds since 1970.</summary>
    [JsonPropertyOrder(9)]
    public double? Ts { get; init; }
}

/// <summary>The memo was rewritten after a failed attempt.</summary>
public sealed record ReflectEvent() : CallEvent(TypeName)
{
    public const string TypeName = "reflect_call";

    /// <summary>The memo the attempt started with; empty or null where there was none.</summary>
    [JsonPropertyOrder(10)]
    public string? MemoBefore { get; init; }

    /// <summary>The memo that counts afterwards.</summary>
    [JsonPropertyOrder(11)]
    public string? MemoAfter { get; init; }

    /// <summary>Why rewrites were refused, in order; null in files of the original.</summary>
    [JsonPropertyOrder(12)]
    public IReadOnlyList<string>? Refusals { get; init; }
}

/// <summary>The skill was asked for.</summary>
public sealed record SkillCallEvent() : CallEvent(TypeName)
{
    public const string TypeName = "skill_gen_call";

    /// <summary>Why the reply was refused; empty where it was kept, null in files of the original.</summary>
    [JsonPropertyOrder(10)]
    public IReadOnlyList<string>? Problems { get; init; }

    /// <summary>The six blocks of evidence as Markdown; null in files from before the field was written.</summary>
    [LongText]
    [JsonPropertyOrder(11)]
    public string? Evidence { get; init; }

    /// <summary>The evidence. From a file that has no field for it, it is cut out of what the model was asked; null where nothing was asked.</summary>
    public string? EvidenceOrPrompt() => Evidence ?? (UserPrompt is { } asked ? Cut(asked) : null);

    // How prompts were composed before the field was written; without the heading the whole prompt is shown.
    private static string Cut(string asked)
    {
        const string Heading = "# Evidence\n";
        const string Next = "\n# ";
        var start = asked.IndexOf(Heading, StringComparison.Ordinal);
        if (start < 0)
        {
            return asked.Trim();
        }

        var evidence = asked[(start + Heading.Length)..];
        var end = evidence.LastIndexOf(Next, StringComparison.Ordinal);
        return (end < 0 ? evidence : evidence[..end]).Trim();
    }
}
