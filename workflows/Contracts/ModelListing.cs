using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Prices;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>A model profile of a worker's settings, as <c>spark-worker --models</c> prints it. Nothing is asked for it.</summary>
public sealed record ModelListing
{
    public required string Profile { get; init; }

    /// <summary>The profile's own model; null where it has none.</summary>
    public string? Model { get; init; }

    public required string BaseUrl { get; init; }

    /// <summary><c>auto</c>, <c>chat</c>, <c>responses</c> or <c>messages</c>.</summary>
    public required string Api { get; init; }

    /// <summary>Name of the environment variable with the key.</summary>
    public required string KeyVariable { get; init; }

    /// <summary>Whether that variable has a value.</summary>
    public bool KeySet { get; init; }

    /// <summary>What the model is taken to read and write together, in tokens.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Dollars per million tokens; null where nobody knows them.</summary>
    public TokenRates? Price { get; init; }

    /// <summary>Prices of long prompts; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RateTier>? Above { get; init; }

    /// <summary>Where the price is from: <c>settings</c>, <c>replies</c> (each states its cost), or the source of the table's row with its date; null where there is none.</summary>
    public string? PriceFrom { get; init; }
}
