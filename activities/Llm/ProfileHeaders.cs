using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>The headers of a profile: its key's and its own, in which <c>{env:NAME}</c> stands for an environment variable.</summary>
internal static partial class ProfileHeaders
{
    private static readonly LlmProfile Defaults = new();

    /// <summary>Headers with their values. A header whose variable is not set is left out, as the key's is.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="api">Name of the API: Messages takes its key in a header of its own, where the settings name no other.</param>
    public static IReadOnlyDictionary<string, string> Of(LlmProfile profile, string api)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (Variable(profile.KeyVariable) is { } key)
        {
            var own = api == MessagesApi.ApiName && profile.KeyHeader == Defaults.KeyHeader && profile.KeyPrefix == Defaults.KeyPrefix;
            headers[own ? "x-api-key" : profile.KeyHeader] = own ? key : profile.KeyPrefix + key;
        }

        foreach (var (name, text) in profile.Headers)
        {
            if (VariablesIn(text).All(variable => Variable(variable) is not null))
            {
                headers[name] = Reference().Replace(text, match => Variable(match.Groups["name"].Value)!);
            }
        }

        return headers;
    }

    /// <summary>Names of the variables that a profile's headers name: secrets all.</summary>
    public static IEnumerable<string> Variables(LlmProfile profile) => profile.Headers.Values.SelectMany(VariablesIn);

    public static IEnumerable<string> VariablesIn(string text) => Reference().Matches(text).Select(match => match.Groups["name"].Value);

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;

    [GeneratedRegex(@"\{env:(?<name>[A-Za-z0-9_]+)\}")]
    private static partial Regex Reference();
}
