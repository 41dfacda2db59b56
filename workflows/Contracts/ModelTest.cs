using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>What a model can do, tried out: a tool call, a second turn after it, a long reply, a reply by a schema.</summary>
public sealed record ModelTest
{
    public required string Profile { get; init; }

    public required string Model { get; init; }

    public required string BaseUrl { get; init; }

    /// <summary>The API that was spoken: <c>chat</c>, <c>responses</c> or <c>messages</c>; null where no reply came.</summary>
    public string? Api { get; init; }

    public required IReadOnlyList<ModelTestStep> Steps { get; init; }

    /// <summary>Habits that the refusals of this test have taught.</summary>
    public IReadOnlyList<ModelHabit> Learned { get; init; } = [];

    /// <summary>Everything that was used.</summary>
    public required TokenUsage Usage { get; init; }
}

/// <param name="Name"><c>tool call</c>, <c>second turn</c>, <c>long reply</c> or <c>schema</c>.</param>
/// <param name="Passed">Whether it does that; null where it was not tried, because what it needs did not work.</param>
/// <param name="Words">What came, for a person.</param>
/// <param name="Usage">What the reply used; null where none came.</param>
/// <param name="DurationMs">From the request to the whole reply, in milliseconds.</param>
public sealed record ModelTestStep(
    string Name,
    bool? Passed,
    string Words,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TokenUsage? Usage = null,
    long DurationMs = 0);

/// <param name="Model">Which one.</param>
/// <param name="Test">What came of it; null where no worker tried.</param>
/// <param name="Type">One of <see cref="FailureTypes"/>, or <see cref="ModelFinding.NoWorker"/>; null where it was tried.</param>
/// <param name="Words">Why it was not tried.</param>
public sealed record TestFinding(ModelChoice Model, ModelTest? Test, string? Type = null, string Words = "");
