using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Support.Endpoints;

/// <summary>What must become of a call.</summary>
internal static class Must
{
    /// <summary>For good, with words that name the remedy.</summary>
    public static Ending Refuse(params string[] words) => new(FailureTypes.ModelRefused, words);

    /// <summary>The key, or what it may do.</summary>
    public static Ending Deny(params string[] words) => new(FailureTypes.ModelUnauthorized, words);

    /// <summary>For good, whichever of the two it is called.</summary>
    public static Ending RefuseOrDeny(params string[] words) => new($"{FailureTypes.ModelRefused}|{FailureTypes.ModelUnauthorized}", words);

    /// <summary>This one request, not requests as such.</summary>
    public static Ending Filter(params string[] words) => new(FailureTypes.ModelFiltered, words);

    /// <summary>Left to a later try, after the wait that the provider asks for.</summary>
    public static Ending Wait(double? seconds = null, params string[] words) =>
        new(FailureTypes.ModelUnavailable, words) { Passing = true, Wait = seconds is { } wait ? TimeSpan.FromSeconds(wait) : null };

    /// <summary>
    /// It does not fit, and the message names the setting: a configuration error for a first request, an overflow for a conversation that has
    /// grown, whose older observations may be left out once.
    /// </summary>
    public static Ending Overflow(params string[] words) => new(FailureTypes.ContextOverflow, words) { MostRequests = 4 };

    /// <summary>How the same ends for a first request.</summary>
    public static Ending FirstOverflow(Ending ending) => ending with { Failure = FailureTypes.ModelRefused };

    /// <summary>A reply that ends like this.</summary>
    public static Ending Finish(string finish, int requests = 1) => new(Finish: finish) { MostRequests = requests };

    /// <summary>A reply with these words, after at most so many requests.</summary>
    public static Ending Reply(string text, int requests) => new() { Text = text, MostRequests = requests };
}
