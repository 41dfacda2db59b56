using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Rules that many providers have, each with its own words.</summary>
internal static class Rules
{
    /// <summary>The key, in its header.</summary>
    public static Rule Key(Answer refusal, string header = "Authorization", string prefix = "Bearer ") =>
        new($"key in {header}", request => request.Header(header) == prefix + request.Key ? null : refusal);

    /// <summary>The key in one of two headers.</summary>
    public static Rule KeyEither(Answer refusal, string header) => new(
        $"key in {header} or as bearer",
        request => request.Header(header) == request.Key || request.Header("Authorization") == $"Bearer {request.Key}" ? null : refusal);

    public static Rule Header(string header, string value, Answer refusal) =>
        new($"header {header}", request => request.Header(header) == value ? null : refusal);

    public static Rule Query(string name, Answer refusal) =>
        new($"query {name}", request => request.Query.ContainsKey(name) ? null : refusal);

    /// <summary>A field of the body that is not taken.</summary>
    public static Rule Refuses(string field, Func<EndpointRequest, Answer> refusal) =>
        new($"no {field}", request => request.Body.ContainsKey(field) ? refusal(request) : null, Must: false);

    /// <summary>A field of the body that must be there.</summary>
    public static Rule Demands(string field, Answer refusal) => new($"demands {field}", request => request.Body.ContainsKey(field) ? null : refusal);

    /// <summary>Any other condition.</summary>
    public static Rule When(string name, Func<EndpointRequest, bool> broken, Func<EndpointRequest, Answer> refusal) =>
        new(name, request => broken(request) ? refusal(request) : null);

    public static Rule When(string name, Func<EndpointRequest, bool> broken, Answer refusal) => When(name, broken, _ => refusal);

    /// <summary>The most that a reply may be allowed.</summary>
    public static Rule ReplyLimit(int most, Func<EndpointRequest, Answer> refusal) =>
        new($"reply limit {most}", request => request.Limit > most ? refusal(request) : null, Must: false);

    /// <summary>Prompt and reply share one window.</summary>
    public static Rule Window(int tokens, Func<EndpointRequest, Answer> refusal) =>
        new($"window {tokens}", request => request.PromptTokens + (request.Limit ?? 0) > tokens ? refusal(request) : null, Must: false);

    /// <summary>A schema for the reply is not taken.</summary>
    public static bool HasSchema(EndpointRequest request) => request.Body["response_format"] is JsonObject;

    /// <summary>Fields that are not in a list, at any depth that is named; the first one found.</summary>
    public static (IReadOnlyList<string> Where, JsonNode? Value)? Unknown(JsonObject body, IReadOnlyDictionary<string, IReadOnlyList<string>> known)
    {
        return Walk(body, "", []);

        (IReadOnlyList<string>, JsonNode?)? Walk(JsonObject item, string path, IReadOnlyList<string> location)
        {
            foreach (var (name, value) in item)
            {
                IReadOnlyList<string> at = [.. location, name];
                if (known.TryGetValue(path, out var names) && !names.Contains(name))
                {
                    return (at, value);
                }

                var below = path.Length == 0 ? name : $"{path}.{name}";
                var found = value switch
                {
                    JsonObject inner when known.ContainsKey(below) => Walk(inner, below, at),
                    JsonArray list => list.Select((entry, index) => entry is JsonObject inner ? Walk(inner, below, [.. at, $"{index}"]) : null)
                        .FirstOrDefault(hit => hit is not null),
                    _ => null,
                };
                if (found is not null)
                {
                    return found;
                }
            }

            return null;
        }
    }
}
