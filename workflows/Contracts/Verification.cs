using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Workflows.Contracts;

public sealed record VerifyRequest
{
    public required string Container { get; init; }
    public required ArtifactRef Tests { get; init; }
    public required TaskSettings Settings { get; init; }

    /// <summary>Seconds the verifier may run; the agent's multiplier does not apply to it.</summary>
    public required double TimeoutSec { get; init; }

    /// <summary>Also stop the services that the agent left running.</summary>
    public bool StopServices { get; init; }

    /// <summary>Where it is verified.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VerdictMode Mode { get; init; }

    /// <summary>Image of the verifier's own container, where <see cref="Mode"/> asks for one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Image { get; init; }

    /// <summary>Variables of the host that the task may have, besides those of the host's settings; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TaskEnv { get; init; }

    /// <summary>Name of the step in a multi-step task; null in others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Step { get; init; }

    /// <summary>Which verification of this container it is, from 1: each is carried out once.</summary>
    public int Round { get; init; } = 1;
}

public sealed record VerifyReply
{
    /// <summary>The reward; null when the verifier gave no verdict, see <see cref="RewardProblem"/>.</summary>
    public double? Reward { get; init; }

    /// <summary>All keys of <c>reward.json</c>, else <c>reward</c> alone.</summary>
    public IReadOnlyDictionary<string, double> Rewards { get; init; } = new Dictionary<string, double>();

    /// <summary>Why there is no reward, naming the file; null when there is one.</summary>
    public string? RewardProblem { get; init; }

    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }

    /// <summary>Output of <c>test.sh</c>, capped.</summary>
    public required ArtifactRef Output { get; init; }

    public ArtifactRef? Ctrf { get; init; }

    /// <summary><c>/logs/agent</c>, <c>/logs/verifier</c> and the kept paths, as tars with entries at their roots, capped.</summary>
    public ArtifactRef? AgentLogs { get; init; }
    public ArtifactRef? VerifierLogs { get; init; }
    public ArtifactRef? Artifacts { get; init; }

    /// <summary>What each service besides the agent's container has printed, a file each (tar); null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? ServiceLogs { get; init; }

    public int ExitCode { get; init; }
    public bool TimedOut { get; init; }
    public long DurationMs { get; init; }
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Where it was verified.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VerdictMode Mode { get; init; }

    /// <summary>What could have steered the verdict, in words.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>The reward in the agent's own container, where both were asked for; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SharedReward { get; init; }

    /// <summary>Whether the two verdicts differ.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Differs { get; init; }
}
