using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support.Endpoints;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>How a call of the product ended.</summary>
/// <param name="Reply">The reply, null when it failed.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="Requests">Requests that the endpoint saw.</param>
internal sealed record CallEnd(LlmReply? Reply, Exception? Failure, int Requests);

/// <summary>Compares how a call ended with how it must.</summary>
internal static class EndpointVerdict
{
    /// <summary>What is wrong, null for nothing.</summary>
    public static string? Wrong(CallEnd came, Ending ending)
    {
        if (ending.Failure is not null)
        {
            return came.Failure is not ApplicationFailureException failure ? $"no failure, but {Words(came)}"
                : !ending.Failure.Split('|').Contains(failure.ErrorType) ? $"{failure.ErrorType} and not {ending.Failure}: {failure.Message}"
                : failure.NonRetryable == ending.Passing ? $"{(ending.Passing ? "is final" : "is tried again")}: {failure.Message}"
                : (ending.Words ?? []).FirstOrDefault(word => !failure.Message.Contains(word, StringComparison.OrdinalIgnoreCase)) is { } missing ? $"does not say '{missing}': {failure.Message}"
                : ending.Wait is { } wait && !(failure.NextRetryDelay >= wait - Slack(wait) && failure.NextRetryDelay <= (1.5 * wait) + TimeSpan.FromSeconds(2)) ? $"waits {failure.NextRetryDelay} and not {wait}"
                : came.Requests > ending.MostRequests ? $"{came.Requests} requests, at most {ending.MostRequests} were needed" : null;
        }

        return came.Reply is not { } reply ? Words(came)
            : came.Requests == 0 ? "no request was sent"
            : ending.Finish is { } finish && reply.FinishReason != finish ? $"finish reason '{reply.FinishReason}' and not '{finish}'"
            : ending.Text is { } text && !(reply.Text ?? "").Contains(text, StringComparison.Ordinal) ? $"text '{PlainText.OneLine(reply.Text ?? "", 120)}' without '{text}'"
            : ending.Command is null && reply.ToolCalls > 0 ? $"{reply.ToolCalls} tool calls"
            : came.Requests > ending.MostRequests ? $"{came.Requests} requests, at most {ending.MostRequests} were needed" : null;
    }

    public static string Words(CallEnd came) => came switch
    {
        { Failure: ApplicationFailureException failure } => $"{failure.ErrorType}{(failure.NonRetryable ? "" : ", retryable")}: {PlainText.OneLine(failure.Message, 500)}",
        { Failure: { } other } => $"{other.GetType().Name}: {PlainText.OneLine(other.Message, 500)}",
        { Reply: { } reply } => $"a reply '{PlainText.OneLine(reply.Text ?? "", 120)}', finish '{reply.FinishReason}'",
        _ => "",
    };

    /// <summary>A time of reset is cut to seconds, and seconds pass until it is read.</summary>
    private static TimeSpan Slack(TimeSpan wait) => wait > TimeSpan.FromSeconds(30) ? TimeSpan.FromSeconds(3) : TimeSpan.Zero;

    /// <summary>The last refusal, with the request that it answered.</summary>
    public static string Evidence(Refusal refusal) => $"\n  rule: {refusal.Rule.Name}\n  answer: {refusal.Answer.Status} {PlainText.OneLine(refusal.Answer.Body, 300)}"
        + $"\n  request: {refusal.Request.Path} {Headers(refusal.Request)} {Short(refusal.Request.Body)}";

    private static string Headers(EndpointRequest request) => string.Join(", ", request.Headers.Keys.Where(name => name is not ("Host" or "Content-Length" or "User-Agent" or "Accept")));

    /// <summary>A body with its long texts cut, so that its form can be seen.</summary>
    private static string Short(JsonNode body)
    {
        return Cut(body.DeepClone())!.ToJsonString();

        static JsonNode? Cut(JsonNode? node)
        {
            switch (node)
            {
                case JsonObject item:
                    foreach (var name in item.Select(field => field.Key).ToList())
                    {
                        item[name] = name == "parameters" ? "…" : Cut(item[name]?.DeepClone());
                    }

                    return item;
                case JsonArray list:
                    return new JsonArray([.. list.Select(entry => Cut(entry?.DeepClone()))]);
                case JsonValue value when value.TryGetValue<string>(out var text) && text.Length > 90:
                    return $"{text[..60]}…{text.Length}";
                default:
                    return node;
            }
        }
    }
}
