using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Servers that people run themselves: vLLM, SGLang, llama.cpp, Ollama, LM Studio. Nobody pays by the token there.</summary>
internal static class SelfHostedKinds
{
    private const int Small = 32_768;

    public static IEnumerable<EndpointKind> All =>
    [
        new("vLLM, new", "Qwen/Qwen3-32B")
        {
            Doors = ReasoningKinds.Chat(Reasoning, [.. ChatRules.Common(ErrorBodies.Numbered), Rules.Window(Small, request => ErrorBodies.Numbered(
                400, $"'max_tokens' or 'max_completion_tokens' is too large: {request.Limit}. This model's maximum context length is {Small} tokens and your request has {request.PromptTokens} input tokens ({request.Limit} > {Small} - {request.PromptTokens}).",
                null, "BadRequestError", "max_tokens"))]),
            ReplyLimit = Small,
            Unpriced = true,
            Errors =
            [
                new("too long", ErrorBodies.Numbered(400, "This model's maximum context length is 32768 tokens. However, your request has 40000 input tokens. Please reduce the length of the input messages.", null, "BadRequestError"), Must.Overflow("ContextTokens")),
                new("error in a stream", request => request.Streams
                    ? new Answer { ContentType = "text/event-stream", Pieces = ["data: {\"error\": {\"object\": \"error\", \"message\": \"EngineCore encountered an issue\", \"type\": \"InternalServerError\", \"param\": null, \"code\": 500}}\n\n", "data: [DONE]\n\n"] }
                    : ErrorBodies.Numbered(500, "EngineCore encountered an issue"), Must.Wait()),
            ],
        },
        new("vLLM, old, flat errors", "Qwen/Qwen2.5-Coder-32B-Instruct")
        {
            Doors = ReasoningKinds.Chat(ReasoningKinds.Shape with { Usage = Usages.Plain }, [.. ChatRules.Common(ErrorBodies.Flat), Rules.Window(Small, request => ErrorBodies.Flat(
                400, $"This model's maximum context length is {Small} tokens. However, you requested {request.PromptTokens + request.Limit} tokens ({request.PromptTokens} in the messages, {request.Limit} in the completion). Please reduce the length of the messages or completion."))]),
            ReplyLimit = Small,
            HidesCache = true,
            HidesReasoning = true,
            Unpriced = true,
        },
        new("vLLM, no tool parser", "meta/Llama-3.1-8B")
        {
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = Usages.Plain }, [.. ChatRules.Common(ErrorBodies.Flat), Rules.Refuses("tools", _ => ErrorBodies.Flat(
                400, "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set"))]),
            HidesCache = true,
            HidesReasoning = true,
            Unpriced = true,
        },
        new("vLLM, calls without ids", "mistralai/Devstral-Small")
        {
            // What it does not name we name, and the template takes only Mistral's kind of names.
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = Usages.Plain, CallId = (_, _) => "" }, [.. ChatRules.Common(ErrorBodies.Flat), ChatRules.NineLetters((_, message, _, _, _) => ErrorBodies.Flat(500, message))]),
            Speaks = (_, says) => says with { Reasoning = "" },
            HidesCache = true,
            HidesReasoning = true,
            Unpriced = true,
        },
        new("SGLang", "zai-org/GLM-4.7-FP8-ours")
        {
            Doors = ReasoningKinds.Chat(ReasoningKinds.Shape, [.. ChatRules.Common(ErrorBodies.Flat), Rules.Window(Small, request => ErrorBodies.Flat(
                400, $"Requested token count exceeds the model's maximum context length of {Small} tokens. You requested a total of {request.PromptTokens + request.Limit} tokens: {request.PromptTokens} tokens from the input messages and {request.Limit} tokens for the completion."))]),
            ReplyLimit = Small,
            Unpriced = true,
            Errors = [new("error in a stream, as text", request => request.Streams
                ? new Answer { ContentType = "text/event-stream", Pieces = ["data: {\"error\": \"The request is aborted\"}\n\n"] } : ErrorBodies.Bare(500, "The request is aborted"), Must.Wait())],
        },
        new("llama.cpp", "qwen3-coder-30b-q4.gguf")
        {
            Doors = ReasoningKinds.Chat(ReasoningKinds.Shape, [.. ChatRules.Common(Llama), ChatRules.SystemFirst(Llama)]),
            Unpriced = true,
            Errors =
            [
                new("too long", Exceeds(400), Must.Overflow("ContextTokens")),
                new("too long, with 200", Exceeds(200), Must.Overflow("ContextTokens")),
                new("too long, in 500", Exceeds(500), Must.Overflow("ContextTokens")),
                new("window full in mid-answer", Llama(500, "Context size has been exceeded.", null, "server_error"), Must.Overflow("ContextTokens")),
                new("loading", Llama(503, "Loading model", null, "unavailable_error"), Must.Wait()),
                new("template", Llama(500, "Jinja Exception: Conversation roles must alternate user/assistant", null, "server_error"), Must.Refuse("template")),
            ],
        },
        new("llama.cpp without --jinja", "llama-3-8b.gguf")
        {
            Doors = ReasoningKinds.Chat(new ChatShape(), [.. ChatRules.Common(Llama), Rules.Refuses("tools", _ => Llama(500, "tools param requires --jinja flag", null, "server_error"))]),
            Speaks = OpenAiKinds.WithoutThought,
            Unpriced = true,
        },
        new("Ollama, model without tools", "gemma3:12b")
        {
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = Usages.Plain }, [.. ChatRules.Common(Ollama), Rules.Refuses("tools", _ => Ollama(400, "registry.ollama.ai/library/gemma3:12b does not support tools"))]),
            HidesCache = true,
            HidesReasoning = true,
            Unpriced = true,
            Errors = [new("unknown model", Ollama(404, "model \"gemma9\" not found, try pulling it first"), Must.Refuse("model"))],
        },
        new("Ollama, silent cut", "qwen3-coder:30b")
        {
            Settings = [("ContextTokens", "32768")],
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = Usages.Plain, WholeCalls = true }, ChatRules.Common(Ollama)),
            HidesCache = true,
            HidesReasoning = true,
            Unpriced = true,
            Errors =
            [
                new("cut to nothing", Ollama(500, "no user query found in messages"), Must.Refuse("context")),
                new("cut in front", request => new ChatShape { Usage = Usages.Plain, StreamUsage = StreamUsage.Last }.Say(request, new Says { Text = "What shall I do?", Tokens = new(4_090, 0, 0, 6, 0) }),
                    new Ending($"{Workflows.Messages.FailureTypes.ContextOverflow}|{Workflows.Messages.FailureTypes.ModelRefused}", ["num_ctx"])) { Prompt = string.Concat(Enumerable.Repeat("many words of a task ", 2_500)) },
            ],
        },
        new("LM Studio", "qwen2.5-7b-instruct")
        {
            Doors = ReasoningKinds.Chat(new ChatShape { Usage = Usages.Plain }, ChatRules.Common(ErrorBodies.Bare)),
            Speaks = OpenAiKinds.WithoutThought,
            HidesCache = true,
            HidesReasoning = true,
            Unpriced = true,
            Errors =
            [
                new("too long", ErrorBodies.Bare(400, "Trying to keep the first 6000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. The number of tokens is greater than the context length."), Must.Overflow("ContextTokens")),
                new("no model loaded", ErrorBodies.Bare(404, "No models loaded. Please load a model in the developer page or use the `lms load` command."), Must.Refuse("model")),
            ],
        },
    ];

    private static ChatShape Reasoning { get; } = new() { Dress = (message, says) => ReasoningKinds.Put(message, "reasoning", says) };

    private static Answer Exceeds(int status) => Answer.Json(status, new JsonObject
    {
        ["error"] = new JsonObject
        {
            ["code"] = status == 500 ? 500 : 400,
            ["message"] = "the request exceeds the available context size. try increasing the context size or enable context shift",
            ["type"] = "exceed_context_size_error",
            ["n_prompt_tokens"] = 40_000,
            ["n_ctx"] = 32_768,
        },
    }.ToJsonString());

    private static Answer Llama(int status, string message, string? code = null, string? type = null, string? param = null) => Answer.Json(
        status, new JsonObject { ["error"] = new JsonObject { ["code"] = status, ["message"] = message, ["type"] = type ?? "invalid_request_error" } }.ToJsonString());

    private static Answer Ollama(int status, string message, string? code = null, string? type = null, string? param = null) => ErrorBodies.OpenAi(status, message, null, "api_error");
}
