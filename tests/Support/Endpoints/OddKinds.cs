using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Models and networks that behave oddly: calls as text, halves of characters, endless words, proxies.</summary>
internal static class OddKinds
{
    public static IEnumerable<EndpointKind> All =>
    [
        new("text calls, Qwen3-Coder", "qwen3-coder-next-ours")
        {
            Doors = Chat(),
            Speaks = (_, says) => AsText(says, command => says.Turn == 1
                ? $"<tool_call>\n<function=shell>\n<parameter=command>\n{command}\n</parameter>\n</function>\n</tool_call>"

                // The opening tag is missing now and then.
                : $"<function=shell>\n<parameter=command>\n{command}\n</parameter>\n</function>\n</tool_call>"),
        },
        new("text calls, JSON in an element", "hermes-ours")
        {
            Doors = Chat(),
            Speaks = (_, says) => AsText(says, command => $"<tool_call>\n{new JsonObject { ["name"] = "shell", ["arguments"] = new JsonObject { ["command"] = command } }.ToJsonString()}\n</tool_call>"),
        },
        new("text calls, DeepSeek's marks", "deepseek-v3-ours")
        {
            Doors = Chat(),
            Speaks = (_, says) => says.Commands.Count == 0 ? says : AsText(says, command => says.Turn == 1
                ? $"<｜tool▁call▁begin｜>shell<｜tool▁sep｜>{Arguments(command)}<｜tool▁call▁end｜>"
                : $"<｜tool▁call▁begin｜>function<｜tool▁sep｜>shell\n```json\n{Arguments(command)}\n```<｜tool▁call▁end｜>", "<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>"),
        },
        new("empty end after tools, chat", "qwen3-30b-ours")
        {
            Doors = Chat(),
            Speaks = (request, says) => request.Assistants.Count() < 2 ? says : says with { Text = "", Reasoning = "" },
            LastTurn = Must.Finish(FinishReasons.Empty),
        },
        new("lone surrogates", "cutting-model")
        {
            Doors = Chat(new ChatShape { Send = (_, _, answer) => answer.Rewritten(LoneSurrogates.Put) }),
            Speaks = (_, says) => says with { Text = says.Text.Replace("first", $"first {LoneSurrogates.Mark}!", StringComparison.Ordinal), Reasoning = $"{says.Reasoning}{LoneSurrogates.Mark}" },
        },
        new("endless repetition", "looping-model")
        {
            Doors = Chat(),
            Speaks = (request, says) => says.Finish == Finish.Length ? says with { Text = string.Concat(Enumerable.Repeat("I will check the file again. ", 400)) } : says,
            LongReply = Must.Finish(FinishReasons.Repetition, requests: 3),
        },
        new("HTML pages in front", "gpt-5.1")
        {
            Doors = Chat(),
            Errors =
            [
                new("balancer 502", Answer.Page(502, "502 Bad Gateway"), Must.Wait(null, "502 Bad Gateway")),
                new("balancer 503", Answer.Page(503, "503 Service Temporarily Unavailable"), Must.Wait()),
                new("log-in with 200", Answer.Page(200, "Sign in to your network"), Must.Refuse("Sign in to your network", "BaseUrl")),
                new("log-in page called JSON", Answer.Page(200, "Guest Wi-Fi") with { ContentType = "application/json" }, Must.Refuse("Guest Wi-Fi")),
                new("redirect to a log-in", new Answer { Status = 302 }.With("Location", "https://login.example.com/start?state=1"), Must.Refuse("login.example.com")),
                new("gone in a stream", request => (request.Streams ? Answer.Stream([], done: false, comments: ["ok"]) : Answer.Json(200, "{")) with { Cut = true }, Must.Wait()),
                new("stream of nothing", request => request.Streams ? Answer.Stream([], done: false) : new Answer(), Must.Wait()),
            ],
        },
        new("overflow in other words", "some-model")
        {
            Doors = Chat(),
            Errors =
            [
                .. new[]
                {
                    "input is too long for requested model.",
                    "Invalid request: Input token length too long",
                    "invalid params, context window exceeds limit (2013)",
                    "prompt token count of 140000 exceeds the limit of 128000",
                    "Input length 140000 exceeds the maximum allowed input length of 131072 tokens.",
                    "prompt too long; exceeded max context length by 9000 tokens",
                    "You passed 140000 input tokens and requested 8192 output tokens. However, the model's context length is only 131072 tokens.",
                }.Select(words => new ErrorCase($"'{words[..24]}…'", ErrorBodies.OpenAi(400, words), Must.Overflow("ContextTokens"))),
                new("throttled", ErrorBodies.OpenAi(429, "ThrottlingException: Too many tokens, please wait before trying again."), Must.Wait()),
            ],
        },
        new("proxy with an authority of its own", "gpt-5.1")
        {
            Proxy = ProxyKind.Opening,
            Doors = Chat(),
            FirstTurn = Must.Refuse("certificate", "SSL_CERT_FILE") with { MostRequests = 0 },
        },
        new("corporate proxy", "gpt-5.1")
        {
            Host = "models.example.com",
            Doors = Chat(),
            Errors = [new("wants a log-in", new Answer { Status = 407, ContentType = "text/html", Pieces = ["<html><title>Proxy Authentication Required</title></html>"] }.With("Proxy-Authenticate", "Basic realm=\"corp\""), Must.Refuse("HTTPS_PROXY"))],
        },
    ];

    private static Dictionary<string, Door> Chat(ChatShape? shape = null) => ReasoningKinds.Chat(shape ?? new ChatShape(), ChatRules.Common(ErrorBodies.OpenAi));

    private static string Arguments(string command) => new JsonObject { ["command"] = command }.ToJsonString();

    private static Says AsText(Says says, Func<string, string> write, string before = "", string after = "") => says.Commands.Count == 0
        ? says
        : says with
        {
            Text = $"{says.Text}{(says.Text.Length > 0 ? "\n" : "")}{before}{string.Join("\n", says.Commands.Select(write))}{after}",
            Commands = [],
            Finish = Finish.Stop,
        };
}
