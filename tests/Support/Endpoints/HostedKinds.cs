namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Hosts of open models.</summary>
internal static class HostedKinds
{
    public static IEnumerable<EndpointKind> All =>
    [
        new("Groq", "openai/gpt-oss-120b")
        {
            Host = "api.groq.com",
            BasePath = "/openai/v1",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(
                new ChatShape
                {
                    Dress = (message, says) => ReasoningKinds.Put(message, "reasoning", says),
                    Send = (_, _, answer) => answer.With("x-ratelimit-limit-requests", "14400").With("x-ratelimit-remaining-requests", "0").With("x-ratelimit-reset-requests", "6h12m")
                        .With("x-ratelimit-remaining-tokens", "17997").With("x-ratelimit-reset-tokens", "7.66s"),
                },
                [
                    .. ChatRules.Common(ErrorBodies.OpenAi),
                    Rules.When("no reasoning_content", request => request.Assistants.Any(message => message.ContainsKey("reasoning_content")),
                        ErrorBodies.OpenAi(400, "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]")),
                ]),
            Errors =
            [
                new("rate limit", ErrorBodies.OpenAi(429, "Rate limit reached for model `openai/gpt-oss-120b` on tokens per minute (TPM): Limit 8000, Used 7500, Requested 2000. Please try again in 11.2s.", "rate_limit_exceeded", "tokens")
                    .With("retry-after", "12"), Must.Wait(12)),
                new("too long", ErrorBodies.OpenAi(400, "Please reduce the length of the messages or completion.", "context_length_exceeded", null, "messages"), Must.Overflow("ContextTokens")),
            ],
        },
        new("Cerebras", "qwen-3-coder-480b")
        {
            Host = "api.cerebras.ai",
            Entry = [Rules.Key(Answer.Json(401, """{"message":"Wrong API Key","type":"invalid_request_error","param":"api_key","code":"wrong_api_key"}"""))],
            Doors = ReasoningKinds.Chat(new ChatShape(), ChatRules.Common(ErrorBodies.Flat)),
            Speaks = OpenAiKinds.WithoutThought,
            Errors =
            [
                new("too long, no words", new Answer { Status = 400 }, Must.Overflow("ContextTokens")) { Prompt = new string('x', 300_000) },
                new("wrong key, flat", Answer.Json(401, """{"message":"Wrong API Key","type":"invalid_request_error","param":"api_key","code":"wrong_api_key"}"""), Must.Deny("key", "Wrong API Key")),
                new("queue full", Answer.Json(429, """{"message":"We're experiencing high traffic right now! Please try again soon.","type":"too_many_requests_error","param":"queue","code":"queue_exceeded"}"""), Must.Wait()),
            ],
        },
        new("Together", "Qwen/Qwen3-Coder-Next-FP8")
        {
            Host = "api.together.xyz",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(new ChatShape { StreamUsage = StreamUsage.Last, Usage = Usages.Plain }, ChatRules.Common(ErrorBodies.OpenAi)),
            Speaks = (request, says) => OpenAiKinds.WithoutThought(request, says),
            HidesCache = true,
            HidesReasoning = true,
            Errors =
            [
                new("too long", ErrorBodies.OpenAi(422, "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 262145. The prompt is longer than the model's context length.", null), Must.Overflow("ContextTokens")),
                new("overloaded", ErrorBodies.OpenAi(503, "The server is overloaded or not ready yet.", null, "service_unavailable"), Must.Wait()),
            ],
        },
    ];

    private static Rule Key { get; } = Rules.Key(ErrorBodies.OpenAi(401, "Invalid API Key", "invalid_api_key"));
}
