namespace Spark.Temporal.Domain.Tasks;

/// <summary>Tells a <c>task.toml</c> of another tool from one of Harbor's.</summary>
public static class ForeignTaskFile
{
    /// <summary>Keys that other tools use in files of this name, and Harbor never.</summary>
    private static readonly string[] Signs =
    [
        "template", "validation", "scoring", "compose_file", "timeout_seconds", "name", "command", "definition", "nodes",
        "environment.type", "environment.dockerfile", "environment.definition", "environment.nodes",
        "agent.timeout", "verifier.timeout", "verifier.command", "task.runtime", "task.validator", "task.resources",
    ];

    /// <summary>The first key that only other tools use, with its line; null when there is none.</summary>
    public static (string Key, int Line)? Sign(TomlNode root)
    {
        foreach (var sign in Signs)
        {
            var node = root;
            foreach (var key in sign.Split('.'))
            {
                node = (node?.Value as Dictionary<string, TomlNode>)?.GetValueOrDefault(key);
            }

            if (node is not null)
            {
                return (sign, node.Line);
            }
        }

        return null;
    }
}
