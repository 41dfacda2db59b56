using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Fills in the placeholders of a description, element by element: a value never becomes more than a part of its element.</summary>
internal sealed partial class Placeholders
{
    public const string Token = "{token}";
    public const string InstructionFile = "{instruction_file}";

    public static readonly IReadOnlyList<string> Known = ["{model}", InstructionFile, "{openai_url}", "{anthropic_url}", "{gemini_url}", Token];

    private readonly Dictionary<string, string> _values;

    /// <param name="description">The agent.</param>
    /// <param name="kwargs">What the run says.</param>
    /// <param name="values">Values of <see cref="Known"/>, by name without braces.</param>
    /// <exception cref="ApplicationFailureException">The agent does not take one of the kwargs.</exception>
    public Placeholders(AgentDescription description, IReadOnlyDictionary<string, string>? kwargs, IReadOnlyDictionary<string, string> values)
    {
        _values = new Dictionary<string, string>(description.Kwargs, StringComparer.Ordinal);
        foreach (var (name, value) in kwargs ?? new Dictionary<string, string>())
        {
            if (!_values.ContainsKey(name))
            {
                var known = description.Kwargs.Keys.Order(StringComparer.Ordinal).ToList();
                throw new ApplicationFailureException(
                    $"agent {description.Name} takes no --agent-kwarg {name}{NearMatches.Remedy(name, known)} It takes: {(known.Count > 0 ? string.Join(", ", known) : "none")}.",
                    FailureTypes.InvalidInput,
                    nonRetryable: true);
            }

            _values[name] = value;
        }

        foreach (var (name, value) in values)
        {
            _values[name] = value;
        }
    }

    public string Fill(string text) => Pattern().Replace(text, match => _values[match.Groups[1].Value]);

    /// <summary>The program with its arguments.</summary>
    public IReadOnlyList<string> Argv(RunDescription run) =>
    [
        .. run.Argv.Select(Fill),
        .. run.Optional.Where(optional => _values[optional.Kwarg].Length > 0).SelectMany(optional => optional.Argv).Select(Fill),
    ];

    /// <summary>The first unknown placeholder of a text; null when all are known.</summary>
    public static string? Unknown(string text, IEnumerable<string> kwargs) => Pattern().Matches(text).Select(match => match.Value)
        .FirstOrDefault(found => !Known.Contains(found) && !kwargs.Contains(found[1..^1]));

    // JSON and TOML have braces too, but no lone word of small letters between them.
    [GeneratedRegex(@"\{([a-z][a-z0-9_]*)\}")]
    private static partial Regex Pattern();
}
