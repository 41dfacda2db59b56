using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support;

/// <summary>One reply of an <see cref="AgentStandIn"/>, in the words of each API.</summary>
/// <param name="Api">The API.</param>
/// <param name="Model">The model that was asked.</param>
/// <param name="Tool">The agent's shell tool; null where it says something.</param>
/// <param name="Arguments">What the tool is called with.</param>
/// <param name="Text">What it says.</param>
internal sealed record AgentTurn(string Api, string Model, string? Tool, JsonObject Arguments, string Text)
{
    private static readonly string[] ShellTools = ["Bash", "bash", "run_shell_command", "exec_command", "shell", "shell_command"];

    private readonly string _id = $"call_{Guid.NewGuid().ToString("n")[..20]}";

    public static AgentTurn Of(string api, JsonObject body, IReadOnlyList<string> commands)
    {
        var model = (string?)body["model"] ?? "gemini";
        var tool = Tools(api, body).FirstOrDefault(tool => ShellTools.Contains(tool.Name));
        var done = Results(api, body);
        return tool.Name is null ? new AgentTurn(api, model, null, [], "A short title")
            : done >= commands.Count ? new AgentTurn(api, model, null, [], "It is done.")
            : new AgentTurn(api, model, tool.Name, Filled(tool.Schema, commands[done]), "");
    }

    public JsonNode Whole() => Api switch
    {
        "chat" => new JsonObject
        {
            ["id"] = "c", ["object"] = "chat.completion", ["model"] = Model, ["usage"] = ChatUsage(),
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["finish_reason"] = "stop", ["message"] = new JsonObject { ["role"] = "assistant", ["content"] = Text } }),
        },
        "responses" => Response("completed"),
        "messages" => new JsonObject
        {
            ["id"] = "msg_1", ["type"] = "message", ["role"] = "assistant", ["model"] = Model, ["stop_reason"] = "end_turn",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = Text }), ["usage"] = MessagesUsage(AgentStandIn.CompletionTokens),
        },
        _ => Gemini(),
    };

    public string Events() => Api switch
    {
        "chat" => Chat(),
        "responses" => Responses(),
        "messages" => Messages(),
        _ => Event(null, Gemini()),
    };

    private static IEnumerable<(string Name, JsonObject? Schema)> Tools(string api, JsonObject body) => (body["tools"] as JsonArray ?? []).OfType<JsonObject>().SelectMany(tool => api switch
    {
        "chat" => [((string?)tool["function"]!["name"] ?? "", tool["function"]!["parameters"] as JsonObject)],
        "gemini" => (tool["functionDeclarations"] as JsonArray ?? []).OfType<JsonObject>().Select(one => ((string?)one["name"] ?? "", (one["parametersJsonSchema"] ?? one["parameters"]) as JsonObject)),
        _ => new[] { ((string?)tool["name"] ?? "", (tool["parameters"] ?? tool["input_schema"]) as JsonObject) },
    });

    /// <summary>How many commands were run so far.</summary>
    private static int Results(string api, JsonObject body) => api switch
    {
        "chat" => body["messages"]!.AsArray().Count(message => (string?)message!["role"] == "tool"),
        "responses" => (body["input"] as JsonArray ?? []).Count(item => (string?)item!["type"] == "function_call_output"),
        "messages" => body["messages"]!.AsArray().SelectMany(message => message!["content"] as JsonArray ?? []).Count(part => (string?)part!["type"] == "tool_result"),
        _ => body["contents"]!.AsArray().SelectMany(content => content!["parts"] as JsonArray ?? []).Count(part => part!["functionResponse"] is not null),
    };

    /// <summary>Arguments for a shell tool, by its schema: agents call the command differently, and some want a reason.</summary>
    private static JsonObject Filled(JsonObject? schema, string command)
    {
        var members = schema?["properties"] as JsonObject ?? [];
        var arguments = new JsonObject { [members.ContainsKey("cmd") ? "cmd" : "command"] = command };
        foreach (var name in (schema?["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => !arguments.ContainsKey(name)))
        {
            arguments[name] = (string?)members[name]!["type"] switch { "boolean" => false, "number" or "integer" => 60_000, _ => "part of the task" };
        }

        return arguments;
    }

    private static string Event(string? name, JsonNode data) => $"{(name is null ? "" : $"event: {name}\n")}data: {data.ToJsonString()}\n\n";

    private string Chat()
    {
        JsonObject Chunk(JsonObject delta, string? finish) => new()
        {
            ["id"] = "c", ["object"] = "chat.completion.chunk", ["created"] = 1, ["model"] = Model,
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }),
        };
        var text = new StringBuilder();
        if (Tool is null)
        {
            text.Append(Event(null, Chunk(new JsonObject { ["role"] = "assistant", ["content"] = Text }, null))).Append(Event(null, Chunk([], "stop")));
        }
        else
        {
            text.Append(Event(null, Chunk(
                new JsonObject
                {
                    ["role"] = "assistant",
                    ["tool_calls"] = new JsonArray(new JsonObject
                    {
                        ["index"] = 0, ["id"] = _id, ["type"] = "function", ["function"] = new JsonObject { ["name"] = Tool, ["arguments"] = Arguments.ToJsonString() },
                    }),
                },
                null))).Append(Event(null, Chunk([], "tool_calls")));
        }

        return text.Append(Event(null, new JsonObject { ["id"] = "c", ["object"] = "chat.completion.chunk", ["created"] = 1, ["model"] = Model, ["choices"] = new JsonArray(), ["usage"] = ChatUsage() }))
            .Append("data: [DONE]\n\n").ToString();
    }

    private string Responses()
    {
        var number = 0;
        string Said(string type, JsonObject data)
        {
            data["type"] = type;
            data["sequence_number"] = number++;
            return Event(type, data);
        }

        var item = Item();
        var text = new StringBuilder(Said("response.created", new JsonObject { ["response"] = Response("in_progress") }));
        text.Append(Said("response.output_item.added", new JsonObject { ["output_index"] = 0, ["item"] = Item() }));
        text.Append(Tool is null
            ? Said("response.output_text.delta", new JsonObject { ["item_id"] = "item_1", ["output_index"] = 0, ["content_index"] = 0, ["delta"] = Text })
            : Said("response.function_call_arguments.delta", new JsonObject { ["item_id"] = "item_1", ["output_index"] = 0, ["delta"] = Arguments.ToJsonString() }));
        text.Append(Said("response.output_item.done", new JsonObject { ["output_index"] = 0, ["item"] = item }));
        return text.Append(Said("response.completed", new JsonObject { ["response"] = Response("completed") })).ToString();
    }

    private JsonObject Item() => Tool is null
        ? new JsonObject
        {
            ["id"] = "item_1", ["type"] = "message", ["role"] = "assistant", ["status"] = "completed",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = Text, ["annotations"] = new JsonArray() }),
        }
        : new JsonObject { ["id"] = "item_1", ["type"] = "function_call", ["call_id"] = _id, ["name"] = Tool, ["arguments"] = Arguments.ToJsonString(), ["status"] = "completed" };

    private JsonObject Response(string status) => new()
    {
        ["id"] = "resp_1", ["object"] = "response", ["status"] = status, ["model"] = Model,
        ["output"] = status == "completed" ? new JsonArray(Item()) : new JsonArray(),
        ["usage"] = status != "completed" ? null : new JsonObject
        {
            ["input_tokens"] = AgentStandIn.PromptTokens, ["input_tokens_details"] = new JsonObject { ["cached_tokens"] = 0 },
            ["output_tokens"] = AgentStandIn.CompletionTokens, ["output_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 0 },
            ["total_tokens"] = AgentStandIn.PromptTokens + AgentStandIn.CompletionTokens,
        },
    };

    private string Messages()
    {
        var block = Tool is null ? new JsonObject { ["type"] = "text", ["text"] = "" } : new JsonObject { ["type"] = "tool_use", ["id"] = _id.Replace("call_", "toolu_", StringComparison.Ordinal), ["name"] = Tool, ["input"] = new JsonObject() };
        var delta = Tool is null ? new JsonObject { ["type"] = "text_delta", ["text"] = Text } : new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = Arguments.ToJsonString() };
        string Said(string type, JsonObject data)
        {
            data["type"] = type;
            return Event(type, data);
        }

        return Said("message_start", new JsonObject
            {
                ["message"] = new JsonObject
                {
                    ["id"] = $"msg_{_id}", ["type"] = "message", ["role"] = "assistant", ["model"] = Model, ["content"] = new JsonArray(), ["stop_reason"] = null, ["usage"] = MessagesUsage(1),
                },
            })
            + Said("content_block_start", new JsonObject { ["index"] = 0, ["content_block"] = block })
            + Said("content_block_delta", new JsonObject { ["index"] = 0, ["delta"] = delta })
            + Said("content_block_stop", new JsonObject { ["index"] = 0 })
            + Said("message_delta", new JsonObject { ["delta"] = new JsonObject { ["stop_reason"] = Tool is null ? "end_turn" : "tool_use" }, ["usage"] = new JsonObject { ["output_tokens"] = AgentStandIn.CompletionTokens } })
            + Said("message_stop", []);
    }

    private JsonObject Gemini() => new()
    {
        ["candidates"] = new JsonArray(new JsonObject
        {
            ["index"] = 0, ["finishReason"] = "STOP",
            ["content"] = new JsonObject
            {
                ["role"] = "model",
                ["parts"] = new JsonArray(Tool is null ? new JsonObject { ["text"] = Text } : new JsonObject { ["functionCall"] = new JsonObject { ["name"] = Tool, ["args"] = Arguments.DeepClone() } }),
            },
        }),
        ["usageMetadata"] = new JsonObject
        {
            ["promptTokenCount"] = AgentStandIn.PromptTokens, ["candidatesTokenCount"] = AgentStandIn.CompletionTokens - 10, ["thoughtsTokenCount"] = 10,
            ["totalTokenCount"] = AgentStandIn.PromptTokens + AgentStandIn.CompletionTokens,
        },
        ["modelVersion"] = Model,
        ["responseId"] = DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture),
    };

    private static JsonObject ChatUsage() => new()
    {
        ["prompt_tokens"] = AgentStandIn.PromptTokens, ["completion_tokens"] = AgentStandIn.CompletionTokens, ["total_tokens"] = AgentStandIn.PromptTokens + AgentStandIn.CompletionTokens,
    };

    private static JsonObject MessagesUsage(int output) => new() { ["input_tokens"] = AgentStandIn.PromptTokens, ["output_tokens"] = output };
}
