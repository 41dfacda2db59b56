using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>What a skill run knows of itself and what it shows.</summary>
internal sealed partial class SkillRunState : IModelCaller
{
    /// <summary>The step in which an attempt works.</summary>
    public const string Executing = "execute";

    private readonly SkillGenerationInput _input;
    private readonly List<AttemptProgress> _attempts = [];
    private readonly List<ArtifactRef> _kept = [];
    private readonly List<SkillCall> _skillCalls = [];
    private readonly DateTime _started = Workflow.UtcNow;
    private readonly List<string> _counted = [];
    private int _infrastructureInRow;

    public SkillRunState(SkillGenerationInput input)
    {
        _input = input;
        Control = new RunControl(new SpendingLimit(input.BudgetUsd, input.BudgetTokens), () => Show(Step), input.Parent) { TellsBatch = true, OwnsElsewhere = true };
        Outages = new Outages(Control, input.Limits);
        Task = PlainText.Slug(input.TaskDir.TrimEnd('/').Split('/')[^1]);
        MaxAttempts = input.MaxAttempts;
    }

    public RunControl Control { get; }
    public Outages Outages { get; }
    public string RepliesRun => _input.Replies ?? Workflow.Info.FirstExecutionRunId;
    public string Task { get; set; }
    public AttemptLimits Limits => _input.Limits;
    public int MaxAttempts { get; set; }
    public VerifierHint? Hint { get; set; }
    public string Memo { get; set; } = "";

    /// <summary>The record that holds <see cref="Memo"/>, for activities that need it; null while there is none.</summary>
    public ArtifactRef? MemoRecord { get; private set; }

    public string? Error { get; set; }
    public ArtifactRef? Skill { get; set; }

    /// <summary>The skill's other files (tar), and what was mended in it.</summary>
    public ArtifactRef? SkillFiles { get; set; }
    public IReadOnlyList<string>? SkillNotes { get; set; }

    /// <summary>What the task's solution wrote; null while that is not known, and where there is none.</summary>
    public ArtifactRef? Oracle { get; set; }
    public List<string> PendingGuidance { get; } = [];

    /// <summary>Number of the attempt among all, and what it was given.</summary>
    public int Number { get; private set; }
    public IReadOnlyList<string> Guidance { get; private set; } = [];
    public InterventionLevel Intervention { get; private set; }

    /// <summary>Attempts that used up one.</summary>
    public int Scored { get; private set; }
    public TokenUsage Usage => Control.Usage;
    public int OwnCalls { get; private set; }
    public string Step { get; private set; } = "starting";
    public IReadOnlyList<ArtifactRef> Earlier => _kept;

    /// <summary>Nothing that a person adds can change how it ends: an attempt has passed, or the task cannot run.</summary>
    public bool Ended { get; set; }

    /// <summary>Replies of an attempt are kept by its number among the scored ones: another one in its place asks for nothing again.</summary>
    public ReplyKey? AttemptReplies => new($"scored-{Scored + 1}", RepliesRun);

    /// <summary>Attempts in the place of the next one that have told what they spent.</summary>
    public IReadOnlyList<string>? CountedRuns => _counted.Count == 0 ? null : [.. _counted];

    /// <summary>What neither skill nor memo may give away; null where nothing is known of it.</summary>
    public TaskAnswer? AnswerOf(TaskPackage package) => Oracle is null ? null : new TaskAnswer(package.Instruction, package.Environment, Oracle);

    public void Show(string step)
    {
        Step = step;
        Workflow.CurrentDetails = SkillRunDetails.Render(this, _attempts, null);
    }

    /// <summary>The run was cancelled.</summary>
    public void Cancelled()
    {
        Control.Declare(RunStates.Cancelled, "");
        Workflow.CurrentDetails = SkillRunDetails.Render(this, _attempts, null);
    }

    /// <summary>Goes on from what another run knew.</summary>
    public void Restore(RestoredRun restored)
    {
        _attempts.AddRange(restored.Attempts);
        _kept.AddRange(restored.Records);
        Number = restored.Attempts[^1].Number;
        (Scored, Memo, MemoRecord) = (restored.Scored, restored.Memo, restored.MemoRecord);
        OwnCalls = restored.OwnCalls;
        if (_input.Fork?.WorkflowId == Workflow.Info.WorkflowId)
        {
            // The same run goes on: what it has cost is its own.
            Control.Spend(restored.Usage, 0, 0);
        }

        Show("forked");
    }

    public void NextAttempt(InterventionLevel intervention)
    {
        Number++;
        Intervention = intervention;

        // Guidance of an attempt that infrastructure ended was never acted on: it is given again.
        Guidance = [.. _infrastructureInRow > 0 ? Guidance : [], .. PendingGuidance];
        PendingGuidance.Clear();
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.Attempt.ValueSet(Number));
        Show("write the instruction");
    }

    /// <summary>An attempt has ended by itself, and its result says what it spent.</summary>
    public void Counted(string runId, AttemptResult result)
    {
        if (result.Outcome == Outcome.Infrastructure)
        {
            _counted.Add(runId);
        }
    }

    /// <summary>What an attempt came to that was ended from outside. What it spent is counted with the replies that the next one takes over.</summary>
    public AttemptResult Cut(string agent, ChildWorkflowFailureException failure) => new()
    {
        Task = Task,
        Agent = agent,
        Outcome = Outcome.Infrastructure,
        ErrorType = FailureTypes.SandboxLost,
        Error = failure.InnerException switch
        {
            TerminatedFailureException => $"Attempt {Number} was terminated.",
            CanceledFailureException => $"Attempt {Number} was cancelled by itself; the run goes on.",
            var cause => $"Attempt {Number} did not run to its end: {PlainText.OneLine(cause?.Message ?? failure.Message, 300)}",
        },
    };

    /// <summary>Takes in how an attempt ended.</summary>
    public AttemptRecord Take(AttemptResult result, ArtifactRef instruction)
    {
        Control.Elsewhere = TokenUsage.None;
        Control.Spend(result.Usage, result.ModelCalls, result.ResentInFlight);
        var scored = result.Outcome.IsScored();
        var record = new AttemptRecord
        {
            Number = Number,
            Scored = scored ? Scored : null,
            Result = result,
            Outcome = result.Outcome,
            Instruction = instruction,
            Intervention = Intervention,
            Guidance = Guidance,
        };
        if (scored)
        {
            Scored++;
            _infrastructureInRow = 0;
            _counted.Clear();
        }

        _attempts.Add(new AttemptProgress(
            Number, result.Outcome, result.Reward, result.TestsPassed, result.TestsTotal, null, Intervention, result.Usage.KnownUsd,
            result.Error is { } error ? PlainText.OneLine(error, 200) : null)
        {
            Unpriced = result.Usage.Unpriced,
            Estimated = result.Usage.Estimated,
        });
        return record;
    }

    public void Judged(AttemptRecord record, Judgment judgment)
    {
        _attempts[^1] = _attempts[^1] with { Outcome = record.Outcome, Why = record.Outcome == Outcome.Pass ? null : Why(judgment) };
        Workflow.UpsertTypedSearchAttributes(
        [
            SearchAttributes.Outcome.ValueSet(record.Outcome.ToString()),
            SearchAttributes.Cost(Usage),
            .. record.Result.Reward is { } reward ? new[] { SearchAttributes.Reward.ValueSet(reward) } : [],
        ]);
    }

    public void Measured(PdiSnapshot snapshot)
    {
        _attempts[^1] = _attempts[^1] with { Pdi = snapshot.Rounded().WeightedPdi };
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.Pdi.ValueSet(snapshot.Rounded().WeightedPdi));
    }

    public void Kept(AttemptRecord record, RunRecord kept)
    {
        if (kept.Attempt is { } reference)
        {
            _kept.Add(reference);
            MemoRecord = record.Reflection is { Memo.Length: > 0 } ? reference : MemoRecord;
        }

        Show($"attempt {record.Number} ended: {record.Outcome}");
    }

    /// <summary>Number of the run's next own model call (reflections and distillation).</summary>
    public int NextCall() => ++OwnCalls;

    public void Count(LlmReply reply) => Control.Count(reply);

    public void Count(SkillCall call) => _skillCalls.Add(call);

    /// <summary>The attempt under way waits, goes on, or comes near the budget.</summary>
    public void Hear(AttemptNews news)
    {
        Control.Elsewhere = news.Spent ?? TokenUsage.None with { CostUsd = news.CostUsd };
        Control.Await(news.Cause);
        Control.Declare(news.Waiting ?? RunStates.Running, news.Waiting is null ? "" : $"attempt {news.Number}: {news.Why ?? news.Waiting}");
    }

    public async Task WaitAfterInfrastructureAsync(string words)
    {
        if (++_infrastructureInRow >= _input.InfrastructureLimit)
        {
            await Control.WaitForPersonAsync("infrastructure", words);
            _infrastructureInRow = 0;
        }
    }
}
