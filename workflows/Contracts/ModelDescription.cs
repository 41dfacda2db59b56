using System.Text.Json.Serialization;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Contracts;

/// <param name="Model">Which model.</param>
/// <param name="Forget">Name of a habit that is to be forgotten first, or <see cref="All"/>; null for none.</param>
public sealed record ModelDescriptionRequest(
    ModelChoice Model, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Forget = null)
{
    /// <summary>Every habit.</summary>
    public const string All = "all";
}

/// <summary>How a worker asks a model.</summary>
public sealed record ModelDescription
{
    public required string Profile { get; init; }

    public required string Model { get; init; }

    public required string BaseUrl { get; init; }

    /// <summary>The API that is spoken: <c>chat</c>, <c>responses</c> or <c>messages</c>, with <c> (auto)</c> behind it where no setting says it.</summary>
    public required string Api { get; init; }

    /// <summary>Name of the environment variable with the key.</summary>
    public required string KeyVariable { get; init; }

    /// <summary>Whether that variable has a value.</summary>
    public bool KeySet { get; init; }

    /// <summary>What the model is taken to read and write together, in tokens.</summary>
    public int ContextTokens { get; init; }

    /// <summary>The profile's limit of a reply in tokens; null for the budget of the purpose.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Most calls at once from one worker; null for no limit.</summary>
    public int? ConcurrentCalls { get; init; }

    /// <summary>What refusals have taught.</summary>
    public IReadOnlyList<ModelHabit> Habits { get; init; } = [];

    /// <summary>Names of habits that were forgotten just now.</summary>
    public IReadOnlyList<string> Forgotten { get; init; } = [];
}

/// <summary>A habit that a refusal taught.</summary>
/// <param name="Name">Its name, to forget it by.</param>
/// <param name="Effect">What it does to requests.</param>
/// <param name="Words">The provider's words that taught it.</param>
/// <param name="LearnedAt">When.</param>
public sealed record ModelHabit(string Name, string Effect, string Words, DateTimeOffset LearnedAt);

/// <param name="Model">Which one.</param>
/// <param name="Description">How it is asked; null where no worker said it.</param>
/// <param name="Type">One of <see cref="FailureTypes"/>, or <see cref="ModelFinding.NoWorker"/>; null where it was said.</param>
/// <param name="Words">Why it was not said.</param>
public sealed record DescriptionFinding(ModelChoice Model, ModelDescription? Description, string? Type = null, string Words = "");
