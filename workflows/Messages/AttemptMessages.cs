using System.Text.Json.Serialization;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Workflows.Messages;

public sealed record AttemptInput
{
    /// <summary>The task; read from <see cref="TaskDir"/> where it is not given.</summary>
    public TaskPackage? Package { get; init; }

    /// <summary>Absolute path of the task's folder.</summary>
    public string? TaskDir { get; init; }

    public required string Agent { get; init; }

    /// <summary>What an agent was told besides its model (<c>--agent-kwarg NAME=VALUE</c>); null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? AgentKwargs { get; init; }

    public ModelChoice Model { get; init; } = new();

    /// <summary>The conversation to start with; made from the task's instruction where it is not given.</summary>
    public ArtifactRef? Conversation { get; init; }

    /// <summary>Skills the agent gets (tar with one folder per skill).</summary>
    public ArtifactRef? Skills { get; init; }

    /// <summary>Take away what skills the task's image brings; those given stay.</summary>
    public bool WithoutOwnSkills { get; init; }

    /// <summary>Workflow the attempt belongs to (label <c>spark.run</c>); null when it runs alone.</summary>
    public string? Run { get; init; }

    /// <summary>Number of the attempt in its run, from 1.</summary>
    public int Number { get; init; } = 1;

    public string Batch { get; init; } = "";
    public string Arm { get; init; } = "";

    public AttemptLimits Limits { get; init; } = new();

    /// <summary>Folder under which the trial folder is made; null writes none.</summary>
    public string? OutDir { get; init; }

    /// <summary>Dollars the attempt's run, or an attempt that runs alone, may cost before it waits; null for no limit.</summary>
    public double? BudgetUsd { get; init; }

    /// <summary>Tokens it may send and receive before it waits; null for no limit.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>What of that the run had spent before this attempt.</summary>
    public TokenUsage SpentBefore { get; init; } = TokenUsage.None;

    /// <summary>Having spent so much more it tells its run, for the budget of the batch; null where that has none.</summary>
    public SpendingLimit? NewsStep { get; init; }

    /// <summary>Under what its replies are kept, so that another attempt in the place of this one asks for nothing again; null for its own ids.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReplyKey? Replies { get; init; }

    /// <summary>Run ids of attempts before it whose spending is counted: replies that they have paid for are not counted again; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? CountedRuns { get; init; }

    /// <summary>Whether it starts paused.</summary>
    public bool Paused { get; init; }

    /// <summary>The batch that the attempt belongs to itself; null for one of its own and for one of a skill run.</summary>
    [JsonPropertyName("seat")]
    public ParentBatch? Parent { get; init; }
}

/// <summary>Limits of an attempt. The delays are here so that tests need not wait for them.</summary>
public sealed record AttemptLimits
{
    /// <summary>Factor on the task's agent time-out.</summary>
    public double TimeoutMultiplier { get; init; } = 1.0;

    /// <summary>Factor on the verifier's time-out; null for 1.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? VerifierTimeoutMultiplier { get; init; }

    /// <summary>Where it is verified; null for as the task asks: clean for tasks that we made, separate where it says so, else shared.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VerdictMode? Verdict { get; init; }

    /// <summary>Variables of the worker that a task may have in its <c>env</c> (<c>--task-env NAME</c>), besides those of the host's settings; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TaskEnv { get; init; }

    public int MaxTurns { get; init; } = 100;

    /// <summary>Seconds a command may run when it names no time-out of its own.</summary>
    public double CommandTimeoutSec { get; init; } = 120;

    /// <summary>Most seconds a command may ask for.</summary>
    public double MaxCommandTimeoutSec { get; init; } = 1800;

    /// <summary>Seconds a step waits for the container's host before the workflow decides.</summary>
    public double HostAwaySec { get; init; } = 60;

    /// <summary>Lost containers that an attempt survives; one more ends it as an infrastructure error.</summary>
    public int MaxLosses { get; init; } = 2;

    /// <summary>Seconds a paused attempt keeps its container.</summary>
    public double PausedContainerSec { get; init; } = 600;

    /// <summary>Seconds after which it says what it has cost, between two steps.</summary>
    public double NewsSec { get; init; } = 600;

    /// <summary>Seconds of the unit in which an outage is waited out: tried again after 1, 2, 5, then every 15 of them.</summary>
    public double WaitUnitSec { get; init; } = 60;

    /// <summary>Tries of a model call before its endpoint counts as away: about six minutes.</summary>
    public int ModelTries { get; init; } = 12;

    /// <summary>Also stop services the agent left running before the verifier starts.</summary>
    public bool StopServices { get; init; }

    /// <summary>Most tokens of a reply of the agent; null for the budget of the purpose.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Limits of model calls by purpose; null for the defaults.</summary>
    public TokenBudgets? Budgets { get; init; }

    /// <summary>Seconds that a verifier may run whose task gives it so many.</summary>
    public double VerifierSec(double timeoutSec) => timeoutSec * (VerifierTimeoutMultiplier ?? 1);
}

public sealed record AttemptResult : IRunResult
{
    public required string Task { get; init; }
    public required string Agent { get; init; }
    public required Outcome Outcome { get; init; }

    /// <summary>What an installed agent says of its version; null for the built-in ones.</summary>
    public string? AgentVersion { get; init; }

    public double? Reward { get; init; }
    public IReadOnlyDictionary<string, double> Rewards { get; init; } = new Dictionary<string, double>();
    public int TestsPassed { get; init; }
    public int TestsTotal { get; init; }

    /// <summary>Why there is no reward, or what else went wrong; null when nothing did.</summary>
    public string? Error { get; init; }

    /// <summary>One of <see cref="FailureTypes"/> where a failure ended the attempt.</summary>
    public string? ErrorType { get; init; }

    /// <summary>Whether its verifier ran out of time: nothing is known of what the agent did, and no score counts it.</summary>
    [JsonIgnore]
    public bool NoVerdict => ErrorType == FailureTypes.VerifierTimeout;

    /// <summary>Everything said and observed; null when the agent never started.</summary>
    public ArtifactRef? Conversation { get; init; }

    public ArtifactRef? AgentOutput { get; init; }
    public ArtifactRef? VerifierOutput { get; init; }
    public ArtifactRef? Ctrf { get; init; }
    public ArtifactRef? AgentLogs { get; init; }
    public ArtifactRef? VerifierLogs { get; init; }
    public ArtifactRef? Artifacts { get; init; }

    /// <summary>What each service besides the agent's container has printed, a file each (tar); null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ArtifactRef? ServiceLogs { get; init; }

    public ArtifactRef? BuildLog { get; init; }

    public TokenUsage Usage { get; init; } = TokenUsage.None;
    public int Turns { get; init; }
    public int ModelCalls { get; init; }

    /// <summary>Requests cut off in flight that had to be sent again.</summary>
    public int ResentInFlight { get; init; }

    /// <summary>Containers lost on the way.</summary>
    public int Losses { get; init; }

    public bool AgentTimedOut { get; init; }

    /// <summary>From the attempt's start to the container's removal, in milliseconds.</summary>
    public long DurationMs { get; init; }

    public PhaseDurations PhasesMs { get; init; } = new();

    public string? TrialDir { get; init; }

    /// <summary>What became of the skills that it was given; null where there were none, or no trial folder was written.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SkillUse>? SkillUses { get; init; }

    /// <summary>Where it was verified.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VerdictMode Verdict { get; init; }

    /// <summary>What could have steered the verdict, in words; null for nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? VerdictWarnings { get; init; }

    /// <summary>The reward in the agent's own container, where both were asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? SharedReward { get; init; }

    /// <summary>Whether the two verdicts differ.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool VerdictsDiffer { get; init; }

    /// <summary>The four above as trial folders and <c>trial run</c> have them.</summary>
    [JsonIgnore]
    public VerdictRecord VerdictRecord => new() { Mode = Verdict, Warnings = VerdictWarnings ?? [], SharedReward = SharedReward, Differs = VerdictsDiffer };

    /// <summary>How far each step of a multi-step task got; null for a task of one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<StepResult>? Steps { get; init; }

    /// <summary>What the trial records besides (lowered limits, cut logs, lost containers).</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    ItemState IRunResult.ItemState => Outcome switch
    {
        Outcome.Pass => ItemState.Passed,
        Outcome.Infrastructure => ItemState.Infrastructure,
        _ => ItemState.Failed,
    };

    string IRunResult.Ending => $"{Outcome.ToString().ToLowerInvariant()}, reward {Reward?.ToString("0.###") ?? "none"}";

    IRunResult IRunResult.Shortened() => this with { Error = ResultWords.Cut(Error), VerdictWarnings = VerdictWarnings is { Count: > 0 } all ? [.. all.Take(5).Select(warning => PlainText.OneLine(warning, 200))] : null, Notes = [.. Notes.Take(10).Select(note => PlainText.OneLine(note, 300))] };
}

/// <summary>What one step of a multi-step task came to.</summary>
public sealed record StepResult
{
    public required string Name { get; init; }

    public double? Reward { get; init; }

    public IReadOnlyDictionary<string, double> Rewards { get; init; } = new Dictionary<string, double>();

    public int TestsPassed { get; init; }

    public int TestsTotal { get; init; }

    /// <summary>Why it has no reward; null where it has one.</summary>
    public string? Error { get; init; }

    public bool AgentTimedOut { get; init; }

    public ArtifactRef? AgentOutput { get; init; }

    public ArtifactRef? VerifierOutput { get; init; }

    public ArtifactRef? Ctrf { get; init; }

    public ArtifactRef? AgentLogs { get; init; }

    public ArtifactRef? VerifierLogs { get; init; }

    public ArtifactRef? Artifacts { get; init; }

    public IReadOnlyList<PhaseTime> Phases { get; init; } = [];
}

/// <summary>What replies are kept under, with the number of the call.</summary>
/// <param name="Owner">Workflow id, or the number of the attempt (<c>scored-3</c>) among the scored ones of its skill run.</param>
/// <param name="Run">First run id of the workflow, of an attempt's skill run.</param>
public sealed record ReplyKey(string Owner, string Run);

/// <summary>Durations of the phases in milliseconds; 0 for a phase that was not reached.</summary>
public sealed record PhaseDurations(long Build = 0, long Start = 0, long Agent = 0, long Verify = 0, long Remove = 0);

/// <summary>What a parent tells its attempt, by signal.</summary>
/// <param name="Paused">Whether it should pause.</param>
/// <param name="BudgetUsd">Dollars the whole run may cost; null for no limit.</param>
/// <param name="BudgetTokens">Tokens it may send and receive; null for no limit.</param>
/// <param name="Retry">What it waits for may be there again: try at once.</param>
public sealed record AttemptSteering(
    bool Paused, double? BudgetUsd, long? BudgetTokens = null, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Retry = false);

/// <summary>What an attempt tells its parent, by signal, when it waits, goes on, comes near the budget, and now and then.</summary>
/// <param name="Number">Number of the attempt.</param>
/// <param name="Waiting">What it waits for; null when it goes on.</param>
/// <param name="CostUsd">What it has cost so far, in dollars.</param>
/// <param name="Spent">What it has spent so far.</param>
/// <param name="Why">What it waits for, for a person.</param>
/// <param name="Cause">As <see cref="ItemNews.Cause"/>.</param>
public sealed record AttemptNews(
    int Number,
    string? Waiting,
    double CostUsd,
    TokenUsage? Spent = null,
    string? Why = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Cause = null);

/// <summary>From an activity to its own workflow, by signal: a step that is not over waits for something.</summary>
/// <param name="ActivityId">The activity, as the server numbers it.</param>
/// <param name="Waiting">What it waits for, as the run's state; null when it goes on.</param>
/// <param name="Why">The same for a person, with the remedy.</param>
public sealed record StepNews(string ActivityId, string? Waiting, string Why = "")
{
    /// <summary>Name of the signal.</summary>
    public const string Signal = "StepNews";
}

/// <summary>Answer of an attempt's <c>GetProgress</c>.</summary>
/// <param name="State"><c>running</c>, <c>paused</c>, or what it waits for.</param>
/// <param name="Step">What it does just now.</param>
/// <param name="Turns">Turns so far.</param>
/// <param name="CostUsd">Cost so far, in dollars, as far as it is known.</param>
/// <param name="Losses">Containers lost so far.</param>
public sealed record AttemptProgressReport(
    string State, string Step, int Turns, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] double? CostUsd, int Losses) : ICosted
{
    /// <inheritdoc cref="ICosted.Unpriced"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unpriced { get; init; }

    /// <inheritdoc cref="ICosted.Estimated"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Estimated { get; init; }
}
