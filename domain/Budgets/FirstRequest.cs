namespace Spark.Temporal.Domain.Budgets;

/// <summary>
/// Whether the first request of an attempt can fit a model at all. Nothing of it may be left out, so one that cannot is a matter of settings:
/// no attempt is worth starting.
/// </summary>
public static class FirstRequest
{
    /// <summary>Tokens below which a reply is no use to an agent.</summary>
    public const int LeastReply = 512;

    /// <summary>Share of the estimate that a text costs at the least: <see cref="TokenEstimate"/> errs on the high side.</summary>
    private const double Surely = 0.65;

    /// <param name="estimatedTokens">What is sent, by <see cref="TokenEstimate"/>.</param>
    /// <param name="contextTokens">What the model reads and writes together.</param>
    public static bool CannotFit(int estimatedTokens, int contextTokens) => (estimatedTokens * Surely) + LeastReply > contextTokens;
}
