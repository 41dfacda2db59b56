namespace Spark.Temporal.Workflows.Messages;

/// <summary>Types of <c>ApplicationFailureException</c>, shared by whoever throws and whoever decides on them.</summary>
public static class FailureTypes
{
    /// <summary>The task folder cannot be run; the message holds every finding.</summary>
    public const string InvalidTask = "InvalidTask";

    /// <summary>The Dockerfile fails to build; the message holds the builder's last lines.</summary>
    public const string BuildFailed = "BuildFailed";

    /// <summary>The build's time-out passed.</summary>
    public const string BuildTimedOut = "BuildTimedOut";

    /// <summary>The container does not start or its healthcheck never passes.</summary>
    public const string StartFailed = "StartFailed";

    /// <summary>An installed agent's installation fails or takes too long: no score, since nothing was tried.</summary>
    public const string AgentNotInstalled = "AgentNotInstalled";

    /// <summary>The container is gone through no fault of the agent.</summary>
    public const string SandboxLost = "SandboxLost";

    /// <summary>The Docker engine cannot be reached or broke; retryable.</summary>
    public const string SandboxUnavailable = "SandboxUnavailable";

    /// <summary>The store or an output folder cannot be read or written; the message names the path and the remedy.</summary>
    public const string ResultsUnavailable = "ResultsUnavailable";

    /// <summary>The provider refuses what this one request says (content filter, moderation), not requests as such.</summary>
    public const string ModelFiltered = "ModelFiltered";

    /// <summary>400, 402, 404, no quota or another final refusal, in the provider's words.</summary>
    public const string ModelRefused = "ModelRefused";

    /// <summary>401 or 403: the key is missing or wrong.</summary>
    public const string ModelUnauthorized = "ModelUnauthorized";

    /// <summary>408, 409, 425, 429, 5xx, a broken connection or an unreadable reply; retryable.</summary>
    public const string ModelUnavailable = "ModelUnavailable";

    /// <summary>Three replies to one question came that cannot be read: paid for, and no use to ask again.</summary>
    public const string ModelUnreadable = "ModelUnreadable";

    /// <summary>The conversation does not fit the model even after old observations were dropped.</summary>
    public const string ContextOverflow = "ContextOverflow";

    /// <summary>A stored reply belongs to another request body: the workflow is not deterministic.</summary>
    public const string ReplyMismatch = "ReplyMismatch";

    /// <summary>An artifact is missing from the store or does not match its hash.</summary>
    public const string ArtifactLost = "ArtifactLost";

    /// <summary>Settings or input that can never work; the message names field and remedy.</summary>
    public const string InvalidInput = "InvalidInput";

    /// <summary>The model's replies were refused as often as allowed; the message says what was wrong.</summary>
    public const string SkillRefused = "SkillRefused";

    /// <summary>No failure of an activity: the verifier was cut off at its time-out, in Harbor's word for it.</summary>
    public const string VerifierTimeout = "VerifierTimeoutError";
}
