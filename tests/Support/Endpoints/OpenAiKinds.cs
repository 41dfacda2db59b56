using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>OpenAI's own address, by kinds of model.</summary>
internal static class OpenAiKinds
{
    private const string ResponsesOnly = "This model is only supported in v1/responses and not in v1/chat/completions.";

    private static readonly ErrorForm Error = ErrorBodies.OpenAi;

    public static IEnumerable<EndpointKind> All =>
    [
        new("OpenAI gpt-4o, chat", "gpt-4o")
        {
            Host = "api.openai.com",
            Entry = [Key],
            Doors = Doors(new ChatShape(), [
                .. ChatRules.Common(Error),
                Rules.ReplyLimit(16_384, request => Error(400, $"max_tokens is too large: {request.Limit}. This model supports at most 16384 completion tokens, whereas you provided {request.Limit}.", "invalid_value", null, "max_tokens")),
                Rules.Refuses("reasoning_effort", _ => Error(400, "Unrecognized request argument supplied: reasoning_effort")),
            ]),
            Speaks = WithoutThought,
            ReplyLimit = 16_384,
            Errors = Errors,
        },
        new("OpenAI gpt-5, chat", "gpt-5")
        {
            Host = "api.openai.com",
            Settings = [("Temperature", "0.2"), ("Api", "chat")],
            Entry = [Key],
            Doors = Doors(new ChatShape(), Reasoning),
            Price = new(1.25, 0.125, 10),
            Errors = Errors,
        },
        new("OpenAI gpt-5.4, effort set", "gpt-5.4")
        {
            Host = "api.openai.com",
            Settings = [("ReasoningEffort", "low")],
            Entry = [Key],
            Doors = Doors(new ChatShape(), [.. Reasoning, NoToolsWithEffort(request => request.Body.ContainsKey("reasoning_effort"))]),
            Price = new(2.50, 0.25, 15),
            Errors = Errors,
        },
        new("OpenAI gpt-5.6", "gpt-5.6-terra")
        {
            Host = "api.openai.com",
            Entry = [Key],
            Doors = Doors(new ChatShape { Usage = Usages.OpenAiWriting }, [.. Reasoning, NoToolsWithEffort(request => (string?)request.Body["reasoning_effort"] != "none")]),
            Speaks = (_, says) => says with { Tokens = says.Tokens with { Written = 300 } },
            Price = new(2.50, 0.25, 15, 3.125),
            Errors = Errors,
        },
        new("OpenAI gpt-5.6, effort unknown to it", "gpt-5.6-luna")
        {
            Host = "api.openai.com",
            Settings = [("ReasoningEffort", "minimal"), ("Api", "responses")],
            Entry = [Key],
            Doors = Doors(new ChatShape(), Reasoning, NoMinimal),
            Price = new(1, 0.10, 6, 1.25),
        },
        new("OpenAI gpt-5.1-codex", "gpt-5.1-codex")
        {
            Host = "api.openai.com",
            Entry = [Key],
            Doors = Doors(new ChatShape(), [NotHere(ResponsesOnly)], NoTemperature),
            Price = new(1.25, 0.125, 10),
            Errors = Errors,
        },
        new("OpenAI gpt-5.3-codex, other words", "gpt-5.3-codex")
        {
            Host = "api.openai.com",
            Settings = [("Temperature", "0.5")],
            Entry = [Key],
            Doors = Doors(new ChatShape(), [NotHere("This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?")], NoTemperature),
            Price = new(1.75, 0.175, 14),
        },
        new("Copilot-like front end", "gpt-5.2-codex")
        {
            BasePath = "",
            Entry = [Key],
            Doors = Doors(new ChatShape(), [Rules.When("not in chat", _ => true, request => Answer.Json(
                400, "{\"error\":{\"message\":\"model \\\"gpt-5.2-codex\\\" is not accessible via the /chat/completions endpoint\",\"code\":\"unsupported_api_for_model\"}}")).Learnable]),
            Price = new(1.75, 0.175, 14),
        },
        new("OpenAI o3-pro, Responses set", "o3-pro")
        {
            Host = "api.openai.com",
            Settings = [("Api", "responses"), ("ReasoningEffort", "high")],
            Entry = [Key],
            Doors = Doors(new ChatShape(), [NotHere(ResponsesOnly)], NoTemperature),
            Errors = [.. Errors, .. ResponsesErrors],
        },
    ];

    /// <summary>The common faults of OpenAI's address.</summary>
    public static IReadOnlyList<ErrorCase> Errors { get; } =
    [
        new("wrong key", Error(401, "Incorrect API key provided: sk-wrong. You can find your API key at https://platform.openai.com/account/api-keys.", "invalid_api_key"), Must.Deny("key")),
        new("rate limit", Error(429, "Rate limit reached for gpt-5 in organization org-x on tokens per min (TPM): Limit 30000, Used 28000, Requested 9000. Please try again in 14s.", "rate_limit_exceeded", "tokens")
            .With("retry-after-ms", "13900").With("retry-after", "14"), Must.Wait(13.9)),
        new("rate limit, only in words", Error(429, "Rate limit reached for requests. Limit 3, Used 3, Requested 1. Please try again in 20s.", "rate_limit_exceeded", "requests"), Must.Wait(20)),
        new("no quota", Error(429, "You exceeded your current quota, please check your plan and billing details.", "insufficient_quota", "insufficient_quota"), Must.Refuse("credit")),
        new("spend limit", Error(429, "Limit of the project reached.", "project_spend_limit_exceeded", "insufficient_quota"), Must.Refuse("limit")),
        new("slow down", Error(503, "Slow down", "slow_down"), Must.Wait()),
        new("overloaded", Error(503, "The engine is currently overloaded, please try again later", "server_is_overloaded", "server_error"), Must.Wait()),
        new("try again, says a header", Error(400, "An upstream hiccup.", "upstream").With("x-should-retry", "true"), Must.Wait()),
        new("too long", Error(400, "Your input exceeds the context window of this model. Please adjust your input and try again.", "context_length_exceeded", null, "input"), Must.Overflow("ContextTokens")),
        new("flagged", Error(400, "Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt"), Must.Filter()),
        new("error in a stream", request => request.Streams
            ? Answer.Stream([new JsonObject { ["error"] = new JsonObject { ["message"] = "The server had an error while processing your request.", ["type"] = "server_error", ["code"] = null } }], done: false)
            : Error(500, "The server had an error while processing your request.", null, "server_error"), Must.Wait()),
        .. InStreams(),
        new("stream cut", request => (request.Streams
            ? Answer.Stream([new JsonObject { ["object"] = "chat.completion.chunk", ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["content"] = "Do" } }) }], done: false)
            : Answer.Json(200, "{\"id\":\"x\",\"choi")) with { Cut = true }, Must.Wait()),
        new("stream ends quietly", request => request.Streams
            ? Answer.Stream([new JsonObject { ["object"] = "chat.completion.chunk", ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = new JsonObject { ["content"] = "Do" } }) }], done: false)
            : Answer.Json(200, "{\"id\":\"x\",\"choi"), Must.Wait()),
        new("refusal", request => Refused(request), Must.Finish(FinishReasons.Refusal)),
    ];

    /// <summary>Errors after a 200 mean what they mean with their own status.</summary>
    private static IEnumerable<ErrorCase> InStreams()
    {
        return
        [
            new("rate limit in a stream", In(429, "Rate limit reached for requests.", "rate_limit_exceeded", "requests"), Must.Wait()),
            new("no quota in a stream", In(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota"), Must.Refuse("credit")),
            new("too long, in a stream", In(400, "Your input exceeds the context window of this model.", "context_length_exceeded", "invalid_request_error"), Must.Overflow("ContextTokens")),
            new("flagged in a stream", In(400, "Invalid prompt: your prompt was flagged.", "invalid_prompt", "invalid_request_error"), Must.Filter()),
        ];

        static Func<EndpointRequest, Answer?> In(int status, string message, string code, string type) => request => request.Streams
            ? Answer.Stream([new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = type, ["param"] = null, ["code"] = code } }], done: false)
            : Error(status, message, code, type);
    }

    /// <summary>What only Responses do.</summary>
    public static IReadOnlyList<ErrorCase> ResponsesErrors { get; } =
    [
        new("failed with 200, server error", request => Failed(request, "server_error", "An error occurred while processing your request."), Must.Wait()),
        new("failed with 200, too long", request => Failed(request, "context_length_exceeded", "Your input exceeds the context window of this model."), Must.Overflow("ContextTokens")),
        new("failed with 200, rate limit", request => Failed(request, "rate_limit_exceeded", "Rate limit reached."), Must.Wait()),
        new("failed with 200, invalid prompt", request => Failed(request, "invalid_prompt", "Invalid prompt: your prompt was flagged."), Must.Filter()),
        new("filtered reply", request => new ResponsesShape().Say(request, new Says { Finish = Finish.Filter }), Must.Finish(FinishReasons.ContentFilter)),
        new("error event", request => request.Streams
            ? Answer.Events([new JsonObject { ["type"] = "error", ["code"] = "server_error", ["message"] = "The server had an error.", ["param"] = null, ["sequence_number"] = 0 }])
            : Error(500, "The server had an error.", "server_error"), Must.Wait()),
        new("no output for a call", Error(400, "No tool output found for function call call_1.", null, null, "input"), Must.Refuse()),
    ];

    /// <summary>Chat and Responses side by side, as at OpenAI's address.</summary>
    public static Dictionary<string, Door> Doors(ChatShape chat, IReadOnlyList<Rule> rules, params Rule[] responses) => new()
    {
        ["/chat/completions"] = new(chat, rules),
        ["/responses"] = new(new ResponsesShape(), [.. ResponsesRules.Common, .. responses]),
    };

    public static Says WithoutThought(EndpointRequest request, Says says) => says with { Reasoning = "", Tokens = says.Tokens with { Thought = 0 } };

    /// <summary>What chat refuses with every reasoning model.</summary>
    public static IReadOnlyList<Rule> Reasoning { get; } =
    [
        .. ChatRules.Common(Error, "max_completion_tokens"),
        Rules.Refuses("max_tokens", _ => Error(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter", null, "max_tokens")),
        NoTemperature,
    ];

    private static Rule Key { get; } = Rules.Key(Error(401, "You didn't provide an API key.", "invalid_api_key"));

    private static Rule NoTemperature => Rules.When("no temperature", request => (double?)request.Body["temperature"] is { } value and not 1, Error(
        400, "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.", "unsupported_value", null, "temperature")).Learnable;

    private static Rule NoMinimal { get; } = Rules.When("no effort minimal", request => (string?)request.Body["reasoning"]?["effort"] == "minimal", Error(
        400, "Unsupported value: 'minimal' is not supported with the 'gpt-5.6-luna' model. Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', and 'max'.",
        "unsupported_value", null, "reasoning.effort")).Learnable;

    private static Rule NoToolsWithEffort(Func<EndpointRequest, bool> hasEffort) => Rules.When("no tools with an effort", request => request.HasTools && hasEffort(request), request => Error(
        400, $"Function tools with reasoning_effort are not supported for {request.Kind.Model} in /v1/chat/completions. Please use /v1/responses instead.", null, null, "reasoning_effort")).Learnable;

    private static Rule NotHere(string words) => Rules.When("not in chat", _ => true, Error(404, words, null, null, "model")).Learnable;

    private static Answer Refused(EndpointRequest request) => request.Kind.Doors[request.Door].Shape.Say(
        request, new Says { Text = "I'm sorry, I can't help with that.", Finish = Finish.Refusal });

    private static Answer Failed(EndpointRequest request, string code, string message)
    {
        var response = new JsonObject
        {
            ["id"] = "resp_9",
            ["object"] = "response",
            ["status"] = "failed",
            ["error"] = new JsonObject { ["code"] = code, ["message"] = message },
            ["model"] = request.Kind.Model,
            ["output"] = new JsonArray(),
            ["usage"] = null,
        };
        return request.Streams
            ? Answer.Events([new JsonObject { ["type"] = "response.failed", ["response"] = response, ["sequence_number"] = 1 }])
            : Answer.Json(response);
    }
}
