using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>
/// Names of the agents. The description of an installed one on the worker says what it is and does; its name is here
/// so that a wrong one is refused before anything starts.
/// </summary>
public static class AgentNames
{
    /// <summary>A tool-calling loop with a shell that keeps its folder and environment.</summary>
    public const string Terminal = "terminal";

    /// <summary>Runs the task's own solution.</summary>
    public const string Oracle = "oracle";

    /// <summary>Does nothing.</summary>
    public const string Nop = "nop";

    /// <summary>Re-enacts a recorded run.</summary>
    public const string Replay = "replay";

    /// <summary>Argument of <see cref="Replay"/>: a <c>trajectory.jsonl</c>, or a folder with any number of them.</summary>
    public const string TrajectoryKwarg = "trajectory";

    /// <summary>What a run tells its attempts instead.</summary>
    public const string RecordedKwarg = "recorded_attempt";

    /// <summary>Stands before the name of an agent that only the worker's own folder describes.</summary>
    public const string OwnPrefix = "own:";

    /// <summary>Part of this program.</summary>
    public static readonly IReadOnlyList<string> BuiltIn = [Terminal, Oracle, Nop, Replay];

    /// <summary>Command-line agents whose descriptions come with the worker.</summary>
    public static readonly IReadOnlyList<string> Installed =
        ["claude-code", "codex", "gemini-cli", "mini-swe-agent", "opencode", "qwen-coder"];

    public static readonly IReadOnlyList<string> All = [.. BuiltIn, .. Installed];

    public static bool IsInstalled(string name) => Installed.Contains(name) || IsOwn(name);

    public static bool IsOwn(string name) => name.StartsWith(OwnPrefix, StringComparison.Ordinal) && name.Length > OwnPrefix.Length;

    /// <summary>Whether a model works for it; ids, folders and records then have the model's name.</summary>
    public static bool UsesModel(string name) => name == Terminal || IsInstalled(name);

    /// <summary>Why a name cannot be an agent's, with its remedy; null where it can.</summary>
    public static string? Problem(string name) => All.Contains(name) || IsOwn(name)
        ? null
        : $"agent '{name}' is not known{(NearMatches.Remedy(name, All) is { Length: > 0 } near ? near : ".")} Choose one of {string.Join(", ", All)}, or {OwnPrefix}NAME for one that the worker's own folder (Agents:Folder) describes.";
}
