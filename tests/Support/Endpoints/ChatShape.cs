using System.Globalization;
using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>When a stream of chat completions holds usage.</summary>
internal enum StreamUsage
{
    /// <summary>In a chunk of its own without choices, when the request asks for it.</summary>
    Asked,

    /// <summary>In the last chunk with a choice, always.</summary>
    Last,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>Chat completions with what providers change about them.</summary>
internal sealed record ChatShape : IShape
{
    /// <summary>The object <c>usage</c>; null leaves it out.</summary>
    public Func<Tokens, JsonObject?> Usage { get; init; } = Usages.OpenAi;

    public StreamUsage StreamUsage { get; init; } = StreamUsage.Asked;

    /// <summary>Adds the provider's own fields to the message.</summary>
    public Action<JsonObject, Says> Dress { get; init; } = (_, _) => { };

    /// <summary>Id of a call of a turn.</summary>
    public Func<int, int, string> CallId { get; init; } = (turn, index) => $"call_{turn:d3}{index:d3}aBcDeFgHiJkLmNoPqRs";

    /// <summary>Tool calls come in one piece.</summary>
    public bool WholeCalls { get; init; }

    /// <summary>Comment lines in front of a stream.</summary>
    public IReadOnlyList<string> Comments { get; init; } = [];

    /// <summary>Whether a stream ends in <c>[DONE]</c>.</summary>
    public bool Done { get; init; } = true;

    /// <summary>Changes the answer before it is sent.</summary>
    public Func<EndpointRequest, Says, Answer, Answer> Send { get; init; } = (_, _, answer) => answer;

    public JsonNode Message(EndpointRequest request, Says says) => MessageOf(says);

    public Answer Say(EndpointRequest request, Says says) => Send(request, says, request.Streams ? Streamed(request, says) : Whole(request, says));

    private JsonObject MessageOf(Says says)
    {
        var message = new JsonObject { ["role"] = "assistant", ["content"] = says.Text.Length > 0 ? says.Text : null };
        if (says.Finish == Finish.Refusal)
        {
            (message["content"], message["refusal"]) = (null, says.Text);
        }

        if (says.Commands.Count > 0)
        {
            message["tool_calls"] = new JsonArray([.. says.Commands.Select((command, index) => new JsonObject
            {
                ["id"] = CallId(says.Turn, index),
                ["type"] = "function",
                ["function"] = new JsonObject { ["name"] = "shell", ["arguments"] = new JsonObject { ["command"] = command }.ToJsonString() },
            })]);
        }

        Dress(message, says);
        return message;
    }

    private Answer Whole(EndpointRequest request, Says says)
    {
        var body = Envelope(request, "chat.completion");
        body["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = MessageOf(says), ["finish_reason"] = FinishOf(says) });
        if (Usage(says.Tokens) is { } usage)
        {
            body["usage"] = usage;
        }

        return Answer.Json(body);
    }

    private Answer Streamed(EndpointRequest request, Says says)
    {
        var chunks = new List<JsonNode> { Chunk(request, new JsonObject { ["role"] = "assistant", ["content"] = "" }) };
        chunks.AddRange(Deltas.Of(MessageOf(says), WholeCalls).Select(delta => Chunk(request, delta)));
        var last = Chunk(request, [], FinishOf(says));
        if (StreamUsage == StreamUsage.Last && Usage(says.Tokens) is { } usage)
        {
            last["usage"] = usage;
        }

        chunks.Add(last);
        if (StreamUsage == StreamUsage.Asked && (request.Body["stream_options"]?["include_usage"]?.GetValue<bool>() ?? false) && Usage(says.Tokens) is { } totals)
        {
            var end = Envelope(request, "chat.completion.chunk");
            (end["choices"], end["usage"]) = (new JsonArray(), totals);
            chunks.Add(end);
        }

        return Answer.Stream(chunks, Done, Comments);
    }

    private static JsonObject Chunk(EndpointRequest request, JsonObject delta, string? finish = null)
    {
        var chunk = Envelope(request, "chat.completion.chunk");
        chunk["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish });
        return chunk;
    }

    private static JsonObject Envelope(EndpointRequest request, string kind) => new()
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"chatcmpl-{request.Number}"),
        ["object"] = kind,
        ["created"] = 1_795_000_000,
        ["model"] = request.Kind.Model,
    };

    private static string FinishOf(Says says) => says.Finish switch
    {
        Finish.Calls => "tool_calls",
        Finish.Length => "length",
        Finish.Filter => "content_filter",
        _ => "stop",
    };
}
