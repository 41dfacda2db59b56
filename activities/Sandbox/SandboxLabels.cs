using System.Security.Cryptography;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Labels and names of containers and images.</summary>
internal static class SandboxLabels
{
    /// <summary>Id of the workflow to which the container belongs.</summary>
    /// <summary>Name of the agent's container that a verifier's container belongs to.</summary>
    public const string Of = "spark.of";
    public const string Run = "spark.run";

    /// <summary>Id of the workflow that started it.</summary>
    public const string Attempt = "spark.attempt";

    /// <summary>When it ends by itself, in seconds since 1970.</summary>
    public const string Deadline = "spark.deadline";

    /// <summary>The host that started it.</summary>
    public const string Worker = "spark.worker";

    /// <summary>User of the agent's shell; empty for the image's.</summary>
    public const string User = "spark.user";

    /// <summary>Folder in which the agent's shell starts.</summary>
    /// <summary>User of the image, where the container itself was made as root.</summary>
    public const string ImageUser = "spark.image_user";
    public const string Workdir = "spark.workdir";

    /// <summary>Limit of the writable layer and the volumes in bytes.</summary>
    public const string Storage = "spark.storage";

    /// <summary>On networks that all trials of a host share.</summary>
    public const string Shared = "spark.shared";

    /// <summary>On images: what they were built from.</summary>
    public const string Environment = "spark.environment";

    /// <summary>On images and their containers: the agent that is installed in them.</summary>
    public const string Agent = "spark.agent";

    /// <summary>On the stage of a build that is not kept: the image that it is for.</summary>
    public const string AgentTools = "spark.agent.tools";

    /// <summary>The name of an attempt's container: the same for every retry.</summary>
    public static string ContainerName(string workflowId, string runId, int ordinal) => $"spark-{Hash($"{workflowId}\n{runId}\n{ordinal}")[..32]}";

    /// <summary>Folder of a command that runs once; its name cannot be guessed inside the container.</summary>
    public static string OnceFolder(string workflowId, string runId, string id) => $"{SandboxScripts.Runs}/{Hash($"{workflowId}\n{runId}\n{id}")}";

    public static string ImageTag(string environmentDigest, bool withoutSkills) =>
        $"spark-environment:{Hash(environmentDigest)[..40]}{(withoutSkills ? "-without-skills" : "")}";

    /// <summary>The name of an image with an agent in it.</summary>
    public static string AgentTag(string what) => $"spark-environment:{Hash(what)[..40]}-agent";

    /// <summary>Whether a name is one that <see cref="ImageTag"/> or <see cref="AgentTag"/> gives.</summary>
    public static bool IsImageTag(string tag) => tag.StartsWith("spark-environment:", StringComparison.Ordinal);

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Whether a user of an image or a task is root.</summary>
    public static bool IsRoot(string user) => user.Split(':')[0] is "" or "root" or "0";
}
