using Spark.Temporal.Activities.Llm.Signs;

namespace Spark.Temporal.Tests.Activities.Llm.Signs;

/// <summary>How providers say how long to wait.</summary>
public sealed class RetryHintsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [TestCase("retry-after-ms", "1500", 1.5)]
    [TestCase("Retry-After", "7", 7)]
    [TestCase("retry-after", "1m30s", 90)]
    [TestCase("retry-after", "Sat, 28 Nov 2026 12:02:00 GMT", 120)]
    [TestCase("retry-after", "7999", 7999)]
    [TestCase("retry-after", "-1", null)]
    [TestCase("retry-after", "0", null)]
    [TestCase("retry-after", "soon", null)]
    [TestCase("retry-after", "1e300", 1e9)]
    [TestCase("retry-after", "Sat, 28 Nov 2026 11:00:00 GMT", null)]
    public void A_header_says_it(string name, string value, double? seconds) =>
        Assert.That(RetryHints.Asked(new Dictionary<string, string> { [name] = value }, "", Now)?.TotalSeconds, Is.EqualTo(seconds).Within(0.001));

    [TestCase("Rate limit reached. Please try again in 6s.", 6)]
    [TestCase("Please try again in 1m30s. Visit", 90)]
    [TestCase("try again in 7.66s", 7.66)]
    [TestCase("Please try again in 120ms", 0.12)]
    [TestCase("Please retry in 46.123s.", 46.123)]
    [TestCase("Please retry in 10h17m29s", 37049)]
    [TestCase("No deployments available, Try again in 5 seconds", 5)]
    [TestCase("Please retry after 26 seconds.", 26)]
    [TestCase("Quota will be replenished in 01:23:45.", 5025)]
    [TestCase("try again later", null)]
    [TestCase("try again in a moment", null)]
    public void Its_words_say_it(string words, double? seconds) =>
        Assert.That(RetryHints.Asked(new Dictionary<string, string>(), words, Now)?.TotalSeconds, Is.EqualTo(seconds).Within(0.001));

    [Test]
    public void The_json_says_it_and_a_header_stands_above_it()
    {
        var text = ErrorText.Of("""[{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}]""");

        Assert.That(RetryHints.Asked(new Dictionary<string, string>(), text, Now), Is.EqualTo(TimeSpan.FromSeconds(34)));
        Assert.That(RetryHints.Asked(new Dictionary<string, string> { ["retry-after"] = "3" }, text, Now), Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    [TestCase("x-ratelimit-remaining-tokens=0 x-ratelimit-reset-tokens=1m30s x-ratelimit-remaining-requests=7 x-ratelimit-reset-requests=6h", 90)]
    [TestCase("x-ratelimit-remaining-tokens=-1 x-ratelimit-reset-tokens=60", null)]
    [TestCase("x-ratelimit-remaining-tokens=0 x-ratelimit-reset-tokens=-1", null)]
    [TestCase("x-ratelimit-remaining-tokens=0 x-ratelimit-reset-tokens=0", null)]
    [TestCase("x-ratelimit-remaining-tokens=12 x-ratelimit-reset-tokens=60", null)]
    [TestCase("anthropic-ratelimit-requests-remaining=0 anthropic-ratelimit-requests-reset=2026-11-28T12:00:20Z anthropic-ratelimit-tokens-remaining=0 anthropic-ratelimit-tokens-reset=2026-11-28T12:00:45Z", 45)]
    [TestCase("anthropic-ratelimit-unified-5h-status=rejected anthropic-ratelimit-unified-5h-reset=1795881600", 3600 * 4)]
    [TestCase("X-RateLimit-Remaining=0 X-RateLimit-Reset=1795867230000", 30)]
    public void The_reset_of_what_is_used_up_says_it(string headers, double? seconds)
    {
        var given = headers.Split(' ').Select(header => header.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.That(RetryHints.Asked(given, "", Now)?.TotalSeconds, Is.EqualTo(seconds).Within(0.5));
    }
}
