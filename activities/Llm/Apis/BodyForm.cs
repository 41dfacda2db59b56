namespace Spark.Temporal.Activities.Llm.Apis;

/// <summary>How a body is written for one endpoint and model, by settings and by what its refusals showed.</summary>
internal sealed record BodyForm
{
    public required Uri BaseUrl { get; init; }

    public required string Model { get; init; }

    /// <summary>Upper limit of the reply in tokens.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>The limit is named <c>max_completion_tokens</c>.</summary>
    public bool CompletionTokensField { get; init; }

    /// <summary>The shell is asked for.</summary>
    public bool Tools { get; init; }

    /// <summary>It is offered as a fenced block.</summary>
    public bool Fenced { get; init; }

    /// <summary>Name of the reply's schema.</summary>
    public string SchemaName { get; init; } = "";

    /// <summary>JSON Schema of the reply, null where the prompt alone asks for its form.</summary>
    public string? Schema { get; init; }

    public double? Temperature { get; init; }

    /// <summary>How hard the model thinks, in the provider's word.</summary>
    public string? Effort { get; init; }

    /// <summary>Fields at the top of the body that the endpoint does not take.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>More fields of the body, as the text of one JSON object.</summary>
    public string? ExtraBody { get; init; }

    public bool Stream { get; init; }

    /// <summary>A stream is asked for its usage.</summary>
    public bool StreamUsage { get; init; } = true;

    /// <summary>The same for all requests of a conversation, and of no other; null to send none.</summary>
    public string? CacheKey { get; init; }

    /// <summary>Points for a cache are marked where the API knows such marks.</summary>
    public bool CacheMarks { get; init; } = true;

    /// <summary>What a message's provider wants back goes back.</summary>
    public bool Echo { get; init; } = true;

    /// <summary>There is something that goes back.</summary>
    public bool HasEcho { get; init; }

    /// <summary>Encrypted reasoning is asked for.</summary>
    public bool EncryptedReasoning { get; init; } = true;

    /// <summary>What stands for the reasoning of an assistant's message that has none; null to leave the field out.</summary>
    public string? ReasoningFill { get; init; }

    /// <summary>A placeholder stands for the signature of a tool call that has none.</summary>
    public bool SignatureFill { get; init; }

    /// <summary>Ids of tool calls have nine letters and digits.</summary>
    public bool ShortIds { get; init; }

    /// <summary>A user's words right after a tool's result are added to that.</summary>
    public bool WordsInResults { get; init; }

    /// <summary>Thinking is asked for by a number of tokens, as models before adaptive thinking want it.</summary>
    public bool ThinkingBudget { get; init; }
}
