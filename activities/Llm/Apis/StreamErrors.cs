using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>Errors that come as an event of a stream whose status was a success.</summary>
internal static class StreamErrors
{
    /// <summary>The body of the error that an event holds, as an object with the field <c>error</c>; null where it holds none.</summary>
    /// <param name="type">Name of the event.</param>
    /// <param name="root">Its data.</param>
    public static string? In(string type, JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
        {
            root = root[0];
        }

        if (Lenient.Field(root, "error") is { } error && error.ValueKind is JsonValueKind.Object or JsonValueKind.String)
        {
            return With(error);
        }

        var named = type == "error" || Lenient.String(root, "type") == "error" || Lenient.String(root, "object") == "error";
        return named && root.ValueKind is JsonValueKind.Object or JsonValueKind.String
            ? With(root)
            : Lenient.Items(root, "choices").FirstOrDefault() is { ValueKind: JsonValueKind.Object } choice && Lenient.Object(choice, "error") is { } inside ? With(inside) : null;
    }

    /// <summary>An error without a number of its own, by the name that it has; null where the name says nothing.</summary>
    public static int? StatusOf(string name) => name.ToLowerInvariant() switch
    {
        "invalid_request_error" or "invalid_prompt" or "invalid_argument" or "context_length_exceeded" or "content_filter" or "unsupported_parameter" or "unsupported_value" => 400,
        "authentication_error" or "invalid_api_key" or "unauthenticated" => 401,
        "billing_error" => 402,
        "permission_error" or "permission_denied" => 403,
        "not_found_error" or "model_not_found" => 404,
        "request_too_large" => 413,
        "rate_limit_error" or "rate_limit_exceeded" or "insufficient_quota" or "resource_exhausted" or "too_many_requests" => 429,
        "api_error" or "server_error" or "internal_server_error" => 500,
        "unavailable" or "server_is_overloaded" => 503,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => null,
    };

    private static string With(JsonElement error) =>
        new JsonObject { ["error"] = JsonNode.Parse(Lenient.Mended(error.GetRawText())) }.ToJsonString(SparkJson.Options);
}
