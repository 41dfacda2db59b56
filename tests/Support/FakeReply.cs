using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support;

/// <summary>What a <see cref="FakeModelServer"/> answers: a reply, or a way of failing to give one.</summary>
public sealed record FakeReply
{
    public int Status { get; init; } = 200;

    public string Body { get; init; } = "";

    public string ContentType { get; init; } = "application/json";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Close the connection instead of answering.</summary>
    public bool Drop { get; init; }

    /// <summary>Close the connection in the middle of the body.</summary>
    public bool Half { get; init; }

    /// <summary>Written one after the other in the place of the body: the events of a stream.</summary>
    public IReadOnlyList<string>? Pieces { get; init; }

    /// <summary>Time before each piece.</summary>
    public TimeSpan Between { get; init; }

    /// <summary>After the last piece say nothing, and keep the connection.</summary>
    public bool Hangs { get; init; }

    /// <summary>Wait this long first.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Wait for this first; the test completes it when the reply may go out.</summary>
    public Task? Until { get; init; }

    /// <summary>A text that ends an agent's work.</summary>
    public static FakeReply Text(string content, string finish = "stop") =>
        Message(new JsonObject { ["role"] = "assistant", ["content"] = content }, finish);

    /// <summary>A call of the tool <c>shell</c>.</summary>
    public static FakeReply Shell(string command, double? timeoutSec = null, string content = "")
    {
        var arguments = new JsonObject { ["command"] = command };
        if (timeoutSec is { } seconds)
        {
            arguments["timeout_sec"] = seconds;
        }

        return Tool("shell", arguments.ToJsonString(), content);
    }

    /// <summary>A call of any tool with any arguments.</summary>
    public static FakeReply Tool(string name, string arguments, string content = "", string finish = "tool_calls") => Message(
        new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = content.Length > 0 ? content : null,
            ["tool_calls"] = new JsonArray(new JsonObject
            {
                ["id"] = $"call_{Guid.NewGuid():n}",
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = name, ["arguments"] = arguments },
            }),
        },
        finish);

    /// <summary>Any message, in a whole reply with usage (100 prompt tokens, 20 of them cached, and 10 more).</summary>
    public static FakeReply Message(JsonObject message, string? finish) => Json(new JsonObject
    {
        ["id"] = $"chatcmpl-{Guid.NewGuid():n}",
        ["object"] = "chat.completion",
        ["model"] = "scripted-2026",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = finish }),
        ["usage"] = new JsonObject
        {
            ["prompt_tokens"] = 100,
            ["completion_tokens"] = 10,
            ["total_tokens"] = 110,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = 20 },
        },
    });

    public static FakeReply Json(JsonNode body, int status = 200) => new() { Status = status, Body = body.ToJsonString() };

    /// <summary>A stream of events, as they are written: with their names, and an empty line after each.</summary>
    public static FakeReply Events(params IEnumerable<string> events) =>
        new() { ContentType = "text/event-stream; charset=utf-8", Pieces = [.. events.Select(one => one + "\n\n")] };

    /// <summary>A stream of chat completion chunks, and its closing word.</summary>
    public static FakeReply Chunks(params IEnumerable<JsonObject> chunks) => Events(chunks.Select(chunk => $"data: {chunk.ToJsonString()}").Append("data: [DONE]"));

    /// <summary>A chunk with a piece of a message.</summary>
    public static JsonObject Delta(JsonObject delta, string? finish = null) => new()
    {
        ["id"] = "chatcmpl-1",
        ["object"] = "chat.completion.chunk",
        ["model"] = "scripted-2026",
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }),
    };

    /// <summary>An error in the usual form.</summary>
    public static FakeReply Error(int status, string message, string? code = null) =>
        Json(new JsonObject { ["error"] = new JsonObject { ["message"] = message, ["type"] = "error", ["code"] = code } }, status);

    /// <summary>A web page in the place of a reply.</summary>
    public static FakeReply Page(int status, string title) =>
        new() { Status = status, ContentType = "text/html; charset=utf-8", Body = $"<!DOCTYPE html>\n<html><head><title>{title}</title></head><body>{title}</body></html>" };

    public FakeReply WithHeader(string name, string value) => this with { Headers = new Dictionary<string, string>(Headers) { [name] = value } };

    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, cancellationToken);
        }

        if (Until is not null)
        {
            await Until.WaitAsync(cancellationToken);
        }
    }
}
