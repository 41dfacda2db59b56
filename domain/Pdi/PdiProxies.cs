using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>The three proxies of one reflection, before they are compared with earlier reflections.</summary>
/// <param name="Exec">Verified facts against the attempt's commands.</param>
/// <param name="Plan">Next strategy against the previous one; 0 without a previous memo.</param>
/// <param name="Oss">Mean similarity of facts and of failed tests to the previous ones; 0 without a previous memo.</param>
public readonly record struct PdiProxies(double Exec, double Plan, double Oss)
{
    public static PdiProxies Of(PdiMethod method, PdiObservation observation)
    {
        var facts = MemoSections.Find(observation.MemoAfter, MemoSections.VerifiedFacts);
        var strategy = MemoSections.Find(observation.MemoAfter, MemoSections.NextStrategy);
        var exec = facts.Length == 0 ? 0
            : method == PdiMethod.TokenOverlap ? Similarity.Containment(Tokens.SetOf(facts), Tokens.SetOf(observation.Commands))
            : Similarity.JensenShannon(facts, observation.Commands);
        if (string.IsNullOrWhiteSpace(observation.MemoBefore))
        {
            return new PdiProxies(exec, 0, 0);
        }

        var factsBefore = MemoSections.Find(observation.MemoBefore, MemoSections.VerifiedFacts);
        var strategyBefore = MemoSections.Find(observation.MemoBefore, MemoSections.NextStrategy);
        var plan = OfTexts(method, strategyBefore, strategy);
        var oss = (0.5 * OfTexts(method, factsBefore, facts)) + (0.5 * OfTests(method, observation.PreviousFailedTests ?? [], observation.FailedTests));
        return new PdiProxies(exec, plan, oss);
    }

    private static double OfTexts(PdiMethod method, string before, string now) => method == PdiMethod.TokenOverlap
        ? Similarity.Jaccard(Tokens.SetOf(before), Tokens.SetOf(now))
        : Similarity.JensenShannon(before, now);

    private static double OfTests(PdiMethod method, IReadOnlyList<string> before, IReadOnlyList<string> now)
    {
        if (before.Count == 0 && now.Count == 0)
        {
            return 0;
        }

        return method == PdiMethod.TokenOverlap
            ? Similarity.Jaccard(new HashSet<string>(before, StringComparer.Ordinal), new HashSet<string>(now, StringComparer.Ordinal))
            : Similarity.JensenShannon(Join(before), Join(now));

        static string Join(IReadOnlyList<string> tests) => string.Join(' ', tests.Distinct(StringComparer.Ordinal));
    }
}
