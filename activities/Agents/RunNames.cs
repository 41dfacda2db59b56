using System.Security.Cryptography;
using System.Text;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Sandbox;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Names of an agent's runs: the same for every try of their activity, others in another container and after a run in vain.</summary>
internal static class RunNames
{
    /// <summary>Folder in the container under which it runs once.</summary>
    public static string Folder(ActivityInfo info, string container, int inVain) =>
        SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{container} agent{(inVain > 0 ? $" {inVain}" : "")}");

    /// <summary>Name of its account.</summary>
    public static string Account(ActivityInfo info, string container, int inVain) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder(info, container, inVain))))[..32];

    /// <summary>Names of all accounts of a container that this host knows.</summary>
    public static IReadOnlyList<string> All(RunAccounts accounts, ActivityInfo info, string container) =>
        [.. Enumerable.Range(0, 1_000).Select(inVain => Account(info, container, inVain)).TakeWhile(accounts.Knows)];

    /// <summary>The account of the run that goes on.</summary>
    public static string Newest(RunAccounts accounts, ActivityInfo info, string container) =>
        All(accounts, info, container) is [.., var last] ? last : Account(info, container, 0);
}
