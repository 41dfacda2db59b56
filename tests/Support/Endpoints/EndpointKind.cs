using System.Text.Json.Nodes;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>
/// One kind of model endpoint as users have it: the settings that they give, what its provider refuses, and how it answers. Facts about
/// providers stand beside the rules that hold them.
/// </summary>
/// <param name="Name">Its name in the matrix.</param>
/// <param name="Model">The model that it serves.</param>
internal sealed record EndpointKind(string Name, string Model)
{
    /// <summary>Settings of the profile beside address, model and key: (field, value).</summary>
    public IReadOnlyList<(string Field, string Value)> Settings { get; init; } = [];

    /// <summary>Environment variables that the settings name.</summary>
    public IReadOnlyList<(string Name, string Value)> Variables { get; init; } = [];

    /// <summary>
    /// Host of the base address, since its provider is known by it; null for one of one's own. Requests come to the stand-in all the same, as
    /// to a proxy.
    /// </summary>
    public string? Host { get; init; }

    /// <summary>Path of the base address.</summary>
    public string BasePath { get; init; } = "/v1";

    /// <summary>Ways in by the path that follows the base, such as <c>/chat/completions</c>.</summary>
    public required IReadOnlyDictionary<string, Door> Doors { get; init; }

    /// <summary>What is asked for before any door: keys, headers, queries.</summary>
    public IReadOnlyList<Rule> Entry { get; init; } = [];

    /// <summary>The answer to a path that leads nowhere.</summary>
    public Func<EndpointRequest, Answer> NoSuchPath { get; init; } = _ => Answer.Json(404, """{"error":{"message":"Invalid URL","type":"invalid_request_error","param":null,"code":null}}""");

    /// <summary>Changes what the model says, for models that speak in a way of their own.</summary>
    public Func<EndpointRequest, Says, Says> Speaks { get; init; } = (_, says) => says;

    /// <summary>Most tokens of a reply that it gives; null for no limit that a test reaches.</summary>
    public int? ReplyLimit { get; init; }

    /// <summary>Its ways to fail, each with what the product must make of it.</summary>
    public IReadOnlyList<ErrorCase> Errors { get; init; } = [];

    /// <summary>How a first turn ends; null for a tool call.</summary>
    public Ending? FirstTurn { get; init; }

    /// <summary>How a reply ends that ran into its limit; null for the finish reason <c>length</c>.</summary>
    public Ending? LongReply { get; init; }

    /// <summary>How the last turn ends; null for a text.</summary>
    public Ending? LastTurn { get; init; }

    /// <summary>Dollars per million tokens, null where no price is known.</summary>
    public Price? Price { get; init; }

    /// <summary>What the provider's own numbers say that a reply cost, in dollars; null where it says none.</summary>
    public Func<Tokens, double>? Cost { get; init; }

    /// <summary>The endpoint gives no usage, so that it must be estimated.</summary>
    public bool NoUsage { get; init; }

    /// <summary>The endpoint does not say how many of the tokens were reasoning.</summary>
    public bool HidesReasoning { get; init; }

    /// <summary>The endpoint does not say how many tokens came from its cache.</summary>
    public bool HidesCache { get; init; }

    /// <summary>Nobody can know a price: it must be said to be unknown.</summary>
    public bool Unpriced { get; init; }

    /// <summary>What stands between the worker and the endpoint.</summary>
    public ProxyKind Proxy { get; init; }

    public override string ToString() => Name;
}

/// <summary>One way in: an API with what the provider refuses there.</summary>
internal sealed record Door(IShape Shape, params IReadOnlyList<Rule> Rules);

/// <summary>An API's form of replies.</summary>
internal interface IShape
{
    /// <summary>The reply, whole or streamed as the request asks.</summary>
    Answer Say(EndpointRequest request, Says says);

    /// <summary>The assistant's message as a later request of this API should hold it.</summary>
    JsonNode Message(EndpointRequest request, Says says);
}

/// <summary>A rule of a provider.</summary>
/// <param name="Name">In the words of the matrix.</param>
/// <param name="Check">The provider's error for a request that breaks it, null for one that does not.</param>
/// <param name="Must">No refusal teaches it: a client that breaks it is wrong. Others may be learned from the error.</param>
/// <param name="Silent">The provider says nothing when it is broken, and works worse: it is noted, the request is answered.</param>
internal sealed record Rule(string Name, Func<EndpointRequest, Answer?> Check, bool Must = true, bool Silent = false)
{
    /// <summary>The same rule, which a client may learn from its refusal.</summary>
    public Rule Learnable => this with { Must = false };

    /// <summary>The same rule, whose breaking is only noted.</summary>
    public Rule Noted => this with { Silent = true };
}

/// <summary>Dollars per million tokens.</summary>
internal sealed record Price(double Input, double Cached, double Output, double? Write = null)
{
    /// <summary>Twice the price on working days from 1 to 4 and from 6 to 10 o'clock UTC (DeepSeek).</summary>
    public bool HasPeak { get; init; }

    public double Of(Tokens tokens) =>
        (HasPeak && DateTimeOffset.UtcNow is { DayOfWeek: not (DayOfWeek.Saturday or DayOfWeek.Sunday), Hour: (>= 1 and < 4) or (>= 6 and < 10) } ? 2 : 1) * (((tokens.Prompt - tokens.Cached - tokens.Written) * Input) + (tokens.Cached * Cached) + (tokens.Written * (Write ?? Input)) + (tokens.Completion * Output)) / 1e6;
}

internal enum ProxyKind
{
    None,

    /// <summary>A proxy that opens TLS and shows a certificate of its own authority, which the worker does not trust.</summary>
    Opening,
}

/// <summary>A way to fail.</summary>
/// <param name="Name">In the words of the matrix.</param>
/// <param name="Answer">The answer to a request that is well formed, null to go on to the model.</param>
/// <param name="Ending">What the product must make of it.</param>
internal sealed record ErrorCase(string Name, Func<EndpointRequest, Answer?> Answer, Ending Ending)
{
    public ErrorCase(string name, Answer answer, Ending ending)
        : this(name, _ => answer, ending)
    {
    }

    /// <summary>The conversation asked about; null for a short one.</summary>
    public string? Prompt { get; init; }
}

/// <summary>How a call must end.</summary>
/// <param name="Failure">Type of the failure, or several with a bar between; null for a reply.</param>
/// <param name="Words">What the failure's message must hold.</param>
/// <param name="Finish">The reply's finish reason, null for any.</param>
/// <param name="Command">The command that the reply asks for, null for none.</param>
internal sealed record Ending(string? Failure = null, IReadOnlyList<string>? Words = null, string? Finish = null, string? Command = null)
{
    /// <summary>Whether the failure passes by itself.</summary>
    public bool Passing { get; init; }

    /// <summary>Wait that the provider asks for; null where it asks for none.</summary>
    public TimeSpan? Wait { get; init; }

    /// <summary>Most requests that may be sent to find it out.</summary>
    public int MostRequests { get; init; } = 1;

    /// <summary>The text that the reply must hold.</summary>
    public string? Text { get; init; }
}
