using System.Text.Json;

namespace Spark.Temporal.Domain.Blueprints;

/// <summary>What a person asks a task for: the content of a prompt file, checked.</summary>
public sealed record PromptSpec
{
    /// <summary>Longest prompt, in bytes of UTF-8 (64 KiB): it travels in histories and in every request to the model.</summary>
    public const int MostPromptBytes = 64 * 1024;

    /// <summary>What the task is about, in any language and script.</summary>
    public required string Prompt { get; init; }

    /// <summary>A name the author may take for the task; null when the prompt file has none.</summary>
    public string? TaskNameHint { get; init; }

    /// <summary>Names of the tools the image must have, each known to <see cref="ToolCatalogue"/>.</summary>
    public IReadOnlyList<string> AvailableTools { get; init; } = [];

    /// <summary>Sentences about the environment, for the author.</summary>
    public IReadOnlyList<string> EnvironmentHints { get; init; } = [];

    /// <summary>Sentences that must hold for the task, for the author and the critique.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>The shape the task's instruction should have: a text, or an object of section names and their content.</summary>
    public JsonElement? StructureTemplate { get; init; }

    /// <summary>Fields of the blueprint that the prompt file sets, by name. The author must keep them.</summary>
    public IReadOnlyDictionary<string, JsonElement>? ContentOverrides { get; init; }
}
