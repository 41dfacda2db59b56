namespace Spark.Temporal.Domain.Memo;

/// <summary>What <see cref="MemoRules"/> say about a rewritten memo.</summary>
/// <param name="Memo">The memo to keep; null when it is refused.</param>
/// <param name="Refusals">Why it is refused, in words for the model that wrote it; empty when it is kept.</param>
/// <param name="LostFacts">Facts of the memo before that it no longer holds and does not withdraw.</param>
/// <param name="WithdrawnFacts">Facts of the memo before that it says turned out wrong.</param>
public sealed record MemoVerdict(
    ExplorationMemo? Memo, IReadOnlyList<string> Refusals, IReadOnlyList<string> LostFacts, IReadOnlyList<string> WithdrawnFacts)
{
    public bool Accepted => Memo is not null;
}
