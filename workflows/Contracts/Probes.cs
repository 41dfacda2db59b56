using System.Text.Json.Serialization;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Workflows.Contracts;

/// <summary>That an endpoint answered one short request.</summary>
/// <param name="Model">Name of the model that was asked.</param>
/// <param name="BaseUrl">Where.</param>
/// <param name="DurationMs">From the request to the whole reply, in milliseconds.</param>
public sealed record ModelProbe(string Model, string BaseUrl, long DurationMs)
{
    /// <summary>The endpoint's words where it answered that it gets too many requests at the moment; null otherwise.</summary>
    public string? Throttled { get; init; }

    /// <summary>Nobody knows what the model costs: neither its replies say it, nor the settings, nor the table of prices.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <summary>What the model is taken to read and write together, in tokens; null where the worker is of an older version.</summary>
    public int? ContextTokens { get; init; }
}

/// <param name="Folders">Absolute paths of folders that a run will write to.</param>
public sealed record FolderProbeRequest(IReadOnlyList<string> Folders);

/// <param name="Problems">What cannot be written, with its cause and the remedy; empty where all can.</param>
public sealed record FolderProbe(IReadOnlyList<string> Problems);

/// <summary>What is tried before a run starts.</summary>
public sealed record PreflightRequest
{
    /// <summary>Each model that the run will ask.</summary>
    public IReadOnlyList<ModelChoice> Models { get; init; } = [];

    /// <summary>Absolute paths of folders that it will write to.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Models of which a worker is to say how they are asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ModelDescriptionRequest>? Descriptions { get; init; }

    /// <summary>Models that are to be tried out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ModelChoice>? Tests { get; init; }

    /// <summary>Seconds that a probe waits for a worker of its queue.</summary>
    public double WorkerPatienceSec { get; init; } = 15;
}

/// <param name="Models">What came of each model, in the order of the request.</param>
/// <param name="Problems">What cannot be written, with its cause and the remedy.</param>
public sealed record PreflightReport(IReadOnlyList<ModelFinding> Models, IReadOnlyList<string> Problems)
{
    /// <summary>How the models are asked that were to be described; null where none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DescriptionFinding>? Descriptions { get; init; }

    /// <summary>What came of the models that were tried out; null where none was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TestFinding>? Tests { get; init; }
}

/// <param name="Model">Which one.</param>
/// <param name="Probe">The endpoint's answer; null where there is none.</param>
/// <param name="Type">One of <see cref="FailureTypes"/>, or <see cref="NoWorker"/>; null where it answered.</param>
/// <param name="Words">Why there is no answer, in the words of the endpoint or the worker.</param>
public sealed record ModelFinding(ModelChoice Model, ModelProbe? Probe, string? Type = null, string Words = "")
{
    /// <summary>No worker of the profile's queue took the probe in time.</summary>
    public const string NoWorker = "NoWorker";
}

/// <summary>A model profile of a worker's settings, as <c>spark-worker --probe</c> prints it.</summary>
public sealed record ProfileProbe
{
    public required string Profile { get; init; }

    /// <summary>The profile's own model; null where it has none.</summary>
    public string? Model { get; init; }

    public required string BaseUrl { get; init; }

    /// <summary>Name of the environment variable with the key.</summary>
    public required string KeyVariable { get; init; }

    /// <summary>Whether the variable has a value.</summary>
    public bool KeySet { get; init; }

    /// <summary>Its answer; null where there is none.</summary>
    public ModelProbe? Probe { get; init; }

    /// <summary>One of <see cref="FailureTypes"/> where there is no answer.</summary>
    public string? Type { get; init; }

    /// <summary>Why there is none.</summary>
    public string Words { get; init; } = "";
}
