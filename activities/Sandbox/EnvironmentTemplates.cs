using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Variables of a task whose values come from the host: <c>${VAR}</c> and <c>${VAR:-default}</c>, as whole values.</summary>
internal static partial class EnvironmentTemplates
{
    /// <param name="field">Field of <c>task.toml</c>, for the message.</param>
    /// <param name="templates">Values as the task writes them.</param>
    /// <param name="host">Reads a variable of the host.</param>
    /// <returns>Assignments such as <c>NAME=value</c>.</returns>
    /// <exception cref="ArgumentException">A variable without default is not set on the host.</exception>
    public static IReadOnlyList<string> Resolve(string field, IReadOnlyDictionary<string, string> templates, Func<string, string?> host) =>
        [.. templates.Select(pair => $"{pair.Key}={Resolve($"{field}.{pair.Key}", pair.Value, host)}")];

    private static string Resolve(string field, string template, Func<string, string?> host)
    {
        var match = Template().Match(template);
        if (!match.Success)
        {
            return template;
        }

        var value = host(match.Groups["name"].Value);
        var hasDefault = match.Groups["default"].Success;
        return hasDefault && string.IsNullOrEmpty(value)
            ? match.Groups["default"].Value
            : value ?? throw new ArgumentException(
                $"task.toml: {field} needs the variable {match.Groups["name"].Value}, which is not set on the sandbox host; set it there, or give a default with ${{{match.Groups["name"].Value}:-…}}.");
    }

    [GeneratedRegex(@"^\$\{(?<name>[A-Za-z_][A-Za-z0-9_]*)(:-(?<default>.*))?\}$", RegexOptions.Singleline)]
    private static partial Regex Template();
}
