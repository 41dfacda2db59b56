using System.Text.Json.Nodes;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

/// <summary>What a Messages endpoint answers, whole or as the events that make it up.</summary>
internal static class MessagesReplies
{
    public static JsonObject Thinking(string text = "Hm.", string signature = "EqQB+/==") => new() { ["type"] = "thinking", ["thinking"] = text, ["signature"] = signature };

    public static JsonObject Redacted(string data = "EmwKAhgB") => new() { ["type"] = "redacted_thinking", ["data"] = data };

    public static JsonObject Text(string text) => new() { ["type"] = "text", ["text"] = text };

    public static JsonObject Call(string command, string id = "toolu_01") =>
        new() { ["type"] = "tool_use", ["id"] = id, ["name"] = "shell", ["input"] = new JsonObject { ["command"] = command } };

    public static FakeReply Whole(string stop, params JsonObject[] content) => FakeReply.Json(new JsonObject
    {
        ["id"] = "msg_1",
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = "claude-2026",
        ["content"] = new JsonArray([.. content]),
        ["stop_reason"] = stop,
        ["usage"] = new JsonObject { ["input_tokens"] = 70, ["cache_read_input_tokens"] = 20, ["cache_creation_input_tokens"] = 10, ["output_tokens"] = 10 },
    });

    public static FakeReply Streamed(string stop, params JsonObject[] content) => FakeReply.Events(Events(stop, content).Append(Event(new() { ["type"] = "message_stop" })));

    /// <summary>All events but the last.</summary>
    public static IEnumerable<string> Events(string? stop, params JsonObject[] content)
    {
        yield return Event(new()
        {
            ["type"] = "message_start",
            ["message"] = new JsonObject
            {
                ["id"] = "msg_1", ["type"] = "message", ["role"] = "assistant", ["model"] = "claude-2026", ["content"] = new JsonArray(), ["stop_reason"] = null,
                ["usage"] = new JsonObject { ["input_tokens"] = 70, ["cache_read_input_tokens"] = 20, ["cache_creation_input_tokens"] = 10, ["output_tokens"] = 1 },
            },
        });
        yield return Event(new() { ["type"] = "ping" });
        for (var i = 0; i < content.Length; i++)
        {
            var start = (JsonObject)content[i].DeepClone();
            var deltas = Deltas(start).ToList();
            yield return Event(new() { ["type"] = "content_block_start", ["index"] = i, ["content_block"] = start });
            foreach (var delta in deltas)
            {
                yield return Event(new() { ["type"] = "content_block_delta", ["index"] = i, ["delta"] = delta });
            }

            yield return Event(new() { ["type"] = "content_block_stop", ["index"] = i });
        }

        if (stop is not null)
        {
            yield return Event(new() { ["type"] = "message_delta", ["delta"] = new JsonObject { ["stop_reason"] = stop }, ["usage"] = new JsonObject { ["output_tokens"] = 10 } });
        }
    }

    public static string Event(JsonObject data) => $"event: {(string?)data["type"]}\ndata: {data.ToJsonString()}";

    // Takes the text out of a block and gives it back in halves.
    private static IEnumerable<JsonObject> Deltas(JsonObject block)
    {
        var (kind, field, text) = (string?)block["type"] switch
        {
            "text" => ("text_delta", "text", (string?)block["text"]),
            "thinking" => ("thinking_delta", "thinking", (string?)block["thinking"]),
            "tool_use" => ("input_json_delta", "partial_json", block["input"]!.ToJsonString()),
            _ => ("", "", null),
        };
        if (text is null)
        {
            yield break;
        }

        var signature = (string?)block["signature"];
        if (kind == "input_json_delta")
        {
            block["input"] = new JsonObject();
        }
        else
        {
            block[field] = "";
        }

        yield return new() { ["type"] = kind, [field] = text[..(text.Length / 2)] };
        yield return new() { ["type"] = kind, [field] = text[(text.Length / 2)..] };
        if (signature is not null)
        {
            block["signature"] = "";
            yield return new() { ["type"] = "signature_delta", ["signature"] = signature };
        }
    }
}
