using System.Text.Json.Nodes;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

/// <summary>What a Responses endpoint answers, whole or as the events that make it up.</summary>
internal static class ResponsesReplies
{
    public static JsonObject Reasoning(string encrypted = "gAAAA+/=", string id = "rs_1") => new()
    {
        ["id"] = id,
        ["type"] = "reasoning",
        ["summary"] = new JsonArray(new JsonObject { ["type"] = "summary_text", ["text"] = "**Look**" }),
        ["encrypted_content"] = encrypted,
    };

    public static JsonObject Call(string command, string id = "call_abc") => new()
    {
        ["id"] = "fc_1",
        ["type"] = "function_call",
        ["status"] = "completed",
        ["call_id"] = id,
        ["name"] = "shell",
        ["arguments"] = new JsonObject { ["command"] = command }.ToJsonString(),
    };

    public static JsonObject Text(string text) => new()
    {
        ["id"] = "msg_1",
        ["type"] = "message",
        ["status"] = "completed",
        ["role"] = "assistant",
        ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = text, ["annotations"] = new JsonArray() }),
    };

    public static JsonObject Response(string status, params JsonObject[] output) => new()
    {
        ["id"] = "resp_1",
        ["object"] = "response",
        ["model"] = "gpt-codex-2026",
        ["status"] = status,
        ["error"] = null,
        ["incomplete_details"] = null,
        ["output"] = new JsonArray([.. output]),
        ["usage"] = new JsonObject
        {
            ["input_tokens"] = 100,
            ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 20 },
            ["output_tokens"] = 10,
            ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 4 },
            ["total_tokens"] = 110,
        },
    };

    public static FakeReply Whole(params JsonObject[] output) => FakeReply.Json(Response("completed", output));

    public static FakeReply Streamed(params JsonObject[] output) => Stream("completed", Response("completed", output), output);

    public static FakeReply Stream(string end, JsonObject response, params JsonObject[] output) => FakeReply.Events(Events(end, response, output));

    public static IEnumerable<string> Events(string? end, JsonObject response, params JsonObject[] output)
    {
        yield return Event("response.created", new() { ["response"] = Response("in_progress") });
        for (var i = 0; i < output.Length; i++)
        {
            yield return Event("response.output_item.added", new() { ["output_index"] = i, ["item"] = new JsonObject { ["type"] = (string?)output[i]["type"] } });
            yield return Event("response.output_text.delta", new() { ["output_index"] = i, ["delta"] = "bits" });
            yield return Event("response.output_item.done", new() { ["output_index"] = i, ["item"] = output[i].DeepClone() });
        }

        if (end is not null)
        {
            yield return Event($"response.{end}", new() { ["response"] = response.DeepClone() });
        }
    }

    public static string Event(string type, JsonObject data)
    {
        data["type"] = type;
        return $"event: {type}\ndata: {data.ToJsonString()}";
    }
}
