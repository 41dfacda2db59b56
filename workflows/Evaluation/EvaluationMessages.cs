using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Budgets;
using Spark.Temporal.Workflows.Domain.Conversations;
using Spark.Temporal.Workflows.Domain.Evaluation;

namespace Spark.Temporal.Workflows.Evaluation;

public sealed record EvaluationInput
{
    /// <summary>Slug of the evaluation.</summary>
    public required string Batch { get; init; }

    /// <summary>Absolute path to which the folders of <see cref="Tasks"/> are relative.</summary>
    public required string TasksDir { get; init; }

    public required IReadOnlyList<EvaluationTask> Tasks { get; init; }
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

    /// <summary>Keep what an earlier run of this evaluation scored.</summary>
    public bool Resume { get; init; }

    public EvaluationRules Rules { get; init; } = new();

    /// <summary>Where the run before stood; null at the start.</summary>
    public EvaluationCarried? Carried { get; init; }
}

/// <param name="Name">Slug of the task.</param>
/// <param name="Dir">Its folder, relative to <see cref="EvaluationInput.TasksDir"/>.</param>
public sealed record EvaluationTask(string Name, string Dir);

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

    /// <summary>Trials in a row that the infrastructure ended, after which the evaluation waits for somebody to mend it.</summary>
    public int FailuresInARow { get; init; } = 5;

    /// <summary>Rows after which they are stored and the summary is written anew.</summary>
    public int PageTrials { get; init; } = 40;

    /// <summary>Events after which the workflow continues as new, when the server does not suggest it before.</summary>
    public int HistoryLimit { get; init; } = 10_000;
}

/// <summary>What goes from one run of the workflow to the next, and from an earlier evaluation to one that resumes it.</summary>
public sealed record EvaluationCarried
{
    /// <summary>Place in the plan of the next trial.</summary>
    public int Next { get; init; }

    /// <summary>Rows stored so far.</summary>
    public IReadOnlyList<ArtifactRef> Pages { get; init; } = [];

    /// <summary>Rows since.</summary>
    public IReadOnlyList<EvaluationTrial> Trials { get; init; } = [];

    public IReadOnlyList<ArmTally> Tallies { get; init; } = [];

    /// <summary>Bits of the places that an earlier evaluation has scored; null for none.</summary>
    public byte[]? Done { get; init; }

    public DateTime? StartedAt { get; init; }
    public bool Paused { get; init; }

    /// <summary>The budget as it then stood; null for that of the input.</summary>
    public SpendingLimit? Limit { get; init; }

    /// <summary>What this evaluation has spent; what an earlier one did is not held against it.</summary>
    public TokenUsage Spent { get; init; } = TokenUsage.None;

    /// <summary>Whether a place of the plan is done already.</summary>
    public static bool IsDone(byte[]? done, int place) => done is not null && place / 8 < done.Length && (done[place / 8] & (1 << (place % 8))) != 0;
}

/// <summary>Counts of one student and arm so far.</summary>
public sealed record ArmTally(string Model, string Arm)
{
    public int Scored { get; init; }
    public int Passed { get; init; }
    public int Skipped { get; init; }
    public int Infrastructure { get; init; }
    public double Rewards { get; init; }
    public double CostUsd { get; init; }

    /// <summary>The tally with one more trial.</summary>
    public ArmTally With(EvaluationTrial trial)
    {
        var score = trial.ToScore();
        return this with
        {
            Scored = Scored + (score.IsScored ? 1 : 0),
            Passed = Passed + (trial.Outcome == Domain.Judging.Outcome.Pass ? 1 : 0),
            Skipped = Skipped + (trial.Outcome == Domain.Judging.Outcome.Skipped ? 1 : 0),
            Infrastructure = Infrastructure + (trial.Outcome == Domain.Judging.Outcome.Infrastructure ? 1 : 0),
            Rewards = Rewards + (score.IsScored ? score.Score : 0),
            CostUsd = CostUsd + trial.CostUsd,
        };
    }
}

public sealed record EvaluationResult
{
    public required string Batch { get; init; }
    public required IReadOnlyList<StudentResult> Students { get; init; }

    /// <summary>Report on all students; null where there is one.</summary>
    public string? TransferReport { get; init; }
}

/// <summary>Answer of an evaluation's <c>GetProgress</c>.</summary>
/// <param name="State"><c>running</c>, <c>paused</c>, or what it waits for.</param>
/// <param name="Total">Trials in all.</param>
/// <param name="Ended">Trials that ended.</param>
/// <param name="Open">Trials that run, by workflow id.</param>
/// <param name="Tallies">Counts a student and arm.</param>
/// <param name="Latest">Rows that ended last, the newest last.</param>
public sealed record EvaluationProgress(
    string State, int Total, int Ended, IReadOnlyList<string> Open, IReadOnlyList<ArmTally> Tallies, IReadOnlyList<EvaluationTrial> Latest);
