using System.Globalization;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Gateways that one puts in front of providers.</summary>
internal static class GatewayKinds
{
    private const string GatewayKey = "pk-of-the-gateway-7391";

    public static IEnumerable<EndpointKind> All =>
    [
        new("LiteLLM proxy", "our-claude")
        {
            BasePath = "",
            Entry = [Rules.Key(ErrorBodies.LiteLlm(401, "Authentication Error, Invalid proxy server token passed.", type: "auth_error"))],
            Doors = ReasoningKinds.Chat(
                new ChatShape { Send = (_, says, answer) => answer.With("x-litellm-response-cost", Dollars(says.Tokens).ToString("R", CultureInfo.InvariantCulture)).With("x-litellm-model-id", "a1") },
                [.. ChatRules.Common(ErrorBodies.LiteLlm), Rules.Refuses("reasoning_effort", _ => ErrorBodies.LiteLlm(
                    400, "litellm.UnsupportedParamsError: anthropic does not support parameters: ['reasoning_effort'], for model=our-claude. To drop these, set `litellm.drop_params=True`"))]),
            Settings = [("ReasoningEffort", "low")],
            Cost = Dollars,
            Errors =
            [
                new("budget, 400", ErrorBodies.LiteLlm(400, "Budget has been exceeded! Current cost: 10.2, Max budget: 10.0", "400", "budget_exceeded"), Must.Refuse("Raise")),
                new("budget, 429", ErrorBodies.LiteLlm(429, "Max budget limit reached."), Must.Refuse("Raise")),
                new("no deployments", ErrorBodies.LiteLlm(429, "litellm.RateLimitError: No deployments available for selected model, Try again in 5 seconds. Passed model=our-claude."), Must.Wait(5)),
                new("too long", ErrorBodies.LiteLlm(400, "litellm.ContextWindowExceededError: litellm.BadRequestError: AnthropicException - prompt is too long: 210000 tokens > 200000 maximum"), Must.Overflow("ContextTokens")),
                new("throttled, in words that sound too long", ErrorBodies.LiteLlm(429, "litellm.RateLimitError: BedrockException - {\"message\":\"Too many tokens, please wait before trying again.\"}"), Must.Wait()),
                new("away until a date", _ => ErrorBodies.LiteLlm(503, "litellm.ServiceUnavailableError: upstream").With("Retry-After", DateTimeOffset.UtcNow.AddSeconds(60).ToString("R")), Must.Wait(60)),
                new("upstream down", ErrorBodies.LiteLlm(500, "litellm.InternalServerError: AnthropicException - Overloaded"), Must.Wait()),
            ],
        },
        new("Portkey", "gpt-4o-mini")
        {
            Host = "api.portkey.ai",
            Settings = [("Headers:x-portkey-api-key", "{env:SPARK_TEST_PORTKEY_KEY}"), ("Headers:x-portkey-provider", "openai")],
            Variables = [("SPARK_TEST_PORTKEY_KEY", GatewayKey)],
            Entry =
            [
                Rules.Header("x-portkey-provider", "openai", NoProvider),
                Rules.Header("x-portkey-api-key", GatewayKey, Answer.Json(401, """{"status":"failure","message":"Invalid API Key. Error Code: 03"}""")),
                Rules.Key(ErrorBodies.OpenAi(401, "Incorrect API key provided", "invalid_api_key")),
            ],
            Doors = ReasoningKinds.Chat(new ChatShape(), ChatRules.Common(ErrorBodies.OpenAi)),
            Speaks = OpenAiKinds.WithoutThought,
            Errors = [new("no provider named", NoProvider, Must.RefuseOrDeny("x-portkey", "Headers"))],
        },
        new("Cloudflare AI gateway", "openai/gpt-5.1")
        {
            Host = "gateway.ai.cloudflare.com",
            BasePath = "/v1/account/gateway/compat",
            Settings = [("Headers:cf-aig-authorization", "Bearer {env:SPARK_TEST_CF_KEY}"), ("MaxTokensField", "MaxCompletionTokens")],
            Variables = [("SPARK_TEST_CF_KEY", GatewayKey)],
            Entry = [Rules.Header("cf-aig-authorization", $"Bearer {GatewayKey}", Answer.Json(401, """{"success":false,"result":[],"messages":[],"error":[{"code":2009,"message":"Unauthorized"}]}"""))],
            Doors = ReasoningKinds.Chat(new ChatShape { Send = (_, _, answer) => answer.With("cf-aig-cache-status", "MISS") }, OpenAiKinds.Reasoning),
            Errors = [new("edge error page", Answer.Page(524, "524: A timeout occurred"), Must.Wait())],
        },
        new("gateway that cuts idle connections", "gpt-5.1")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(
                new ChatShape { Send = (request, _, answer) => request.Streams ? answer with { PauseMs = 3 } : Answer.Page(504, "504 Gateway Time-out") },
                ChatRules.Common(ErrorBodies.OpenAi)),
        },
        new("gateway that only streams", "gpt-5.1")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape(), [.. ChatRules.Common(ErrorBodies.OpenAi), Rules.When("stream only", request => !request.Streams, Answer.Json(400, """{"detail":"Stream must be set to true"}""")).Learnable]),
        },
        new("gateway that cannot stream", "gpt-5.1")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape(), [.. ChatRules.Common(ErrorBodies.OpenAi), Rules.When("no stream", request => request.Streams, ErrorBodies.OpenAi(400, "Streaming is not supported by this gateway", "unsupported_value", null, "stream")).Learnable]),
        },
        new("gateway that ignores stream", "gpt-5.1")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape { Send = (request, says, answer) => request.Streams ? new ChatShape().Say(request with { Body = Whole(request) }, says) : answer }, ChatRules.Common(ErrorBodies.OpenAi)),
        },
        new("gateway that knows no stream_options", "gpt-5.1")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape(), [.. ChatRules.Common(ErrorBodies.OpenAi), Rules.Refuses("stream_options", _ => ErrorBodies.OpenAi(400, "Unrecognized request argument supplied: stream_options"))]),
            NoUsage = true,
        },
        new("gateway with odd framing", "gpt-5.1")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape { Send = (request, _, answer) => request.Streams ? Framed(answer) : answer }, ChatRules.Common(ErrorBodies.OpenAi)),
        },
        new("gateway with loose numbers", "house-model")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = Usages.Loose, StreamUsage = StreamUsage.Last }, ChatRules.Common(ErrorBodies.OpenAi)),
            HidesReasoning = true,
            Unpriced = true,
        },
        new("gateway without usage", "house-model")
        {
            Entry = [OpenAiKey],
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = _ => null, StreamUsage = StreamUsage.Never, Done = false }, ChatRules.Common(ErrorBodies.OpenAi)),
            NoUsage = true,
            Unpriced = true,
        },
    ];

    private static Answer NoProvider { get; } = Answer.Json(400, """{"status":"failure","message":"Either x-portkey-config or x-portkey-provider header is required"}""");

    private static Rule OpenAiKey { get; } = Rules.Key(ErrorBodies.OpenAi(401, "Incorrect API key provided", "invalid_api_key"));

    private static double Dollars(Tokens tokens) => Math.Round(new Price(3, 0.30, 15).Of(tokens), 10);

    // All of it is allowed: other line ends, no blank after the colon, fields that say nothing here, data over two lines, characters cut in two.
    private static Answer Framed(Answer answer) => answer with
    {
        BytesAtOnce = 11,
        Pieces =
        [
            "\uFEFF:keep-alive\r\n\r\nretry: 3000\r\n\r\n",
            .. answer.Pieces.Select((piece, index) =>
                (index % 2 == 0 ? "id: 7\r\nevent: message\r\n" : ":\r\n") + (piece.Contains("\"object\":", StringComparison.Ordinal) && index % 3 == 0
                    ? piece.Replace(",\"object\":", ",\ndata: \"object\":", StringComparison.Ordinal)
                    : piece).Replace("data: ", "data:", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal)),
        ],
    };

    private static JsonObject Whole(EndpointRequest request)
    {
        var body = request.Body.DeepClone().AsObject();
        body.Remove("stream");
        return body;
    }
}
