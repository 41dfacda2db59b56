using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>
/// Command-line agents that are installed into the task's container and run there. <see cref="DescribeAsync"/> goes to
/// any sandbox host, the others to the container's. All are safe to retry: what runs in a container runs once under its id.
/// </summary>
public interface IAgentActivities
{
    /// <summary>
    /// Reads the agent's description and refuses what cannot work before anything is built: a name that nothing describes,
    /// an argument it does not take, a key that is not set, a task without the network that it needs.
    /// </summary>
    [Activity("agents.describe")]
    Task<AgentPlan> DescribeAsync(DescribeAgentRequest request);

    /// <summary>Runs the description's installation steps. One that fails is data, not an exception.</summary>
    [Activity("agents.install")]
    Task<InstallReply> InstallAsync(InstallAgentRequest request);

    /// <summary>Runs the agent on the instruction, reads back what it did and what that cost.</summary>
    [Activity("agents.run")]
    Task<AgentRunReply> RunAsync(RunAgentRequest request);

    /// <summary>Tells an agent that runs what it may spend from now on.</summary>
    [Activity("agents.budget")]
    Task<AgentBudgetReply> BudgetAsync(AgentBudgetRequest request);
}

/// <summary>Which agent, with which arguments, on which model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kwargs">What it was told besides; null for nothing.</param>
/// <param name="Model">Its model.</param>
public sealed record AgentChoice(string Name, IReadOnlyDictionary<string, string>? Kwargs, ModelChoice Model);

/// <param name="Agent">The agent.</param>
/// <param name="Settings">The task's settings.</param>
/// <param name="MustBePriced">Refuse a model whose cost nobody knows: the attempt has a budget in dollars, which it would never reach.</param>
public sealed record DescribeAgentRequest(
    AgentChoice Agent, TaskSettings Settings, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool MustBePriced = false);

/// <param name="InstallTimeoutSec">Seconds its installation may take.</param>
/// <param name="Model">Name of the model it will ask for; null when it asks for none.</param>
public sealed record AgentPlan(double InstallTimeoutSec, string? Model);

/// <param name="Container">Id of the container.</param>
/// <param name="Agent">The agent.</param>
/// <param name="SkillsDir">Folder that holds the skills; they are copied to where this agent looks too. Null for none.</param>
public sealed record InstallAgentRequest(string Container, AgentChoice Agent, string? SkillsDir = null);

/// <param name="ExitCode">Exit code of the step that failed, else 0; 124 when its time-out ended it.</param>
/// <param name="Output">Output of all steps, capped.</param>
/// <param name="Tail">The last 1,500 characters of it.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Version">What the agent says of its version; null where it says nothing.</param>
public sealed record InstallReply(int ExitCode, ArtifactRef Output, string Tail, long DurationMs, string? Version)
{
    /// <summary>The container's image brought the agent along.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FromImage { get; init; }
}

public sealed record RunAgentRequest
{
    public required string Container { get; init; }
    public required AgentChoice Agent { get; init; }

    /// <summary>The task's name, for the header <c>X-Spark-Task</c>.</summary>
    public required string Task { get; init; }

    /// <summary>The conversation whose user message is the instruction.</summary>
    public required ArtifactRef Instruction { get; init; }

    public required double TimeoutSec { get; init; }

    /// <summary>Dollars it may cost; further model calls are refused. Null for no limit.</summary>
    public double? BudgetUsd { get; init; }

    /// <summary>Tokens it may use, sent and received; null for no limit.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>Containers that it ran in before and that were lost: what it paid for there counts too.</summary>
    public IReadOnlyList<string> Lost { get; init; } = [];

    /// <summary>How often it ran before, for steps of the task or in vain because its model's endpoint answered nothing: each of these runs is one of its own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Try { get; init; }

    /// <summary>Skills that it was given, a tar with one folder each; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? Skills { get; init; }

    /// <summary>Folder of the container with the skills; null where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SkillsDir { get; init; }
}

/// <param name="Container">Id of the container.</param>
/// <param name="BudgetUsd">As <see cref="RunAgentRequest.BudgetUsd"/>, counted from the agent's start.</param>
/// <param name="BudgetTokens">As <see cref="RunAgentRequest.BudgetTokens"/>, counted from the agent's start.</param>
/// <param name="Lost">As <see cref="RunAgentRequest.Lost"/>.</param>
public sealed record AgentBudgetRequest(string Container, double? BudgetUsd, long? BudgetTokens, IReadOnlyList<string> Lost);

/// <param name="Usage">What it has used so far, as the proxy counted it.</param>
public sealed record AgentBudgetReply(TokenUsage Usage);

public sealed record AgentRunReply
{
    /// <summary>Exit code; it decides nothing, the reward does.</summary>
    public required int ExitCode { get; init; }

    public bool TimedOut { get; init; }

    /// <summary>The container ended while the agent worked: its own doing.</summary>
    public bool ContainerEnded { get; init; }

    /// <summary>What it printed, capped.</summary>
    public required ArtifactRef Output { get; init; }

    /// <summary>The instruction, and what it said and ran as far as its output tells.</summary>
    public required ArtifactRef Conversation { get; init; }

    /// <summary>How many commands are in the conversation.</summary>
    public int Commands { get; init; }

    /// <summary>Tokens and cost: as the proxy counted them where it was asked, else as the agent says.</summary>
    public required TokenUsage Usage { get; init; }

    /// <summary>Model calls that went through the proxy.</summary>
    public int ModelCalls { get; init; }

    public long DurationMs { get; init; }

    /// <summary>Why none of its model calls was answered, in words with the remedy: it did nothing, and runs again when the endpoint answers. Null where one was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ModelAway { get; init; }

    /// <summary>What the trial should record.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
