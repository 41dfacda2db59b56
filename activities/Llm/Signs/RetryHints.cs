using System.Globalization;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>How long a provider says to wait: in milliseconds, seconds, as a date, in the JSON, in its words, or by the reset of a used-up limit.</summary>
internal static partial class RetryHints
{
    /// <summary>Seconds that no wait is longer than, whatever is written.</summary>
    private const double Longest = 1e9;

    private const StringComparison Any = StringComparison.OrdinalIgnoreCase;

    private static readonly string[] Prefixes = ["x-ratelimit-", "anthropic-ratelimit-", "ratelimit-"];

    /// <summary>Names of the headers that are read here, beside <see cref="IsRead"/>.</summary>
    private static readonly string[] Names = ["retry-after", "retry-after-ms", "x-should-retry"];

    /// <summary>Whether a header of a reply is worth keeping.</summary>
    public static bool IsRead(string header) =>
        Names.Contains(header, StringComparer.OrdinalIgnoreCase) || Prefixes.Any(prefix => header.StartsWith(prefix, Any));

    /// <summary>What a reply asks for.</summary>
    /// <param name="headers">Headers of the reply.</param>
    /// <param name="text">Its text, as <see cref="ErrorText"/> writes it.</param>
    /// <param name="now">The time.</param>
    /// <returns>Null where it says nothing, or nothing that lies ahead.</returns>
    public static TimeSpan? Asked(IReadOnlyDictionary<string, string> headers, string text, DateTimeOffset now)
    {
        var asked = Span(Number(Value(headers, "retry-after-ms")) / 1000)
            ?? Reset(Value(headers, "retry-after"), now)
            ?? Delay().Match(text) switch { { Success: true } delay => Duration(delay.Groups[1].Value), _ => null }
            ?? Words().Match(text) switch { { Success: true } words => Duration(words.Groups[1].Value), _ => null }
            ?? UsedUp(headers, now);
        return asked > TimeSpan.Zero ? asked : null;
    }

    /// <summary>The latest reset of the limits of which nothing is left.</summary>
    private static TimeSpan? UsedUp(IReadOnlyDictionary<string, string> headers, DateTimeOffset now)
    {
        TimeSpan? latest = null;
        foreach (var (name, value) in headers)
        {
            // -1 and 0 beside it mean that the provider does not know: without a reset that lies ahead nothing is asked for.
            var reset = name.Contains("-remaining", Any) && Number(value) == 0 ? name.Replace("-remaining", "-reset", Any)
                : name.EndsWith("-status", Any) && value.Equals("rejected", Any) ? name.Replace("-status", "-reset", Any)
                : null;
            if (reset is not null && Reset(Value(headers, reset), now) is { } span && span > (latest ?? TimeSpan.Zero))
            {
                latest = span;
            }
        }

        return latest;
    }

    /// <summary>A time to come: seconds, a duration, a date, or seconds or milliseconds since 1970.</summary>
    private static TimeSpan? Reset(string? text, DateTimeOffset now)
    {
        if (Number(text) is { } number)
        {
            return Span(number switch
            {
                > 1e11 => (number / 1000) - now.ToUnixTimeSeconds(),
                > 1e9 => number - now.ToUnixTimeSeconds(),
                _ => number,
            });
        }

        return text is null ? null : Duration(text)
            ?? (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date - now : null);
    }

    private static double? Number(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;

    private static TimeSpan? Span(double? seconds) => seconds is > 0 ? TimeSpan.FromSeconds(Math.Min(seconds.Value, Longest)) : null;

    /// <summary>Text such as <c>6s</c>, <c>1m30s</c>, <c>10h17m</c>, <c>12ms</c>, <c>1.5 seconds</c>, <c>01:23:45</c>.</summary>
    private static TimeSpan? Duration(string text)
    {
        text = text.Trim().TrimEnd('.');
        if (Clock().IsMatch(text) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var clock))
        {
            return clock;
        }

        if (Whole().Match(text) is not { Success: true } match)
        {
            return null;
        }

        var seconds = 0.0;
        foreach (var (number, unit) in match.Groups["n"].Captures.Zip(match.Groups["u"].Captures))
        {
            seconds += double.Parse(number.Value, CultureInfo.InvariantCulture) * UnitOf(unit.Value.ToLowerInvariant());
        }

        return TimeSpan.FromSeconds(Math.Min(seconds, Longest));
    }

    private static double UnitOf(string unit) => unit switch
    {
        "" or "s" => 1,
        "ms" => 0.001,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ when unit.StartsWith("milli", StringComparison.Ordinal) => 0.001,
        _ when unit.StartsWith("sec", StringComparison.Ordinal) => 1,
        _ when unit.StartsWith("min", StringComparison.Ordinal) => 60,
        _ when unit.StartsWith('h') => 3_600,
        _ => 86_400,
    };

    private static string? Value(IReadOnlyDictionary<string, string> headers, string name) =>
        headers.FirstOrDefault(header => header.Key.Equals(name, Any)).Value;

    [GeneratedRegex(@"""retryDelay"":""?(\d[\d.]*s?)", RegexOptions.IgnoreCase)]
    private static partial Regex Delay();

    [GeneratedRegex(
        @"(?:(?:try|retry)(?: again| your request)? (?:in|after)|replenished in|wait(?: for)?|resets? in) "
        + @"((?:\d{1,2}:\d\d:\d\d)|(?:\d[\d.]* ?(?:ms|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|s|m|h|d)\b ?|\d[\d.]*(?:ms|s|m|h|d))+)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Words();

    [GeneratedRegex(@"^(?:(?<n>\d+(?:\.\d+)?) ?(?<u>ms|milliseconds?|seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|s|m|h|d|)(?: ?))+$", RegexOptions.IgnoreCase)]
    private static partial Regex Whole();

    [GeneratedRegex(@"^\d{1,2}:\d\d:\d\d$")]
    private static partial Regex Clock();
}
