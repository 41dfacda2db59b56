using System.Globalization;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Writes an error in a provider's form.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="message">Its words.</param>
/// <param name="code">Its code, or whatever the provider has in that place.</param>
/// <param name="type">Its type.</param>
/// <param name="param">The field that it is about.</param>
internal delegate Answer ErrorForm(int status, string message, string? code = null, string? type = null, string? param = null);

/// <summary>The forms of errors.</summary>
internal static class ErrorBodies
{
    public static Answer OpenAi(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = type ?? "invalid_request_error", ["param"] = param, ["code"] = code },
    });

    public static Answer Anthropic(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["type"] = "error",
        ["error"] = new JsonObject { ["type"] = type ?? "invalid_request_error", ["message"] = message },
        ["request_id"] = "req_011",
    });

    /// <summary>Gemini's OpenAI door: a list.</summary>
    public static Answer Google(int status, string message, string? code = null, string? type = null, string? param = null) =>
        Of(status, new JsonArray(GoogleError(status, message, code)));

    public static JsonObject GoogleError(int status, string message, string? code = null, JsonArray? details = null)
    {
        var error = new JsonObject { ["code"] = status, ["message"] = message, ["status"] = code ?? "INVALID_ARGUMENT" };
        if (details is not null)
        {
            error["details"] = details;
        }

        return new JsonObject { ["error"] = error };
    }

    public static Answer Mistral(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["object"] = "error",
        ["message"] = message,
        ["type"] = type ?? "invalid_request_error",
        ["param"] = param,
        ["code"] = code,
        ["raw_status_code"] = status,
    });

    /// <summary>Fields that are not known, at any depth (FastAPI's form, in Mistral's envelope).</summary>
    public static Answer ExtraForbidden(IReadOnlyList<string> location, JsonNode? value) => Of(422, new JsonObject
    {
        ["object"] = "error",
        ["message"] = new JsonObject
        {
            ["detail"] = new JsonArray(new JsonObject
            {
                ["type"] = "extra_forbidden",
                ["loc"] = new JsonArray([.. location.Prepend("body").Select(part => JsonValue.Create(part))]),
                ["msg"] = "Extra inputs are not permitted",
                ["input"] = value?.DeepClone(),
            }),
        },
        ["type"] = "invalid_request_error",
        ["param"] = null,
        ["code"] = null,
        ["raw_status_code"] = 422,
    });

    /// <summary>OpenRouter: the code is a number, what the upstream said stands in the metadata.</summary>
    public static Answer OpenRouter(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["error"] = new JsonObject { ["message"] = message, ["code"] = status },
        ["user_id"] = "user_2x",
    });

    /// <summary>LiteLLM: the code is text, and so is a missing value.</summary>
    public static Answer LiteLlm(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["message"] = message,
            ["type"] = type ?? "None",
            ["param"] = param ?? "None",
            ["code"] = code ?? status.ToString(CultureInfo.InvariantCulture),
        },
    });

    /// <summary>vLLM until it took to the envelope.</summary>
    public static Answer Flat(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["object"] = "error",
        ["message"] = message,
        ["type"] = type ?? "BadRequestError",
        ["param"] = param,
        ["code"] = status,
    });

    /// <summary>vLLM today: OpenAI's envelope with a number as code.</summary>
    public static Answer Numbered(int status, string message, string? code = null, string? type = null, string? param = null) => Of(status, new JsonObject
    {
        ["error"] = new JsonObject { ["message"] = message, ["type"] = type ?? "BadRequestError", ["param"] = param, ["code"] = status },
    });

    /// <summary>An error that is only a text (LM Studio, xAI beside a code).</summary>
    public static Answer Bare(int status, string message, string? code = null, string? type = null, string? param = null) => Of(
        status, code is null ? new JsonObject { ["error"] = message } : new JsonObject { ["code"] = code, ["error"] = message });

    /// <summary>A code beside the message, without type (GLM).</summary>
    public static Answer Coded(int status, string message, string? code = null, string? type = null, string? param = null) =>
        Of(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code ?? "1210", ["message"] = message } });

    private static Answer Of(int status, JsonNode body) => Answer.Json(status, body.ToJsonString());
}
