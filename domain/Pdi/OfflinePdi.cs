using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Pdi;

/// <summary>What the index of a finished run is computed from.</summary>
public sealed record OfflineRun
{
    /// <summary>The passing attempt's commands (docs/architecture.md, "Commands and test summary").</summary>
    public required string Commands { get; init; }

    /// <summary>The skill without its front matter.</summary>
    public required string SkillBody { get; init; }

    /// <summary>Every memo written, in order, with the failed tests of the attempt it was written after.</summary>
    public required IReadOnlyList<OfflineReflection> Reflections { get; init; }
}

/// <param name="Memo">The memo that the reflection wrote.</param>
/// <param name="FailedTests">Distinct lines of the attempt's failed tests.</param>
public sealed record OfflineReflection(string Memo, IReadOnlyList<string> FailedTests);

/// <summary>The three similarities of one run, 0 to 1.</summary>
/// <param name="Exec">φexec: how much of what the passing attempt did is in the skill.</param>
/// <param name="Plan">φplan: how much of what was planned on the way is in the skill; 0 where nothing was planned.</param>
/// <param name="Oss">φoss: how little facts and failing tests changed from memo to memo.</param>
public readonly record struct Phi(double Exec, double Plan, double Oss);

/// <summary>Weights of the three terms; the signs are fixed.</summary>
public readonly record struct PdiWeights(double Exec, double Plan, double Oss)
{
    public static PdiWeights Equal { get; } = new(1, 1, 1);
}

/// <summary>Quadrants of the plane of φplan and φexec.</summary>
public enum PdiQuadrant
{
    /// <summary>Much of what was done, little of what was planned.</summary>
    Grounded,

    /// <summary>Much of both.</summary>
    Mixed,

    /// <summary>Little of either.</summary>
    Detached,

    /// <summary>Little of what was done, much of what was planned.</summary>
    PlanBound,
}

/// <summary>
/// The posterior distillation index of finished runs (docs/architecture.md, "The offline index"; arXiv 2605.09192).
/// Similarity is one minus the Jensen-Shannon divergence: <see cref="Similarity.JensenShannon"/>.
/// </summary>
public static class OfflinePdi
{
    /// <summary>
    /// Whether any memo of the run has a Next Strategy with a word in it. A run that passed at its first attempt has none;
    /// smoothing would turn that into a plan of all words alike, which is like any skill.
    /// </summary>
    public static bool Planned(OfflineRun run) => Tokens.Of(Plans(run)).Count > 0;

    /// <summary>The similarities of one run.</summary>
    public static Phi PhiOf(OfflineRun run)
    {
        double still = 0;
        for (var at = 1; at < run.Reflections.Count; at++)
        {
            OfflineReflection before = run.Reflections[at - 1], now = run.Reflections[at];
            still += (0.5 * Similarity.JensenShannon(Facts(before), Facts(now))) + (0.5 * Similarity.JensenShannon(Tests(before), Tests(now)));
        }

        return new Phi(
            Similarity.JensenShannon(run.Commands, run.SkillBody),
            Planned(run) ? Similarity.JensenShannon(Plans(run), run.SkillBody) : 0,
            run.Reflections.Count < 2 ? 0 : still / (run.Reflections.Count - 1));
    }

    /// <summary>
    /// w · z(φexec) − w · z(φplan) − w · z(φoss) of every run, with z over the given runs. So an index only compares a run
    /// with these runs; alone it says nothing.
    /// </summary>
    public static IReadOnlyList<double> Index(IReadOnlyList<Phi> runs, PdiWeights? weights = null)
    {
        var by = weights ?? PdiWeights.Equal;
        var exec = Descriptive.StandardScores([.. runs.Select(run => run.Exec)]);
        var plan = Descriptive.StandardScores([.. runs.Select(run => run.Plan)]);
        var oss = Descriptive.StandardScores([.. runs.Select(run => run.Oss)]);
        return [.. runs.Select((_, at) => (by.Exec * exec[at]) - (by.Plan * plan[at]) - (by.Oss * oss[at]))];
    }

    /// <summary>
    /// The index of a run that is not among the given ones: its z are taken by their means and deviations. Weights are
    /// scaled to a sum of three, so that indices by other weights can be ranked together.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="among">The runs that it is compared with; at least one.</param>
    /// <param name="weights">The weights.</param>
    public static double IndexAgainst(Phi run, IReadOnlyList<Phi> among, PdiWeights weights)
    {
        var scale = 3 / (weights.Exec + weights.Plan + weights.Oss);
        var exec = Descriptive.StandardScore(run.Exec, [.. among.Select(other => other.Exec)]);
        var plan = Descriptive.StandardScore(run.Plan, [.. among.Select(other => other.Plan)]);
        var oss = Descriptive.StandardScore(run.Oss, [.. among.Select(other => other.Oss)]);
        return scale * ((weights.Exec * exec) - (weights.Plan * plan) - (weights.Oss * oss));
    }

    /// <summary>The quadrant of a run; a value on the median counts as low in φplan and as high in φexec.</summary>
    public static PdiQuadrant Quadrant(Phi run, double medianExec, double medianPlan) => (run.Exec >= medianExec, run.Plan > medianPlan) switch
    {
        (true, false) => PdiQuadrant.Grounded,
        (true, true) => PdiQuadrant.Mixed,
        (false, false) => PdiQuadrant.Detached,
        (false, true) => PdiQuadrant.PlanBound,
    };

    /// <summary>
    /// Weights of a half, one and two in every combination. Multiples of another combination are left out: they give the
    /// same ranking.
    /// </summary>
    public static IReadOnlyList<PdiWeights> Sweep()
    {
        double[] steps = [0.5, 1, 2];
        return [.. from exec in steps
                   from plan in steps
                   from oss in steps
                   where Math.Max(exec, Math.Max(plan, oss)) == 2
                   select exec == plan && plan == oss ? PdiWeights.Equal : new PdiWeights(exec, plan, oss)];
    }

    private static string Plans(OfflineRun run) =>
        string.Join('\n', run.Reflections.Select(reflection => MemoSections.Find(reflection.Memo, MemoSections.NextStrategy)));

    private static string Facts(OfflineReflection reflection) => MemoSections.Find(reflection.Memo, MemoSections.VerifiedFacts);

    private static string Tests(OfflineReflection reflection) => string.Join(' ', reflection.FailedTests.Distinct(StringComparer.Ordinal));
}
