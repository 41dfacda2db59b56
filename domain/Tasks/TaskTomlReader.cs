namespace Spark.Temporal.Domain.Tasks;

/// <summary>What <c>task.toml</c> says.</summary>
/// <param name="Settings">The settings in one shape.</param>
/// <param name="QualifiedName"><c>[task] name</c>.</param>
/// <param name="Root">The file as a tree.</param>
/// <param name="MultiStep">Whether it has steps, and its root may lack what they bring.</param>
public sealed record TaskToml(TaskSettings Settings, string? QualifiedName, TomlNode Root, bool MultiStep);

/// <summary>
/// Reads <c>task.toml</c> in every dialect of Harbor's: <c>version</c> or <c>schema_version</c>, sizes as numbers or as
/// <c>"2G"</c>, <c>allow_internet</c> or <c>network_mode</c>. Unknown keys are reported and left alone.
/// </summary>
public static class TaskTomlReader
{
    /// <summary>Seven days: a longer limit is a typing error.</summary>
    private const double MostSeconds = 7 * 24 * 3600;
    private const string Seconds = "more than 0 and at most 604800 seconds (7 days)";

    /// <summary>Reads the text of the file; null when it does not parse.</summary>
    public static TaskToml? Read(string text, TaskFindings findings)
    {
        var tree = TomlNode.Parse(text, out var line, out var problem);
        if (tree is null)
        {
            findings.Refuse(TaskRefusal.Unreadable, TomlSection.File, line, $"does not parse as TOML: {problem}", "fix the file at this line");
            return null;
        }

        var root = new TomlSection("", tree, findings);
        var name = ReadHead(root);
        var steps = root.Node("steps");
        var multiStep = steps is { IsEmpty: false };
        var strategy = StepsReader.Strategy(root);
        var settings = ReadPhases(root, findings, TaskEnvironmentReader.Read(root.Section("environment"), new TaskSettings()));
        settings = settings with
        {
            Artifacts = Artifacts(root),
            OutputPath = OutputPath(name, root.Section("metadata")),
            Steps = multiStep ? StepsReader.Read(root, findings) : null,
            StepsReward = multiStep ? strategy : default,
        };
        root.ReportUnknown();
        return new TaskToml(settings, name, tree, multiStep);
    }

    /// <summary>Reads a time limit.</summary>
    public static double? TimeoutSec(TomlSection section, string key) => section.Number(key, double.Epsilon, MostSeconds, Seconds);

    private static string? ReadHead(TomlSection root)
    {
        var version = root.Text("version");
        if (root.Text("schema_version") is not null && version is not null)
        {
            root.Note("schema_version", "is given beside version; schema_version counts");
        }

        root.Text("source");
        var task = root.Section("task");
        var name = task.NonEmptyText("name");
        if (name is not null && (name.Split('/') is not [{ Length: > 0 }, { Length: > 0 }] || name.Any(char.IsWhiteSpace)))
        {
            task.Warning("name", $"= \"{name}\" is not of the form org/name", "Harbor refuses it; write org/name");
        }

        // The rest of [task] describes the task to people and changes nothing here.
        return name;
    }

    private static TaskSettings ReadPhases(TomlSection root, TaskFindings findings, TaskSettings settings)
    {
        var agent = root.Section("agent");
        var verifier = root.Section("verifier");
        var solution = root.Section("solution");
        settings = settings with
        {
            AgentTimeoutSec = TimeoutSec(agent, "timeout_sec") ?? settings.AgentTimeoutSec,
            AgentUser = agent.User("user"),
            AgentNetwork = TaskEnvironmentReader.Network(agent, out var agentHosts),
            AgentAllowedHosts = agentHosts,
            VerifierTimeoutSec = TimeoutSec(verifier, "timeout_sec") ?? settings.VerifierTimeoutSec,
            VerifierUser = verifier.User("user"),
            VerifierNetwork = TaskEnvironmentReader.Network(verifier, out var verifierHosts),
            VerifierAllowedHosts = verifierHosts,
            VerifierEnv = verifier.Env("env"),
            Separate = VerifierReader.Separate(verifier),
            Collect = VerifierReader.Collect(verifier, findings),
            SolutionEnv = solution.Env("env"),
        };
        agent.ReportUnknown();
        verifier.ReportUnknown();
        solution.ReportUnknown();
        return settings;
    }

    /// <summary>Only tasks that we made have it; what else is in the table is the author's own.</summary>
    private static string? OutputPath(string? name, TomlSection metadata) =>
        name?.StartsWith("spark/", StringComparison.Ordinal) == true && metadata.Node("output_path") is { Value: string path } && path.StartsWith('/') ? path : null;

    /// <summary>Reads the paths that are kept, of the task or of a step.</summary>
    public static List<ArtifactPath> Artifacts(TomlSection root)
    {
        var paths = new List<ArtifactPath>();
        foreach (var item in root.List("artifacts"))
        {
            switch (item.Value)
            {
                case string path when path.StartsWith('/'):
                    paths.Add(new ArtifactPath(path));
                    break;
                case Dictionary<string, TomlNode> table when Source(table) is { } source && Exclude(table) is { } exclude:
                    paths.Add(new ArtifactPath(source, exclude.Count > 0 ? exclude : null));
                    if (table.ContainsKey("destination"))
                    {
                        root.Note("artifacts", $"name a destination for {source}; it is kept under its source path");
                    }

                    break;
                default:
                    root.Error("artifacts", "holds something that is not a path of the container", "write absolute paths, or tables with source and exclude");
                    break;
            }
        }

        return paths;
    }

    private static string? Source(Dictionary<string, TomlNode> table) =>
        table.TryGetValue("source", out var node) && node.Value is string path && path.StartsWith('/') ? path : null;

    private static List<string>? Exclude(Dictionary<string, TomlNode> table)
    {
        if (!table.TryGetValue("exclude", out var node))
        {
            return [];
        }

        return node.Value is List<TomlNode> list && list.All(item => item.Value is string)
            ? [.. list.Select(item => (string)item.Value)]
            : null;
    }
}
