using System.Globalization;
using Spark.Temporal.Activities.Llm.Signs;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Llm;

/// <summary>A refusal that no try within the call changes.</summary>
/// <param name="Type">One of <see cref="FailureTypes"/>.</param>
/// <param name="Meaning">What it means, as a sentence.</param>
/// <param name="Remedy">What to do, as a sentence.</param>
internal sealed record Refusal(string Type, string Meaning, string Remedy);

/// <summary>What the row of <see cref="SignTable"/> that a reply fits says of this profile.</summary>
internal static class Refusals
{
    /// <summary>A wait that is longer is no throttling, but a quota: the run waits for it, and not the call.</summary>
    public static readonly TimeSpan Quota = TimeSpan.FromHours(1);

    /// <summary>What a reply refuses; null where it may pass by itself within a call, or is no refusal.</summary>
    /// <param name="reply">The reply, already without secrets.</param>
    /// <param name="endpoint">Where it came from.</param>
    /// <param name="profile">Name of the profile, for the remedy.</param>
    /// <param name="now">The time, for a wait that ends at a date.</param>
    public static Refusal? Of(ChatHttpReply reply, ModelEndpoint endpoint, string profile, DateTimeOffset now)
    {
        if (SignTable.Of(Input(reply, endpoint.HasKey)) is not { } found)
        {
            return null;
        }

        var asked = Asked(reply, now);
        var (sign, named) = found;
        string Said(string text) => text
            .Replace("{setting}", $"{LlmOptions.Section}:Profiles:{profile}", StringComparison.Ordinal)
            .Replace("{profile}", profile, StringComparison.Ordinal)
            .Replace("{key}", endpoint.Profile.KeyVariable, StringComparison.Ordinal)
            .Replace("{target}", Target(reply.Location), StringComparison.Ordinal)
            .Replace("{n}", named, StringComparison.Ordinal)
            .Replace("{until}", asked is { } wait ? Until(wait, now) : "", StringComparison.Ordinal);
        if (sign.Class == SignClass.Passing)
        {
            return asked > Quota
                ? new Refusal(
                    FailureTypes.ModelRefused,
                    $"It takes no more for hours: a quota is used up, which comes back{Until(asked.Value, now)}.",
                    Said("Wait for that (the run goes on by itself), raise the quota at the provider, or let model profile '{profile}' use another key."))
                : null;
        }

        return new Refusal(TypeOf(sign.Class), Said(sign.Meaning), Said(sign.Remedy));
    }

    /// <summary>What the provider asks to wait; null where it says nothing.</summary>
    public static TimeSpan? Asked(ChatHttpReply reply, DateTimeOffset now) => RetryHints.Asked(HeadersOf(reply), ErrorText.Of(reply.Body), now);

    /// <summary>The row that a reply fits; null for a success.</summary>
    public static Sign? SignOf(ChatHttpReply reply, bool hasKey) => SignTable.Of(Input(reply, hasKey))?.Sign;

    private static SignInput Input(ChatHttpReply reply, bool hasKey) => new(
        reply.Status,
        ErrorText.Of(reply.Body),
        reply.IsPage,
        hasKey,
        HeadersOf(reply).FirstOrDefault(header => header.Key.Equals("x-should-retry", StringComparison.OrdinalIgnoreCase)).Value?.Trim().ToLowerInvariant() switch
        {
            "true" => true,
            "false" => false,
            _ => null,
        });

    private static string TypeOf(SignClass kind) => kind switch
    {
        SignClass.Key => FailureTypes.ModelUnauthorized,
        SignClass.Moderation => FailureTypes.ModelFiltered,
        _ => FailureTypes.ModelRefused,
    };

    private static Dictionary<string, string> HeadersOf(ChatHttpReply reply)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in reply.Headers.Where(header => RetryHints.IsRead(header.Key)))
        {
            headers[name] = value;
        }

        if (reply.RetryAfter is { } after)
        {
            headers["retry-after"] = after;
        }

        if (reply.RetryAfterMs is { } milliseconds)
        {
            headers["retry-after-ms"] = milliseconds;
        }

        return headers;
    }

    private static string Target(string? location)
    {
        var target = Uri.TryCreate(location, UriKind.RelativeOrAbsolute, out var uri) && uri.IsAbsoluteUri ? uri.GetLeftPart(UriPartial.Path) : location?.Split('?')[0];
        return string.IsNullOrEmpty(target) ? "another address" : target;
    }

    private static string Until(TimeSpan wait, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $" at {(now + wait).UtcDateTime:yyyy-MM-dd HH:mm} UTC (in {(wait.TotalHours >= 1 ? $"{Math.Floor(wait.TotalHours)} h " : "")}{wait.Minutes} min)");
}
