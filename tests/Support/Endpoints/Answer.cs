using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>What goes over the wire.</summary>
internal sealed record Answer
{
    public int Status { get; init; } = 200;

    public string ContentType { get; init; } = "application/json";

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The body in the pieces in which it is sent.</summary>
    public IReadOnlyList<string> Pieces { get; init; } = [];

    /// <summary>Milliseconds before each piece.</summary>
    public int PauseMs { get; init; }

    /// <summary>Bytes of one write, wherever that cuts; 0 for a piece at once.</summary>
    public int BytesAtOnce { get; init; }

    /// <summary>The connection is cut after the last piece.</summary>
    public bool Cut { get; init; }

    public string Body => string.Concat(Pieces);

    public static Answer Json(int status, string body) => new() { Status = status, Pieces = [body] };

    public static Answer Json(JsonNode body) => Json(200, body.ToJsonString());

    /// <summary>A web page, as balancers and log-ins send them.</summary>
    public static Answer Page(int status, string title) => new()
    {
        Status = status,
        ContentType = "text/html",
        Pieces = [$"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center><hr><center>nginx</center></body>\r\n</html>"],
    };

    /// <summary>A stream of data lines.</summary>
    public static Answer Stream(IEnumerable<JsonNode> chunks, bool done = true, IEnumerable<string>? comments = null) => new()
    {
        ContentType = "text/event-stream",
        Pieces =
        [
            .. (comments ?? []).Select(comment => $": {comment}\n\n"),
            .. chunks.Select(chunk => $"data: {chunk.ToJsonString()}\n\n"),
            .. done ? ["data: [DONE]\n\n"] : Array.Empty<string>(),
        ],
    };

    /// <summary>A stream of named events, each with its name as its type.</summary>
    public static Answer Events(IEnumerable<JsonObject> events) => new()
    {
        ContentType = "text/event-stream; charset=utf-8",
        Pieces = [.. events.Select(item => $"event: {(string?)item["type"]}\ndata: {item.ToJsonString()}\n\n")],
    };

    public Answer With(string header, string value) => this with { Headers = new Dictionary<string, string>(Headers) { [header] = value } };

    /// <summary>The same with changed text.</summary>
    public Answer Rewritten(Func<string, string> change) => this with { Pieces = [.. Pieces.Select(change)] };
}
