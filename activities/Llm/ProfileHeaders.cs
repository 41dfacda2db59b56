using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>The headers and query parameters of a profile, its key's header among them.</summary>
internal static class ProfileHeaders
{
    private static readonly LlmProfile Defaults = new();

    /// <summary>Headers with their values. A header whose variable is not set is left out, as the key's is.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="api">Name of the API: Messages takes its key in a header of its own, where the settings name no other.</param>
    public static IReadOnlyDictionary<string, string> Of(LlmProfile profile, string api)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (EnvironmentText.Value(profile.KeyVariable) is { } key)
        {
            var own = api == MessagesApi.ApiName && profile.KeyHeader == Defaults.KeyHeader && profile.KeyPrefix == Defaults.KeyPrefix;
            headers[own ? "x-api-key" : profile.KeyHeader] = own ? key : profile.KeyPrefix + key;
        }

        foreach (var (name, value) in Filled(profile.Headers))
        {
            headers[name] = value;
        }

        return headers;
    }

    /// <summary>Query parameters with their values.</summary>
    public static IReadOnlyDictionary<string, string> Query(LlmProfile profile) => Filled(profile.Query).ToDictionary(StringComparer.Ordinal);

    private static IEnumerable<KeyValuePair<string, string>> Filled(Dictionary<string, string> texts) =>
        texts.Select(pair => KeyValuePair.Create(pair.Key, EnvironmentText.Filled(pair.Value)!)).Where(pair => pair.Value is not null);
}
