using System.Globalization;
using System.Text.RegularExpressions;

namespace Spark.Temporal.Activities.Llm.Signs;

/// <summary>What is to be done about an error reply.</summary>
internal enum SignClass
{
    /// <summary>The same request goes through later.</summary>
    Passing,

    /// <summary>The key is missing, wrong, or without rights.</summary>
    Key,

    /// <summary>Only a person can change it.</summary>
    Permanent,

    /// <summary>It comes back by itself, but not within a call: a quota of a day, a used-up window of hours.</summary>
    ForNow,

    /// <summary>A setting of the profile or a switch of the server changes it.</summary>
    Setting,

    /// <summary>It is about what this one request says.</summary>
    Moderation,

    /// <summary>The conversation was written in a form that the endpoint does not take.</summary>
    Client,

    /// <summary>The conversation and the reply do not fit the model.</summary>
    Overflow,
}

/// <summary>What a reply must be for a row to hold.</summary>
internal enum ReplyShape
{
    /// <summary>Anything but a web page.</summary>
    Words,

    Page,

    Any,
}

/// <summary>
/// One row of <see cref="SignTable"/>. <c>Meaning</c> and <c>Remedy</c> are sentences with the marks <c>{setting}</c> (the profile's settings),
/// <c>{profile}</c>, <c>{key}</c> (the key's variable), <c>{target}</c> (of a redirect), <c>{n}</c> (what the words name), <c>{until}</c> (when it is over).
/// </summary>
internal sealed class Sign
{
    private readonly (int From, int To)[] _statuses;
    private readonly Regex? _words;

    /// <param name="name">Names the row, in tests and logs.</param>
    /// <param name="statuses">Statuses and ranges such as <c>400 403 500-599</c>.</param>
    /// <param name="words">What the text must hold, without regard to case; null for any text.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="meaning">What it means; empty where the provider's words say it.</param>
    /// <param name="remedy">What to do; empty for what passes.</param>
    public Sign(string name, string statuses, string? words, SignClass kind, string meaning = "", string remedy = "")
    {
        (Name, Class, Meaning, Remedy) = (name, kind, meaning, remedy);
        _statuses = [.. statuses.Split(' ').Select(Range)];
        _words = words is null ? null : new Regex(words, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
    }

    public string Name { get; }

    public SignClass Class { get; }

    public string Meaning { get; }

    public string Remedy { get; }

    public ReplyShape Shape { get; init; }

    /// <summary>Whether a key must have been sent; null where that does not matter.</summary>
    public bool? Key { get; init; }

    /// <summary>How long to wait where the provider does not say, in seconds; null for what Temporal waits.</summary>
    public double? WaitSec { get; init; }

    /// <summary>Whether the status alone decides; such a row stands below <c>x-should-retry</c>.</summary>
    public bool ByStatus => _words is null && Shape == ReplyShape.Words;

    /// <returns>What <c>{n}</c> stands for, empty for nothing; null where the row does not hold.</returns>
    public string? Match(SignInput reply)
    {
        if (!_statuses.Any(range => reply.Status >= range.From && reply.Status <= range.To)
            || (Key is { } key && key != reply.HasKey)
            || (Shape != ReplyShape.Any && (Shape == ReplyShape.Page) != reply.IsPage))
        {
            return null;
        }

        if (_words is null)
        {
            return "";
        }

        try
        {
            return _words.Match(reply.Text) is { Success: true } found ? found.Groups["n"].Value : null;
        }
        catch (RegexMatchTimeoutException)
        {
            // A body made to be slow to read says nothing; its status still counts.
            return null;
        }
    }

    private static (int From, int To) Range(string text)
    {
        var parts = text.Split('-');
        return (int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[^1], CultureInfo.InvariantCulture));
    }
}

/// <summary>A reply as the table reads it.</summary>
/// <param name="Status">HTTP status, or the one that its error means.</param>
/// <param name="Text">The body as <see cref="ErrorText"/> writes it.</param>
/// <param name="IsPage">Whether it is a web page.</param>
/// <param name="HasKey">Whether a key was sent.</param>
/// <param name="ShouldRetry">What <c>x-should-retry</c> says; null where it says nothing.</param>
internal sealed record SignInput(int Status, string Text, bool IsPage = false, bool HasKey = true, bool? ShouldRetry = null);
