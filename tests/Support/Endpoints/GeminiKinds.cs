using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Gemini's doors for OpenAI's clients.</summary>
internal static class GeminiKinds
{
    private static readonly ErrorForm Error = ErrorBodies.Google;

    public static IEnumerable<EndpointKind> All =>
    [
        new("Gemini, OpenAI door", "gemini-3.1-pro-preview")
        {
            Host = "generativelanguage.googleapis.com",
            BasePath = "/v1beta/openai",
            Entry = [Rules.Key(Error(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED"))],
            Doors = Chat("google"),
            Price = new(2, 0.20, 12),
            HidesReasoning = true,
            Errors =
            [
                new("minute's limit", Quota("GenerateRequestsPerMinutePerProjectPerModel", "34s", "Please retry in 34.07s."), Must.Wait(34)),
                new("day's limit", Quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "36620s", "Please retry in 10h10m20s."), Must.Refuse("reset")),
                new("no access", Quota("GenerateContentInputTokensPerModelPerMinute-FreeTier", "12s", "Quota exceeded for metric: input_token_count, limit: 0"), Must.Refuse("limit")),
                new("spent", Error(402, "Your prepaid balance is used up.", "RESOURCE_EXHAUSTED"), Must.Refuse("credit")),
                new("no billing", Error(400, "User location is not supported for the API use without billing enabled.", "FAILED_PRECONDITION"), Must.Refuse("billing")),
                new("no rights", Error(403, "The caller does not have permission", "PERMISSION_DENIED"), Must.Deny("rights")),
                new("overloaded", Error(503, "The model is overloaded. Please try again later.", "UNAVAILABLE"), Must.Wait()),
                new("too long", Error(400, "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "INVALID_ARGUMENT"), Must.Overflow("ContextTokens")),
            ],
        },
        new("Vertex, OpenAI door", "google/gemini-3.5-flash")
        {
            Host = "aiplatform.googleapis.com",
            BasePath = "/v1/projects/p/locations/global/endpoints/openapi",
            Settings = [("ReasoningEffort", "low")],
            Entry = [Rules.Key(Error(401, "Request is missing required authentication credential.", "UNAUTHENTICATED"))],
            Doors = Chat("vertex"),
            HidesReasoning = true,
        },
    ];

    private static Dictionary<string, Door> Chat(string vendor) => new()
    {
        ["/chat/completions"] = new(
            new ChatShape
            {
                Usage = Usages.BesideUnnamed,
                WholeCalls = true,
                CallId = (turn, index) => $"function-call-{(1_000_000L * turn) + index + 7}",
                Dress = (message, says) =>
                {
                    // Of parallel calls only the first carries the signature.
                    if (message["tool_calls"] is JsonArray { Count: > 0 } calls)
                    {
                        calls[0]!["extra_content"] = new JsonObject { [vendor] = new JsonObject { ["thought_signature"] = $"CsYBAdHtim9{says.Turn}/x+k=" } };
                    }
                },
            },
            [
                .. ChatRules.Common(Error),
                EchoRules.CallExtra(vendor, name => Error(
                    400, $"Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Additional data, function call `default_api:{name}`, position 2.")),
                .. new[] { "prompt_cache_key", "reasoning_content", "store" }.Select(field => Rules.Refuses(field, _ => Error(
                    400, $"Invalid JSON payload received. Unknown name \"{field}\": Cannot find field."))),
            ]),
    };

    private static Answer Quota(string id, string delay, string words) => Answer.Json(429, new JsonArray(ErrorBodies.GoogleError(
        429,
        $"You exceeded your current quota, please check your plan and billing details. {words}",
        "RESOURCE_EXHAUSTED",
        new JsonArray(
            new JsonObject { ["@type"] = "type.googleapis.com/google.rpc.QuotaFailure", ["violations"] = new JsonArray(new JsonObject { ["quotaId"] = id }) },
            new JsonObject { ["@type"] = "type.googleapis.com/google.rpc.RetryInfo", ["retryDelay"] = delay }))).ToJsonString());
}
