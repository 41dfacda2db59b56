using Spark.Temporal.Activities.Llm.Signs;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What an error reply means for the workflow.</summary>
internal static class ErrorMap
{
    /// <summary>Share of a wait that may be added to it, so that calls that were refused together do not come back together.</summary>
    private const double Jitter = 0.1;

    private static readonly TimeSpan MostJitter = TimeSpan.FromSeconds(5);

    /// <summary>The failure to throw for a reply that is no success.</summary>
    /// <param name="reply">The reply, already without secrets.</param>
    /// <param name="endpoint">Where it came from.</param>
    /// <param name="profile">Name of its profile.</param>
    /// <param name="now">The time, for a Retry-After that is a date.</param>
    /// <param name="longest">Longest delay to follow.</param>
    public static ApplicationFailureException Failure(ChatHttpReply reply, ModelEndpoint endpoint, string profile, DateTimeOffset now, TimeSpan longest)
    {
        var words = $"{endpoint.BaseUrl} answered {reply.Status} for model '{endpoint.Model}': {ProviderWords.From(reply)}";
        if (Refusals.Of(reply, endpoint, profile, now) is { } refusal)
        {
            return new ApplicationFailureException($"{Ended(words)} {refusal.Meaning} {refusal.Remedy}", refusal.Type, nonRetryable: true);
        }

        var sign = Refusals.SignOf(reply, endpoint.HasKey);
        var meaning = sign?.Meaning.Replace("{setting}", $"{LlmOptions.Section}:Profiles:{profile}", StringComparison.Ordinal);
        return new ApplicationFailureException(
            string.IsNullOrEmpty(meaning) ? words : $"{Ended(words)} {meaning}",
            FailureTypes.ModelUnavailable,
            nextRetryDelay: Delay(Refusals.Asked(reply, now) ?? (sign?.WaitSec is { } seconds ? TimeSpan.FromSeconds(seconds) : null), longest),
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

        // Without a number the words may still tell that it is for good; if not, it is trouble at the provider.
        return reply with { Status = code is >= 400 and < 600 ? code : 500 };
    }

    /// <summary>Whether the endpoint says that it gets too many requests: expected, and a reason to send fewer at once.</summary>
    public static bool IsThrottled(ChatHttpReply reply) =>
        reply.Status == 429 || (reply.Status == 503 && (reply.RetryAfter is not null || reply.RetryAfterMs is not null));

    /// <summary>Whether the endpoint says that the conversation is too long for the model; with its numbers.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="replyTokens">The limit of the reply that was asked for.</param>
    public static Overflow? TooLong(ChatHttpReply reply, int replyTokens) =>
        (reply.IsPage && reply.Status != 413) || reply.Status is < 400 ? null : Overflow.Read(reply.Status, ErrorText.Of(reply.Body), replyTokens);

    private static string Ended(string words) => words[^1] is '.' or '!' or '?' or '…' ? words : words + ".";

    private static TimeSpan? Delay(TimeSpan? asked, TimeSpan longest)
    {
        if (asked is not { } wait || wait <= TimeSpan.Zero)
        {
            return null;
        }

        wait = wait > longest ? longest : wait;
        var more = wait * Jitter * Random.Shared.NextDouble();
        return wait + (more > MostJitter ? MostJitter : more);
    }
}
