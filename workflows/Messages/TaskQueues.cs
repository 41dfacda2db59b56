namespace Spark.Temporal.Workflows.Messages;

/// <summary>
/// Names of the task queues. Starter and workers must agree on them, so they are written only here. A prefix, where one is
/// set, comes before every name: deployments (or tests) that share a namespace do not take each other's work.
/// </summary>
public static class TaskQueues
{
    /// <summary>Workflows, and activities that need only the file system and the artifact store.</summary>
    public const string Workflows = "spark-workflows";

    /// <summary>Any sandbox host: building images and choosing the host of an attempt.</summary>
    public const string Sandbox = "sandbox";

    /// <summary>One sandbox host: everything on a container that lives there.</summary>
    public static string SandboxHost(string host) => $"sandbox-{host}";

    /// <summary>Model calls of one profile; the server can limit its rate.</summary>
    public static string Llm(string profile) => $"llm-{profile}";

    /// <summary>The prefix of the deployment whose workflows take their tasks from a queue.</summary>
    public static string PrefixOf(string workflowsQueue) =>
        workflowsQueue.EndsWith(Workflows, StringComparison.Ordinal) ? workflowsQueue[..^Workflows.Length] : "";
}
