namespace Spark.Temporal.Domain.Tasks;

/// <summary>
/// A value that names a variable of the host: <c>${VAR}</c> or <c>${VAR:-default}</c>, always the whole value. Anything
/// else is taken literally.
/// </summary>
/// <param name="Variable">Name of the host's variable.</param>
/// <param name="Default">Value when the host has none; null when the host must have it.</param>
public sealed record EnvTemplate(string Variable, string? Default)
{
    /// <summary>Reads a value.</summary>
    /// <returns>Null when it is a literal.</returns>
    public static EnvTemplate? Parse(string value)
    {
        if (!value.StartsWith("${", StringComparison.Ordinal) || !value.EndsWith('}'))
        {
            return null;
        }

        var inner = value[2..^1];
        var split = inner.IndexOf(":-", StringComparison.Ordinal);
        var (name, fallback) = split < 0 ? (inner, null) : (inner[..split], inner[(split + 2)..]);
        return IsName(name) && fallback?.Contains("${", StringComparison.Ordinal) is not true ? new EnvTemplate(name, fallback) : null;
    }

    /// <summary>Why a value can be neither a template nor a literal; null when it is one of them.</summary>
    public static string? Problem(string value) =>
        value.Contains("${", StringComparison.Ordinal) && Parse(value) is null ? "a template is only a part of the value" : null;

    /// <summary>Values with what the host has for their variables.</summary>
    /// <param name="field">Field of <c>task.toml</c>, for the message.</param>
    /// <param name="values">Values as the task writes them, by name.</param>
    /// <param name="host">Reads a variable of the host; null for one that is not set.</param>
    /// <param name="allowed">Names of the host's variables that tasks may have.</param>
    /// <returns>Assignments such as <c>NAME=value</c>.</returns>
    /// <exception cref="ArgumentException">A variable without default is not set on the host, or may not be given away.</exception>
    public static IReadOnlyList<string> Assignments(string field, IReadOnlyDictionary<string, string> values, Func<string, string?> host, IReadOnlyCollection<string> allowed) =>
        [.. values.Select(pair => $"{pair.Key}={Parse(pair.Value)?.Resolve($"{field}.{pair.Key}", host, allowed) ?? pair.Value}")];

    /// <summary>Names of the host's variables that are given away with some values.</summary>
    public static IReadOnlyList<string> Given(IReadOnlyDictionary<string, string> values, Func<string, string?> host, IReadOnlyCollection<string> allowed) =>
        [.. values.Values.Select(Parse).OfType<EnvTemplate>().Select(template => template.Variable).Where(name => allowed.Contains(name) && !string.IsNullOrEmpty(host(name))).Distinct(StringComparer.Ordinal)];

    /// <summary>The host's value. A default also holds where the host's is empty, as in a shell.</summary>
    private string Resolve(string field, Func<string, string?> host, IReadOnlyCollection<string> allowed)
    {
        if (!allowed.Contains(Variable))
        {
            // A task of a stranger could ask for any key of the worker and send it away.
            return Default ?? throw new ArgumentException(
                $"task.toml: {field} asks for the variable {Variable} of the sandbox host, which is not allowed to it; allow it with --task-env {Variable}, or for all tasks of the host by the setting Sandbox:TaskEnv.");
        }

        var value = host(Variable);
        return Default is not null && string.IsNullOrEmpty(value)
            ? Default
            : value ?? throw new ArgumentException(
                $"task.toml: {field} needs the variable {Variable}, which is not set on the sandbox host; set it there, or give a default with ${{{Variable}:-…}}.");
    }

    private static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
