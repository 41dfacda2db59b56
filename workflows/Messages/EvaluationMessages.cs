using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Workflows.Messages;

public sealed record EvaluationInput
{
    /// <summary>Slug of the evaluation.</summary>
    public required string Batch { get; init; }

    /// <summary>Which tasks it has; listed when it starts, so that its size does not depend on how many they are.</summary>
    public required BatchSource Source { get; init; }

    public required IReadOnlyList<EvaluationStudent> Students { get; init; }
    public required IReadOnlyList<EvaluationArm> Arms { get; init; }

    public string Agent { get; init; } = AgentNames.Terminal;

    /// <summary>What the agent is told besides its model; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? AgentKwargs { get; init; }

    /// <summary>Trials of each task, student and arm.</summary>
    public int Repeats { get; init; } = 1;

    /// <summary>Trials open at once.</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Of the order inside a task, and of the intervals.</summary>
    public ulong Seed { get; init; } = 1;

    public AttemptLimits Limits { get; init; } = new();

    /// <summary>What all trials together may spend before no further one starts.</summary>
    public SpendingLimit Budget { get; init; } = SpendingLimit.None;

    /// <summary>Folder under which results are written.</summary>
    public required string OutDir { get; init; }

    /// <summary>Folder of summaries and reports, a folder a model; null for <c>skills_eval_result/</c> in <see cref="OutDir"/>.</summary>
    public string? ResultsRoot { get; init; }

    /// <summary>Keep what an earlier run of this evaluation scored.</summary>
    public bool Resume { get; init; }

    public EvaluationRules Rules { get; init; } = new();

    /// <summary>State of the run before; null at the start.</summary>
    [JsonConverter(typeof(PackedJson<EvaluationCarried>))]
    public EvaluationCarried? Carried { get; init; }
}

/// <param name="Slug">Name of the model in folders and ids.</param>
/// <param name="Model">What is asked.</param>
public sealed record EvaluationStudent(string Slug, ModelChoice Model);

/// <summary>Numbers that rarely change. The delay is here so that tests need not wait for it.</summary>
public sealed record EvaluationRules
{
    /// <summary>How often a trial is run again after a failure of the infrastructure.</summary>
    public int Reruns { get; init; } = 2;

    /// <summary>Seconds before the first of them; doubled for each further one.</summary>
    public double RerunDelaySec { get; init; } = 30;

    /// <summary>Trials in a row that the infrastructure ended, after which the evaluation waits for a person to fix it.</summary>
    public int FailuresInARow { get; init; } = 5;

    /// <summary>Trials that end before the summary is written again.</summary>
    public int PageTrials { get; init; } = 40;

    /// <summary>Events after which it continues as new, as <see cref="BatchTuning.HistoryLimit"/>.</summary>
    public int HistoryLimit { get; init; } = new BatchTuning().HistoryLimit;
}

/// <summary>What goes from one run of the workflow to the next.</summary>
public sealed record EvaluationCarried
{
    public required BatchCarry Window { get; init; }
    public required EvaluationPlanned Planned { get; init; }
    public required IReadOnlyList<ArmTally> Tallies { get; init; }

    /// <summary>Trials that ended since the summary was written.</summary>
    public int Unwritten { get; init; }
}

/// <summary>The trials that were listed, and what is known of them already.</summary>
public sealed record EvaluationPlanned
{
    public required BatchPlan Plan { get; init; }

    /// <summary>What is known of the trials besides (an <c>EvaluationPlanDetails</c>).</summary>
    public required ArtifactRef Details { get; init; }

    /// <summary>Counts of what is skipped or scored already.</summary>
    public IReadOnlyList<ArmTally> Tallies { get; init; } = [];

    /// <summary>What is skipped and why, the first twenty.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];

    /// <summary>When the earlier run started whose scores are kept; null for none.</summary>
    public DateTime? StartedAt { get; init; }
}

/// <summary>Counts of one student and arm so far.</summary>
public sealed record ArmTally(string Model, string Arm) : ICosted
{
    public int Scored { get; init; }
    public int Passed { get; init; }
    public int Skipped { get; init; }
    public int Infrastructure { get; init; }

    /// <summary>Trials whose verifier ran out of time.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int NoVerdict { get; init; }

    public double Rewards { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public double? CostUsd { get; init; } = 0;

    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }

    /// <summary>The tally with one more trial.</summary>
    public ArmTally With(Outcome outcome, double? reward, ICosted cost, bool noVerdict)
    {
        var scored = outcome.IsScored() && !noVerdict;
        var sum = Money.Sum([this, cost]);
        return this with
        {
            Scored = Scored + (scored ? 1 : 0),
            Passed = Passed + (outcome == Outcome.Pass ? 1 : 0),
            Skipped = Skipped + (outcome == Outcome.Skipped ? 1 : 0),
            Infrastructure = Infrastructure + (outcome == Outcome.Infrastructure ? 1 : 0),
            NoVerdict = NoVerdict + (outcome.IsScored() && noVerdict ? 1 : 0),
            Rewards = Rewards + (scored ? reward ?? 0 : 0),
            CostUsd = sum.CostUsd,
            Unpriced = sum.Unpriced,
            Estimated = sum.Estimated,
        };
    }
}

public sealed record EvaluationResult
{
    public required string Batch { get; init; }
    public required IReadOnlyList<StudentResult> Students { get; init; }

    /// <summary>Path of the report on all students; null where there is only one student.</summary>
    public string? TransferReport { get; init; }

    /// <summary>Tasks that could not run, as <see cref="BatchResult.LeftOut"/>; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LeftOutTasks>? LeftOut { get; init; }
}

/// <summary>What came out for one student.</summary>
public sealed record StudentResult
{
    public required string Model { get; init; }

    /// <summary>Absolute path of <c>summary.json</c>; <c>report.md</c> and <c>report.html</c> are beside it.</summary>
    public required string SummaryPath { get; init; }

    public required bool Complete { get; init; }
    public required IReadOnlyList<ArmSums> Arms { get; init; }
    public required IReadOnlyList<PairResult> Comparisons { get; init; }
}

/// <param name="Arm">The arm.</param>
/// <param name="Against">What it is compared with.</param>
/// <param name="DeltaR">Mean Δr over common tasks.</param>
/// <param name="Interval">Of Δr, 95 %.</param>
/// <param name="McNemarP">Exact two-sided p.</param>
/// <param name="Harmed">Names of harmed tasks, the worst ones.</param>
/// <param name="HarmedCount">How many there are.</param>
public sealed record PairResult(
    string Arm, string Against, double? DeltaR, Interval? Interval, double McNemarP, IReadOnlyList<string> Harmed, int HarmedCount);

/// <summary>Answer of an evaluation's <c>GetProgress</c>.</summary>
/// <param name="Window">Progress of its trials, as in any batch.</param>
/// <param name="Tallies">Counts a student and arm.</param>
/// <param name="Skipped">What was skipped and why, the first of them.</param>
public sealed record EvaluationProgress(BatchProgress Window, IReadOnlyList<ArmTally> Tallies, IReadOnlyList<string> Skipped);
