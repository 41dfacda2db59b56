using System.Globalization;
using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What an error reply means for the workflow.</summary>
internal static partial class ErrorMap
{
    /// <summary>The failure to throw for a reply that is no success.</summary>
    /// <param name="reply">The reply, already without secrets.</param>
    /// <param name="endpoint">Where it came from.</param>
    /// <param name="profile">Name of its profile.</param>
    /// <param name="now">The time, for a Retry-After that is a date.</param>
    /// <param name="longest">Longest delay to follow.</param>
    public static ApplicationFailureException Failure(ChatHttpReply reply, ModelEndpoint endpoint, string profile, DateTimeOffset now, TimeSpan longest)
    {
        var words = $"{endpoint.BaseUrl} answered {reply.Status} for model '{endpoint.Model}': {ProviderWords.From(reply)}";
        return Refusals.Of(reply, profile, endpoint.Profile.KeyVariable, endpoint.HasKey) is { } refusal
            ? new ApplicationFailureException($"{words}{(words[^1] is '.' or '!' or '?' or '…' ? "" : ".")} {refusal.Meaning} {refusal.Remedy}", refusal.Type, nonRetryable: true)
            : new ApplicationFailureException(
                words,
                FailureTypes.ModelUnavailable,
                nextRetryDelay: Delay(reply, now, longest),
                category: IsThrottled(reply) ? ApplicationErrorCategory.Benign : ApplicationErrorCategory.Unspecified);
    }

    /// <summary>
    /// The reply with the status that it means: gateways report what failed behind them, or while a model worked, as a success that holds an error.
    /// </summary>
    public static ChatHttpReply Meant(ChatHttpReply reply)
    {
        if (reply.Status is < 200 or >= 300 || ProviderWords.ErrorIn(reply.Body) is not { } code)
        {
            return reply;
        }

        // Without a number its name may tell; if not, the words may still tell that it is for good; else it is trouble at the provider.
        return reply with { Status = code is >= 400 and < 600 ? code : ProviderWords.ErrorNames(reply.Body).Select(StreamErrors.StatusOf).FirstOrDefault(status => status is not null) ?? 500 };
    }

    /// <summary>Whether the endpoint says that it gets too many requests: expected, and a reason to send fewer at once.</summary>
    public static bool IsThrottled(ChatHttpReply reply) =>
        reply.Status == 429 || (reply.Status == 503 && (reply.RetryAfter is not null || reply.RetryAfterMs is not null));

    /// <summary>Whether the endpoint says that the conversation is too long for the model.</summary>
    public static bool IsTooLong(ChatHttpReply reply) => reply.Status == 413 || (IsRefusal(reply) && TooLong().IsMatch(reply.Body));

    /// <summary>Whether the endpoint asks for <c>max_completion_tokens</c> instead of <c>max_tokens</c>.</summary>
    public static bool WantsCompletionTokens(ChatHttpReply reply) =>
        IsRefusal(reply) && reply.Body.Contains("max_completion_tokens", StringComparison.Ordinal);

    /// <summary>Whether the endpoint says that it, or the model, knows no tools.</summary>
    public static bool KnowsNoTools(ChatHttpReply reply) => IsRefusal(reply) && NoTools().IsMatch(reply.Body);

    /// <summary>Whether the endpoint says that it, or the model, takes no schema for a reply.</summary>
    public static bool KnowsNoSchema(ChatHttpReply reply) =>
        IsRefusal(reply) && (reply.Body.Contains("response_format", StringComparison.OrdinalIgnoreCase) || NoSchema().IsMatch(reply.Body));

    private static bool IsRefusal(ChatHttpReply reply) => reply.Status is 400 or 404 or 422;

    private static TimeSpan? Delay(ChatHttpReply reply, DateTimeOffset now, TimeSpan longest)
    {
        TimeSpan? asked = null;
        if (Number(reply.RetryAfterMs) is { } milliseconds)
        {
            asked = TimeSpan.FromMilliseconds(Math.Min(milliseconds, longest.TotalMilliseconds));
        }
        else if (Number(reply.RetryAfter) is { } seconds)
        {
            asked = TimeSpan.FromSeconds(Math.Min(seconds, longest.TotalSeconds));
        }
        else if (DateTimeOffset.TryParse(reply.RetryAfter, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            asked = date - now;
        }

        return asked is null || asked <= TimeSpan.Zero ? null : asked > longest ? longest : asked;
    }

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number > 0 ? number : null;

    [GeneratedRegex(
        @"context_length_exceeded|(maximum|max\w*) (context|model) len|context (length|window|size)|prompt (is )?too long|too many (input )?tokens|input is too long",
        RegexOptions.IgnoreCase)]
    private static partial Regex TooLong();

    [GeneratedRegex(@"json_?\s?schema|structured[ _-]?output|response[ _-]?schema|guided_json|grammar", RegexOptions.IgnoreCase)]
    private static partial Regex NoSchema();

    [GeneratedRegex(
        @"(not|n't) support[^.]{0,40}\b(tools?|functions?)\b|\b(tools?|function)\b[^.]{0,60}(not|n't|un) ?(been )?(support|enabled|available|allowed)|no endpoints[^.]{0,40}tool|enable-auto-tool-choice|(unknown|unrecognized|unexpected|extra)[^.]{0,60}\btools\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex NoTools();
}
