using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Workflows.Messages;

/// <summary>What the run of a batch's item came to, whatever its kind.</summary>
public interface IRunResult
{
    TokenUsage Usage { get; }

    int ModelCalls { get; }

    /// <summary>Requests cut off in flight that had to be sent again.</summary>
    int ResentInFlight { get; }

    /// <summary>What went wrong; null when nothing did.</summary>
    string? Error { get; }

    /// <summary>The item's state after it.</summary>
    ItemState ItemState { get; }

    /// <summary>How it ended, in a few words without the error.</summary>
    string Ending { get; }

    /// <summary>The same, small enough to travel in a report.</summary>
    IRunResult Shortened();
}

/// <summary>How results put themselves into few words.</summary>
internal static class ResultWords
{
    /// <summary>Most characters of an error that a report takes along; the run's own records have all.</summary>
    private const int ErrorCharacters = 1_000;

    /// <summary>A status and what it took: "passed after 2 attempts".</summary>
    public static string After(Enum status, int number, string what) => $"{PlainText.Words(status)} after {number} {what}{(number == 1 ? "" : "s")}";

    /// <summary>An error no longer than a report takes along.</summary>
    public static string? Cut(string? error) => error is { Length: > ErrorCharacters } ? error[..ErrorCharacters] + "…" : error;
}
