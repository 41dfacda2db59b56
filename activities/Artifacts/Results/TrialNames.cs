using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Names of trials, derived from the workflow so that writing again finds the same folder.</summary>
internal static class TrialNames
{
    /// <summary>Version of the agent: an installed one says its own, the others are part of this program.</summary>
    public static string VersionOf(WriteTrialRequest trial) =>
        AgentNames.IsInstalled(trial.Input.Agent) ? trial.Result.AgentVersion ?? "unknown" : ProductVersion.Number;

    /// <summary>The task and seven characters, as Harbor names its trials.</summary>
    public static string Trial(string task, string workflowId, string runId) => $"{task}__{Convert.ToHexStringLower(Hash(workflowId, runId))[..7]}";

    public static Guid Id(string workflowId, string runId) => new(Hash(workflowId, runId).AsSpan(0, 16));

    private static byte[] Hash(string workflowId, string runId) => SHA256.HashData(Encoding.UTF8.GetBytes($"{workflowId}\n{runId}"));
}
