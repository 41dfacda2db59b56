namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Qwen at Alibaba's Model Studio.</summary>
internal static class QwenKinds
{
    public static IEnumerable<EndpointKind> All =>
    [
        new("Qwen hybrid", "qwen3.6-plus")
        {
            Host = "dashscope-intl.aliyuncs.com",
            BasePath = "/compatible-mode/v1",
            Settings = [("ExtraBody", """{"enable_thinking":true}""")],
            Entry = [Key],
            Doors = ReasoningKinds.Chat(ReasoningKinds.Shape, [.. ChatRules.Common(Error), ThinkingStreams]),
            Price = new(0.50, 0.05, 3),
            Errors = Errors,
        },
        new("Qwen hybrid, streaming off", "qwen3.6-plus")
        {
            Host = "dashscope-intl.aliyuncs.com",
            BasePath = "/compatible-mode/v1",
            Settings = [("Stream", "off"), ("ExtraBody", """{"enable_thinking": false}""")],
            Entry = [Key],
            Doors = ReasoningKinds.Chat(ReasoningKinds.Shape, [
                .. ChatRules.Common(Error),
                Rules.When("thinking needs a stream", request => !request.Streams && (bool?)request.Body["enable_thinking"] != false,
                    Error(400, "parameter.enable_thinking must be set to false for non-streaming calls", "invalid_parameter_error")),
            ]),
            Price = new(0.50, 0.05, 3),
        },
        new("Qwen, stream only", "qwq-plus")
        {
            Host = "dashscope-intl.aliyuncs.com",
            BasePath = "/compatible-mode/v1",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(ReasoningKinds.Shape, [
                .. ChatRules.Common(Error),
                Rules.When("stream only", request => !request.Streams, Error(400, "This model only support stream mode, please enable the stream parameter to access the model. ", "invalid_parameter_error")).Learnable,
            ]),
        },
        new("Qwen, range of max_tokens", "qwen3-coder-plus")
        {
            Host = "dashscope-intl.aliyuncs.com",
            BasePath = "/compatible-mode/v1",
            Entry = [Key],
            Doors = ReasoningKinds.Chat(new ChatShape(), [
                .. ChatRules.Common(Error),
                Rules.ReplyLimit(8_192, _ => Error(400, "<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 8192]", "invalid_parameter_error")),
            ]),
            ReplyLimit = 8_192,
            Speaks = OpenAiKinds.WithoutThought,
            Price = new(1, 1, 5),
            Errors = [new("too long", Error(400, "<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 1000000]", "invalid_parameter_error"), Must.Overflow("ContextTokens"))],
        },
    ];

    private static IReadOnlyList<ErrorCase> Errors { get; } =
    [
        new("unpaid", Error(400, "Access denied, please make sure your account is in good standing.", "Arrearage", "Arrearage"), Must.Refuse("Pay")),
        new("plan's key elsewhere", Error(401, "invalid access token or token expired", "invalid_api_key"), Must.Deny("plan")),
        new("inspected", Error(400, "Input data may contain inappropriate content.", "data_inspection_failed", "data_inspection_failed"), Must.Filter()),
        new("throttled", Error(429, "Requests rate limit exceeded, please try again later.", "limit_requests", "limit_requests"), Must.Wait()),
        new("error in a stream", request => request.Streams
            ? new Answer { ContentType = "text/event-stream;charset=UTF-8", Pieces = ["data: {\"error\":{\"code\":\"internal_server_error\",\"param\":null,\"message\":\"An internal error has occured\",\"type\":\"internal_server_error\"},\"request_id\":\"7\"}\n\n"] }
            : Error(500, "An internal error has occured", "internal_server_error"), Must.Wait()),
    ];

    private static Rule Key { get; } = Rules.Key(Error(401, "Incorrect API key provided.", "invalid_api_key"));

    private static Rule ThinkingStreams { get; } = Rules.When("thinking needs a stream", request => !request.Streams && (bool?)request.Body["enable_thinking"] == true, Error(
        400, "parameter.enable_thinking must be set to false for non-streaming calls", "invalid_parameter_error")).Learnable;

    private static Answer Error(int status, string message, string? code = null, string? type = null, string? param = null) =>
        ErrorBodies.OpenAi(status, message, code, type, param).Rewritten(text => text[..^1] + ",\"request_id\":\"9e2a\"}");
}
