using System.Globalization;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>Anthropic's Messages.</summary>
internal sealed record MessagesShape : IShape
{
    /// <summary>Whether thinking blocks come with a signature, which must come back.</summary>
    public bool Signs { get; init; } = true;

    /// <summary>Whether thinking is returned without being asked for.</summary>
    public bool AlwaysThinks { get; init; }

    public Func<Tokens, JsonObject> Usage { get; init; } = Usages.Anthropic;

    public JsonNode Message(EndpointRequest request, Says says) => Blocks(request, says);

    public Answer Say(EndpointRequest request, Says says)
    {
        var blocks = Blocks(request, says);
        if (!request.Streams)
        {
            var whole = Envelope(request, says.Tokens);
            (whole["content"], whole["stop_reason"]) = (blocks, StopOf(says));
            whole["stop_details"] = Details(says);
            return Answer.Json(whole).With("request-id", "req_011");
        }

        var start = Envelope(request, says.Tokens);
        start["usage"]!["output_tokens"] = 1;
        List<JsonObject> events = [new() { ["type"] = "message_start", ["message"] = start }, new() { ["type"] = "ping" }];
        for (var index = 0; index < blocks.Count; index++)
        {
            events.AddRange(BlockEvents(blocks[index]!.AsObject(), index));
        }

        events.Add(new JsonObject
        {
            ["type"] = "message_delta",
            ["delta"] = new JsonObject { ["stop_reason"] = StopOf(says), ["stop_sequence"] = null, ["stop_details"] = Details(says) },

            // Cumulative: the numbers of the whole message, not what was added.
            ["usage"] = Usage(says.Tokens),
        });
        events.Add(new JsonObject { ["type"] = "message_stop" });
        return Answer.Events(events).With("request-id", "req_011");
    }

    private JsonObject Envelope(EndpointRequest request, Tokens tokens) => new()
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"msg_{request.Number:d3}"),
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = request.Kind.Model,
        ["content"] = new JsonArray(),
        ["stop_reason"] = null,
        ["stop_sequence"] = null,
        ["usage"] = Usage(tokens),
    };

    private JsonArray Blocks(EndpointRequest request, Says says)
    {
        var blocks = new JsonArray();
        var thinks = AlwaysThinks || (string?)request.Body["thinking"]?["type"] is "enabled" or "adaptive";
        if (thinks && says.Reasoning.Length > 0)
        {
            blocks.Add((JsonNode)new JsonObject { ["type"] = "thinking", ["thinking"] = says.Reasoning, ["signature"] = Signs ? $"EqQB+sig/{says.Turn}==" : "" });
            if (Signs && says.Turn == 1)
            {
                blocks.Add((JsonNode)new JsonObject { ["type"] = "redacted_thinking", ["data"] = "EmwKAhgBEgy3va==" });
            }
        }

        if (says.Text.Length > 0)
        {
            blocks.Add((JsonNode)new JsonObject { ["type"] = "text", ["text"] = says.Text });
        }

        for (var index = 0; index < says.Commands.Count; index++)
        {
            blocks.Add((JsonNode)new JsonObject
            {
                ["type"] = "tool_use",
                ["id"] = $"toolu_01A{says.Turn}{index}",
                ["name"] = "shell",
                ["input"] = new JsonObject { ["command"] = says.Commands[index] },
            });
        }

        return blocks;
    }

    private static IEnumerable<JsonObject> BlockEvents(JsonObject block, int index)
    {
        var start = block.DeepClone().AsObject();
        var (field, delta, kind) = (string)block["type"]! switch
        {
            "text" => ("text", "text", "text_delta"),
            "thinking" => ("thinking", "thinking", "thinking_delta"),
            "tool_use" => ("input", "partial_json", "input_json_delta"),
            _ => ("", "", ""),
        };
        if (field == "input")
        {
            start["input"] = new JsonObject();
        }
        else if (field.Length > 0)
        {
            start[field] = "";
        }

        if (field == "thinking")
        {
            start["signature"] = "";
        }

        yield return new JsonObject { ["type"] = "content_block_start", ["index"] = index, ["content_block"] = start };
        var text = field == "input" ? block["input"]!.ToJsonString() : field.Length > 0 ? (string)block[field]! : "";
        foreach (var piece in Deltas.Pieces(text))
        {
            yield return new JsonObject { ["type"] = "content_block_delta", ["index"] = index, ["delta"] = new JsonObject { ["type"] = kind, [delta] = piece } };
        }

        if (block["signature"] is { } signature)
        {
            yield return new JsonObject
            {
                ["type"] = "content_block_delta",
                ["index"] = index,
                ["delta"] = new JsonObject { ["type"] = "signature_delta", ["signature"] = signature.DeepClone() },
            };
        }

        yield return new JsonObject { ["type"] = "content_block_stop", ["index"] = index };
    }

    private static string StopOf(Says says) => says.Finish switch
    {
        Finish.Calls => "tool_use",
        Finish.Length => "max_tokens",
        Finish.Filter or Finish.Refusal => "refusal",
        _ => "end_turn",
    };

    private static JsonObject? Details(Says says) => says.Finish is Finish.Refusal ? new JsonObject { ["type"] = "refusal", ["category"] = "cyber" } : null;
}
