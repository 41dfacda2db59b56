using System.Text.Json;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Llm.Usage;
using Spark.Temporal.Domain.Conversations;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// What the requests of a call cost: every one that was answered, also when the answer is of no use. What an endpoint does not
/// state is counted here and marked.
/// </summary>
internal sealed class CallUsage(ModelEndpoint endpoint, LlmOptions options, TimeProvider time)
{
    /// <summary>Header in which LiteLLM's proxy states a cost.</summary>
    private const string CostHeader = "x-litellm-response-cost";

    /// <summary>Fields of which a model's reply has one, whatever its API.</summary>
    private static readonly string[] Marks = ["\"choices\"", "\"output\"", "\"content\"", "\"candidates\""];

    /// <summary>Of a reply that can be read.</summary>
    public TokenUsage Of(ChatReply read, ChatHttpReply reply, BinaryData request) => Priced(
        Filled(read.Usage.TotalTokens > 0 ? read.Usage : null, request, () => Said(read.Message)), reply, read.Message.Model);

    /// <summary>Of a success that cannot be read; nothing where no model wrote it.</summary>
    public TokenUsage OfUnreadable(ChatHttpReply reply, BinaryData request)
    {
        if (!Marks.Any(mark => reply.Body.Contains(mark, StringComparison.Ordinal)))
        {
            return OfError(reply, request);
        }

        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            return Priced(Filled(StatedUsage.Of(document.RootElement), request, () => TokenCounter.OfTexts(document.RootElement)), reply, null);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            // Cut in the middle, or a lone surrogate in a text.
            return Priced(Filled(null, request, () => TokenCounter.Of(reply.Body)), reply, null);
        }
    }

    /// <summary>Of a success that holds an error: what it states, else what the model had said before it.</summary>
    public TokenUsage OfError(ChatHttpReply reply, BinaryData request)
    {
        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            return StatedUsage.Of(document.RootElement) is { } usage ? Priced(usage, reply, null) : OfCut(request, reply.Partial);
        }
        catch (JsonException)
        {
            return OfCut(request, reply.Partial);
        }
    }

    /// <summary>Of a reply that broke off; nothing where none had begun.</summary>
    /// <param name="request">The request's body.</param>
    /// <param name="partial">What the model had said.</param>
    public TokenUsage OfCut(BinaryData request, string partial) => partial.Length == 0 ? TokenUsage.None
        : Priced(Filled(null, request, () => TokenCounter.Of(partial)), null, null);

    /// <summary>Whether a reply says itself what it cost.</summary>
    public static bool StatesCost(ChatHttpReply reply)
    {
        try
        {
            using var document = JsonDocument.Parse(reply.Body);
            return StatedUsage.Of(document.RootElement) is { } usage && !StatedUsage.WithCost(usage, reply.Headers.GetValueOrDefault(CostHeader)).Unpriced;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static TokenUsage Filled(TokenUsage? stated, BinaryData request, Func<long> said)
    {
        var usage = stated ?? new TokenUsage(0, 0) { Unpriced = true };
        var prompt = usage.PromptTokens > 0 ? usage.PromptTokens : TokenCounter.OfRequest(request.ToMemory());
        var completion = usage.CompletionTokens > 0 ? usage.CompletionTokens : said();
        return (prompt, completion) == (usage.PromptTokens, usage.CompletionTokens)
            ? usage
            : usage with { PromptTokens = prompt, CompletionTokens = completion, Estimated = true };
    }

    private static long Said(ChatMessage message) => TokenCounter.Of(message.Content) + TokenCounter.Of(message.Reasoning ?? "")
        + message.ToolCalls.Sum(call => call.Fenced ? 0 : TokenCounter.Of(call.Name) + TokenCounter.Of(call.Arguments));

    private TokenUsage Priced(TokenUsage usage, ChatHttpReply? reply, string? answered)
    {
        var stated = reply is null ? usage : StatedUsage.WithCost(usage, reply.Headers.GetValueOrDefault(CostHeader));
        return PriceTable.Priced(stated, options, endpoint.Model, answered, endpoint.BaseUrl.Host, time.GetUtcNow());
    }
}
