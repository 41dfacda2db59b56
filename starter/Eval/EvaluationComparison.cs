using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Starter.Eval;

/// <summary>One arm of two evaluations, on the tasks that both scored.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="First">Its sums in the first.</param>
/// <param name="Second">Its sums in the second.</param>
/// <param name="Pair">The second against the first.</param>
internal sealed record ComparedArm(string Arm, ArmSums First, ArmSums Second, PairSums Pair);

/// <summary>Two evaluations side by side.</summary>
/// <param name="First">Name and model of the first.</param>
/// <param name="Second">Name and model of the second.</param>
/// <param name="CommonTasks">Tasks in both.</param>
/// <param name="OnlyFirst">Tasks in the first alone; they count nowhere.</param>
/// <param name="OnlySecond">Tasks in the second alone.</param>
/// <param name="Arms">Arms that both have.</param>
/// <param name="Differences">What makes them hard to compare, such as other agents.</param>
internal sealed record EvaluationComparison(
    string First, string Second, IReadOnlyList<string> CommonTasks, IReadOnlyList<string> OnlyFirst, IReadOnlyList<string> OnlySecond,
    IReadOnlyList<ComparedArm> Arms, IReadOnlyList<string> Differences)
{
    public static EvaluationComparison Of(EvaluationSummary first, EvaluationSummary second)
    {
        var (firstTasks, secondTasks) = (Tasks(first), Tasks(second));
        var common = firstTasks.Intersect(secondTasks).ToHashSet(StringComparer.Ordinal);
        var arms = first.Arms.Select(arm => arm.Name).Intersect(second.Arms.Select(arm => arm.Name));
        return new EvaluationComparison(
            $"{first.Model}/{first.Run}",
            $"{second.Model}/{second.Run}",
            [.. common.Order(StringComparer.Ordinal)],
            [.. firstTasks.Except(secondTasks)],
            [.. secondTasks.Except(firstTasks)],
            [.. arms.Select(arm => Compare(arm, Scores(first, arm, "first", common), Scores(second, arm, "second", common), first.Seed))],
            [.. Differ("agent", first.Agent, second.Agent), .. Differ("time-out multiplier", first.TimeoutMultiplier, second.TimeoutMultiplier), .. Differ("verifier time-out multiplier", first.VerifierTimeoutMultiplier ?? 1, second.VerifierTimeoutMultiplier ?? 1), .. Differ("repeats", first.Repeats, second.Repeats)]);
    }

    private static ComparedArm Compare(string arm, List<EvaluationTrial> first, List<EvaluationTrial> second, ulong seed) => new(
        arm,
        ArmSums.Of("first", first) with { Arm = arm },
        ArmSums.Of("second", second) with { Arm = arm },
        PairSums.Of([.. first, .. second], "second", "first", seed));

    private static List<EvaluationTrial> Scores(EvaluationSummary summary, string arm, string name, HashSet<string> tasks) =>
        [.. summary.Trials.Where(trial => trial.Arm == arm && tasks.Contains(trial.Task)).Select(trial => trial with { Arm = name })];

    private static List<string> Tasks(EvaluationSummary summary) =>
        [.. summary.Trials.Select(trial => trial.Task).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static IEnumerable<string> Differ<T>(string what, T first, T second) =>
        Equals(first, second) ? [] : [$"{what}: {first} and {second}"];
}
