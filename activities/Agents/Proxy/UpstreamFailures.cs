namespace Spark.Temporal.Activities.Agents.Proxy;

/// <summary>One call that no model answered.</summary>
/// <param name="Status">The endpoint's status, 0 for none.</param>
/// <param name="Words">Its words, one line, without secrets.</param>
/// <param name="At">When.</param>
internal sealed record UpstreamFailure(int Status, string Words, DateTimeOffset At);

/// <summary>What an endpoint refused or did not answer, as the proxy saw it: agents' exit codes do not tell.</summary>
/// <param name="Total">All of them.</param>
/// <param name="InARow">Those since the last answer.</param>
/// <param name="Since">When the first of those was.</param>
/// <param name="Last">The last one.</param>
internal sealed record UpstreamFailures(int Total, int InARow, DateTimeOffset? Since, UpstreamFailure? Last)
{
    public static readonly UpstreamFailures None = new(0, 0, null, null);

    /// <summary>How long an agent may go on asking an endpoint that answers nothing but errors which may pass.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public UpstreamFailures And(UpstreamFailure failure) => new(Total + 1, InARow + 1, Since ?? failure.At, failure);

    public UpstreamFailures Answered() => this with { InARow = 0, Since = null };

    /// <summary>Whether asking on is of no use: agents repeat a refused key for minutes.</summary>
    /// <param name="answered">Whether any call of the run was answered: then a lasting silence may be the agent's pause.</param>
    /// <param name="now">Now.</param>
    public bool Hopeless(bool answered, DateTimeOffset now) => InARow >= 2 && (Last?.Status switch
    {
        401 or 402 or 403 or 404 => !answered || InARow >= 4,
        _ => !answered && now - Since > Patience,
    });
}
