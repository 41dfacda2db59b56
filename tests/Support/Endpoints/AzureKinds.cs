using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Azure OpenAI's two front doors, and its filter.</summary>
internal static class AzureKinds
{
    private static readonly ErrorForm Error = ErrorBodies.OpenAi;

    public static IEnumerable<EndpointKind> All =>
    [
        new("Azure classic", "gpt-4o-ours")
        {
            Host = "ours.openai.azure.com",
            BasePath = "/openai/deployments/gpt-4o-ours",
            Settings = [("KeyHeader", "api-key"), ("KeyPrefix", ""), ("Query:api-version", "2025-04-01-preview")],
            Entry = [Rules.Key(InvalidSubscription, "api-key", ""), Rules.Query("api-version", NotFound)],
            Doors = ReasoningKinds.Chat(new ChatShape { Send = PromptFilter }, ChatRules.Common(Error)),
            NoSuchPath = _ => NotFound,
            Speaks = OpenAiKinds.WithoutThought,
            Errors =
            [
                new("key as bearer", InvalidSubscription, Must.RefuseOrDeny("KeyHeader")),
                new("no api-version", NotFound, Must.Refuse("api-version")),
                new("throttled", Error(429, "Requests to the ChatCompletions_Create Operation have exceeded call rate limit.", "429").With("retry-after-ms", "2500").With("retry-after", "3")
                    .With("x-ratelimit-remaining-tokens", "-1").With("x-ratelimit-reset-tokens", "0"), Must.Wait(2.5)),
                new("quota of API Management", Answer.Json(403, """{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 02:10:00."}"""), Must.RefuseOrDeny("quota")),
            ],
        },
        new("Azure v1", "gpt-5-ours")
        {
            Host = "ours.openai.azure.com",
            BasePath = "/openai/v1",
            Settings = [("KeyHeader", "api-key"), ("KeyPrefix", ""), ("Temperature", "0.2")],
            Entry = [Rules.KeyEither(InvalidSubscription, "api-key"), Rules.When("no api-version", request => request.Query.ContainsKey("api-version"), Error(400, "api-version query parameter is not allowed when using /v1 path"))],
            Doors = OpenAiKinds.Doors(new ChatShape(), OpenAiKinds.Reasoning),
            NoSuchPath = _ => NotFound,
            Errors = [new("no deployment", Error(404, "The API deployment for this resource does not exist.", "DeploymentNotFound"), Must.Refuse("model"))],
        },
        new("Azure, Responses only", "codex-ours")
        {
            Host = "ours.openai.azure.com",
            BasePath = "/openai/v1",
            Settings = [("KeyHeader", "api-key"), ("KeyPrefix", "")],
            Entry = [Rules.KeyEither(InvalidSubscription, "api-key")],
            Doors = OpenAiKinds.Doors(new ChatShape(), [Rules.When("not in chat", _ => true, Error(
                400, "The chatCompletion operation does not work with the specified model, gpt-5.1-codex. Please choose different model and try again.", "OperationNotSupported")).Learnable]),
        },
        new("Azure, filter", "gpt-4o-ours")
        {
            Host = "ours.openai.azure.com",
            BasePath = "/openai/v1",
            Entry = [Rules.KeyEither(InvalidSubscription, "api-key")],
            Doors = Chat(ChatRules.Common(Error)),
            Speaks = OpenAiKinds.WithoutThought,
            Errors =
            [
                new("prompt filtered", Filtered, Must.Filter()),
                new("reply filtered", request => new ChatShape().Say(request, new Says { Finish = Finish.Filter }), Must.Finish(FinishReasons.ContentFilter)),
                new("filter itself was down", request => new ChatShape { Dress = (_, _) => { } }.Say(request, new Says { Text = "Good." })
                    .Rewritten(text => text.Replace("\"finish_reason\":\"stop\"", FilterDown, StringComparison.Ordinal)), Must.Reply("Good.", 1)),
            ],
        },
    ];

    private const string FilterDown =
        "\"finish_reason\":\"stop\",\"content_filter_results\":{\"error\":{\"code\":\"content_filter_error\",\"message\":\"The contents are not filtered\"}}";

    // A stream begins with what the filter thought of the prompt, in a chunk without choices.
    private static Answer PromptFilter(EndpointRequest request, Says says, Answer answer) => !request.Streams ? answer : answer with
    {
        Pieces = ["data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":[{\"prompt_index\":0,\"content_filter_results\":{\"hate\":{\"filtered\":false,\"severity\":\"safe\"}}}]}\n\n", .. answer.Pieces],
    };

    private static Answer NotFound { get; } = Answer.Json(404, """{"error":{"code":"404","message":"Resource not found"}}""");

    private static Answer InvalidSubscription { get; } = Answer.Json(
        401, """{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource."}}""");

    private static Answer Filtered { get; } = Answer.Json(400, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["message"] = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.",
            ["type"] = null,
            ["param"] = "prompt",
            ["code"] = "content_filter",
            ["status"] = 400,
            ["innererror"] = new JsonObject { ["code"] = "ResponsibleAIPolicyViolation", ["content_filter_result"] = new JsonObject { ["violence"] = new JsonObject { ["filtered"] = true } } },
        },
    }.ToJsonString());

    private static Dictionary<string, Door> Chat(IReadOnlyList<Rule> rules) => new() { ["/chat/completions"] = new(new ChatShape(), rules) };
}
