using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>A request as it reached a stand-in.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Path">Its path.</param>
/// <param name="Query">Its query, decoded.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Raw">The body's text.</param>
/// <param name="Body">The body.</param>
/// <param name="Key">The key that the endpoint takes.</param>
/// <param name="Kind">The endpoint.</param>
/// <param name="Said">What the model said in this conversation, in order.</param>
internal sealed record EndpointRequest(
    int Number,
    string Path,
    IReadOnlyDictionary<string, string> Query,
    IReadOnlyDictionary<string, string> Headers,
    string Raw,
    JsonObject Body,
    string Key,
    EndpointKind Kind,
    IReadOnlyList<JsonNode> Said)
{
    public bool Streams => Body["stream"] is JsonValue value && value.TryGetValue<bool>(out var streams) && streams;

    public bool HasTools => Body["tools"] is JsonArray { Count: > 0 };

    public IEnumerable<JsonObject> Messages => Objects("messages");

    public IEnumerable<JsonObject> Assistants => Messages.Where(message => (string?)message["role"] == "assistant");

    /// <summary>Which door the request came to.</summary>
    public string Door => Path.StartsWith(Kind.BasePath, StringComparison.Ordinal) ? Path[Kind.BasePath.Length..] : Path;

    /// <summary>Upper limit of the reply, by whatever name.</summary>
    public int? Limit => NumberOf("max_tokens") ?? NumberOf("max_completion_tokens") ?? NumberOf("max_output_tokens");

    /// <summary>A rough count of its tokens.</summary>
    public int PromptTokens => Raw.Length / 4;

    /// <summary>Whether any text of the request holds these words.</summary>
    public bool Asks(string words) => Texts(Body).Any(text => text.Contains(words, StringComparison.Ordinal));

    public string Header(string name) => Headers.GetValueOrDefault(name, "");

    public IEnumerable<JsonObject> Objects(string field) => (Body[field] as JsonArray ?? []).OfType<JsonObject>();

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(field => Texts(field.Value)),
        JsonArray list => list.SelectMany(Texts),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    public int? NumberOf(string field) => Body[field] is JsonValue value && value.TryGetValue<int>(out var number) ? number : null;
}

/// <summary>A request that a rule refused.</summary>
internal sealed record Refusal(Rule Rule, EndpointRequest Request, Answer Answer);

/// <summary>Tokens of one reply as the provider counts them.</summary>
/// <param name="Prompt">All that was sent, from and to a cache included.</param>
/// <param name="Cached">The part read from the cache.</param>
/// <param name="Written">The part written to it.</param>
/// <param name="Visible">Tokens of text and calls.</param>
/// <param name="Thought">Tokens of reasoning.</param>
internal sealed record Tokens(int Prompt, int Cached, int Written, int Visible, int Thought)
{
    public int Completion => Visible + Thought;
}

/// <summary>What a model says, in no provider's form.</summary>
internal sealed record Says
{
    public string Text { get; init; } = "";

    /// <summary>Commands for the shell, each a call of its own.</summary>
    public IReadOnlyList<string> Commands { get; init; } = [];

    /// <summary>What it thought before.</summary>
    public string Reasoning { get; init; } = "";

    public Finish Finish { get; init; } = Finish.Stop;

    public Tokens Tokens { get; init; } = new(1_200, 400, 0, 50, 30);

    /// <summary>Number of the turn, which names ids and signatures.</summary>
    public int Turn { get; init; } = 1;
}

internal enum Finish
{
    Stop,
    Calls,
    Length,
    Filter,
    Refusal,
}
