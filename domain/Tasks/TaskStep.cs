using System.Text.Json.Serialization;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>How the rewards of a task's steps become one; the names are Harbor's (<c>multi_step_reward_strategy</c>).</summary>
public enum StepsReward
{
    /// <summary>The mean over the steps that have a verdict.</summary>
    Mean,

    /// <summary>That of the last step that has a verdict.</summary>
    Final,
}

/// <summary>One entry of <c>[[steps]]</c>. What it does not say is as in the task.</summary>
public sealed record TaskStep
{
    /// <summary>Name of its folder below <c>steps/</c>.</summary>
    public required string Name { get; init; }

    public double? AgentTimeoutSec { get; init; }

    /// <summary>Variables of its oracle (templates), over those of the task.</summary>
    public IReadOnlyDictionary<string, string> SolutionEnv { get; init; } = new Dictionary<string, string>();

    public double? VerifierTimeoutSec { get; init; }

    public string? VerifierUser { get; init; }

    /// <summary>Variables of its verifier (templates), over those of the task.</summary>
    public IReadOnlyDictionary<string, string> VerifierEnv { get; init; } = new Dictionary<string, string>();

    /// <summary>Least reward, by its key, with which the next step begins; <c>reward</c> for a single number. Empty for any.</summary>
    public IReadOnlyDictionary<string, double> MinReward { get; init; } = new Dictionary<string, double>();

    /// <summary>Paths that are kept after this step, besides those of the task.</summary>
    public IReadOnlyList<ArtifactPath> Artifacts { get; init; } = [];

    public Healthcheck? Healthcheck { get; init; }

    /// <summary>What its agent may reach; null for as before.</summary>
    public NetworkMode? AgentNetwork { get; init; }

    /// <summary>Hosts that its agent may reach where its network is a list.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? AgentAllowedHosts { get; init; }

    public NetworkMode? VerifierNetwork { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? VerifierAllowedHosts { get; init; }

    /// <summary>Its verifier's own container; null for as in the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SeparateVerifier? Separate { get; init; }

    /// <summary>Commands that run before its verifier; null for those of the task.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CollectCommand>? Collect { get; init; }

    /// <summary>The task's settings as they hold in this step.</summary>
    /// <param name="task">Settings of the task.</param>
    public TaskSettings Over(TaskSettings task) => task with
    {
        AgentTimeoutSec = AgentTimeoutSec ?? task.AgentTimeoutSec,
        AgentNetwork = AgentNetwork ?? task.AgentNetwork,
        AgentAllowedHosts = AgentNetwork is null ? task.AgentAllowedHosts : AgentAllowedHosts,
        VerifierTimeoutSec = VerifierTimeoutSec ?? task.VerifierTimeoutSec,
        VerifierUser = VerifierUser ?? task.VerifierUser,
        VerifierNetwork = VerifierNetwork ?? task.VerifierNetwork,
        VerifierAllowedHosts = VerifierNetwork is null ? task.VerifierAllowedHosts : VerifierAllowedHosts,
        VerifierEnv = Over(task.VerifierEnv, VerifierEnv),
        SolutionEnv = Over(task.SolutionEnv, SolutionEnv),
        Separate = Separate ?? task.Separate,
        Collect = Collect ?? task.Collect,
        Artifacts = Artifacts.Count == 0 ? task.Artifacts : [.. task.Artifacts, .. Artifacts],
        Steps = null,
    };

    private static IReadOnlyDictionary<string, string> Over(IReadOnlyDictionary<string, string> task, IReadOnlyDictionary<string, string> step) =>
        step.Count == 0 ? task : new Dictionary<string, string>([.. task.Where(pair => !step.ContainsKey(pair.Key)), .. step]);
}
