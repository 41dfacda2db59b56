using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>What is known of an evaluation besides its trials.</summary>
public sealed record EvaluationHead
{
    public required string Run { get; init; }
    public required string Agent { get; init; }

    /// <summary>Slugs of the student models.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    public required IReadOnlyList<EvaluationArm> Arms { get; init; }

    /// <summary>Tasks in all.</summary>
    public required int Tasks { get; init; }

    public required int Repeats { get; init; }
    public required ulong Seed { get; init; }
    public required double TimeoutMultiplier { get; init; }

    /// <summary>As <see cref="EvaluationSummary.VerifierTimeoutMultiplier"/>.</summary>
    public double? VerifierTimeoutMultiplier { get; init; }

    public required DateTime StartedAt { get; init; }

    /// <summary>As <see cref="EvaluationSummary.LeftOut"/>.</summary>
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

/// <summary>Sums up an evaluation. The order in which its trials ended changes nothing.</summary>
public static class SummaryMaker
{
    /// <summary>One summary for each student.</summary>
    /// <param name="head">What is known besides the trials.</param>
    /// <param name="trials">Every trial that ended, of all students.</param>
    /// <param name="finishedAt">When.</param>
    public static IReadOnlyList<EvaluationSummary> Of(EvaluationHead head, IReadOnlyList<EvaluationTrial> trials, DateTime finishedAt)
    {
        var byModel = trials.ToLookup(trial => trial.Model, StringComparer.Ordinal);
        var planned = head.Tasks * head.Arms.Count * head.Repeats;
        var transfer = head.Models.Count > 1 ? head.Models.Select(model => Row(head, model, [.. byModel[model]])).ToList() : null;
        return [.. head.Models.Select(model => One(head, model, Sorted(head, byModel[model]), planned, finishedAt) with { Transfer = transfer })];
    }

    /// <summary>
    /// The pairs that are compared: every arm with every arm before it. Human skills are always the side compared with,
    /// unless the other arm has no skill.
    /// </summary>
    public static IEnumerable<(string Arm, string Against)> Pairs(IReadOnlyList<EvaluationArm> arms)
    {
        for (var second = 1; second < arms.Count; second++)
        {
            for (var first = 0; first < second; first++)
            {
                var isHuman = arms[second].Source == SkillSource.Human && arms[first].Source != SkillSource.None;
                yield return isHuman ? (arms[first].Name, arms[second].Name) : (arms[second].Name, arms[first].Name);
            }
        }
    }

    private static EvaluationSummary One(EvaluationHead head, string model, List<EvaluationTrial> trials, int planned, DateTime finishedAt)
    {
        return new EvaluationSummary
        {
            Run = head.Run,
            Model = model,
            Agent = head.Agent,
            SkillSourceModel = head.Arms.FirstOrDefault(arm => arm.Name == EvaluationArm.Generated) is { } generated ? generated.SkillSourceModel ?? model : null,
            Repeats = head.Repeats,
            Seed = head.Seed,
            TimeoutMultiplier = head.TimeoutMultiplier,
            VerifierTimeoutMultiplier = head.VerifierTimeoutMultiplier,
            Complete = trials.Count == planned,
            Planned = planned,
            StartedAt = head.StartedAt,
            FinishedAt = finishedAt,
            LeftOut = head.LeftOut,
            Arms = head.Arms,
            Sums = [.. head.Arms.Select(arm => ArmSums.Of(arm.Name, trials))],
            Comparisons = [.. Pairs(head.Arms).Select(pair => PairSums.Of(trials, pair.Arm, pair.Against, head.Seed))],
            Trials = trials,
        };
    }

    private static TransferRow Row(EvaluationHead head, string model, List<EvaluationTrial> trials)
    {
        return new TransferRow(model, [.. head.Arms.Select(arm =>
        {
            var sums = ArmSums.Of(arm.Name, trials);
            var delta = arm.Source == SkillSource.None ? null : PairSums.Of(trials, arm.Name, EvaluationArm.Baseline, head.Seed, resamples: 1).DeltaR;
            return new TransferCell(arm.Name, sums.PassRate, sums.MeanReward, delta, sums.Scored);
        })]);
    }

    private static List<EvaluationTrial> Sorted(EvaluationHead head, IEnumerable<EvaluationTrial> trials)
    {
        var places = head.Arms.Select((arm, place) => (arm.Name, place)).ToDictionary(arm => arm.Name, arm => arm.place, StringComparer.Ordinal);
        return [.. trials.OrderBy(trial => trial.Task, StringComparer.Ordinal).ThenBy(trial => places.GetValueOrDefault(trial.Arm)).ThenBy(trial => trial.Repeat)];
    }
}
