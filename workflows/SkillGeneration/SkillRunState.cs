using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.Domain.Conversations;
using Spark.Temporal.Workflows.Domain.Judging;
using Spark.Temporal.Workflows.Domain.Pdi;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>What a skill run knows of itself, how it waits, and what it shows.</summary>
internal sealed class SkillRunState(SkillGenerationInput input) : IOwnCalls
{
    private readonly List<AttemptProgress> _attempts = [];
    private readonly List<ArtifactRef> _kept = [];
    private readonly List<SkillCall> _skillCalls = [];
    private readonly DateTime _started = Workflow.UtcNow;
    private int _infrastructureInRow;
    private bool _resumed;
    private string _state = "running";
    private string _waitsFor = "";

    public string Task { get; set; } = Text.Slug(input.TaskDir.TrimEnd('/').Split('/')[^1]);
    public AttemptLimits Limits => input.Limits;
    public bool Paused { get; set; }
    public double? BudgetUsd { get; set; } = input.BudgetUsd;
    public int MaxAttempts { get; set; } = input.MaxAttempts;
    public VerifierHint? Hint { get; set; }
    public string Memo { get; set; } = "";

    /// <summary>The record that holds <see cref="Memo"/>, for activities that need it; null while there is none.</summary>
    public ArtifactRef? MemoRecord { get; private set; }

    public string? Error { get; set; }
    public ArtifactRef? Skill { get; set; }
    public List<string> PendingGuidance { get; } = [];

    /// <summary>Number of the attempt among all, and what it was given.</summary>
    public int Number { get; private set; }
    public IReadOnlyList<string> Guidance { get; private set; } = [];
    public InterventionLevel Intervention { get; private set; }

    /// <summary>Attempts that used up one.</summary>
    public int Scored { get; private set; }
    public TokenUsage Usage { get; private set; } = TokenUsage.None;
    public int ModelCalls { get; private set; }
    public int ResentInFlight { get; private set; }
    public int OwnCalls { get; private set; }
    public string Step { get; private set; } = "starting";
    public IReadOnlyList<ArtifactRef> Earlier => _kept;

    /// <summary>Dollars so far; those of the attempt under way come with its end.</summary>
    public double CostUsd => Usage.CostUsd;

    public void Show(string step)
    {
        Step = step;
        Workflow.CurrentDetails = SkillRunDetails.Render(this, _attempts, _waitsFor, null);
    }

    public SkillProgress Progress() => new(Task, _state, Number, MaxAttempts, Step, CostUsd, BudgetUsd, [.. _attempts]);

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

    /// <summary>Takes in how an attempt ended.</summary>
    public AttemptRecord Take(AttemptResult result, ArtifactRef instruction)
    {
        Usage += result.Usage;
        ModelCalls += result.ModelCalls;
        ResentInFlight += result.ResentInFlight;
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
        }

        _attempts.Add(new AttemptProgress(
            Number, result.Outcome, result.Reward, result.TestsPassed, result.TestsTotal, null, Intervention, result.Usage.CostUsd,
            result.Error is { } error ? Text.OneLine(error, 200) : null));
        return record;
    }

    public void Judged(AttemptRecord record)
    {
        _attempts[^1] = _attempts[^1] with { Outcome = record.Outcome };
        Workflow.UpsertTypedSearchAttributes(
        [
            SearchAttributes.Outcome.ValueSet(record.Outcome.ToString()),
            SearchAttributes.CostUsd.ValueSet(Math.Round(CostUsd, 6)),
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

    public void Count(LlmReply reply)
    {
        Usage += reply.Usage;
        ModelCalls++;
        ResentInFlight += reply.ResentInFlight;
    }

    public void Count(SkillCall call) => _skillCalls.Add(call);

    public void AttemptWaits(AttemptNews news) => Declare(news.Waiting ?? "running", news.Waiting is null ? "" : $"attempt {news.Number}: {news.Waiting}");

    public void Resume()
    {
        Paused = false;
        _resumed = true;
    }

    /// <summary>Between steps: stands still while paused or out of budget.</summary>
    public async Task CheckpointAsync()
    {
        while (Reason() is { } reason)
        {
            Declare(reason, reason == "paused" ? "paused by an operator" : $"{Text.Usd(CostUsd)} of {Text.Usd(BudgetUsd!.Value)} are spent; RaiseBudget goes on");
            await Workflow.WaitConditionAsync(() => Reason() is null);
            Declare("running", "");
        }
    }

    public async Task WaitAfterInfrastructureAsync(string words)
    {
        if (++_infrastructureInRow >= input.InfrastructureLimit)
        {
            await WaitForPersonAsync("infrastructure", words);
            _infrastructureInRow = 0;
        }
    }

    /// <summary>Waits until somebody mended what is wrong and said <c>Resume</c>.</summary>
    public async Task WaitForPersonAsync(string what, string words)
    {
        _resumed = false;
        Declare($"waiting: {what}", Text.OneLine(words, 600));
        await Workflow.WaitConditionAsync(() => _resumed);
        Declare("running", "");
    }

    public WriteRunRequest Record(AttemptRecord? latest, SkillGenerationResult? result, ArtifactRef? skill) => new()
    {
        Input = input,
        Task = Task,
        Earlier = Earlier,
        Latest = latest,
        SkillCalls = _skillCalls,
        Skill = skill,
        Result = result,
        StartedAt = _started,
        Now = Workflow.UtcNow,
    };

    public SkillGenerationResult Close(SkillRunStatus status)
    {
        var last = _attempts.LastOrDefault(attempt => attempt.Outcome.IsScored());
        var result = new SkillGenerationResult
        {
            Task = Task,
            Status = status,
            Outcome = status == SkillRunStatus.TaskBroken ? Outcome.Error : last?.Outcome ?? Outcome.Skipped,
            Reward = last?.Reward,
            Attempts = Scored,
            InfrastructureFailures = _attempts.Count(attempt => attempt.Outcome == Outcome.Infrastructure),
            Error = Error,
            Usage = Usage,
            CostUsd = Usage.CostUsd,
            ModelCalls = ModelCalls,
            ResentInFlight = ResentInFlight,
            SoftInterventions = _attempts.Count(attempt => attempt.Intervention == InterventionLevel.Soft),
            StrongInterventions = _attempts.Count(attempt => attempt.Intervention == InterventionLevel.Strong),
            DurationMs = AttemptState.Milliseconds(_started),
            WorkflowId = Workflow.Info.WorkflowId,
        };
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet("done"), SearchAttributes.CostUsd.ValueSet(Math.Round(CostUsd, 6)));
        Workflow.CurrentDetails = SkillRunDetails.Render(this, _attempts, "", result);
        return result;
    }

    private string? Reason() => Paused ? "paused" : BudgetUsd is { } limit && CostUsd >= limit ? "waiting: budget" : null;

    private void Declare(string state, string waitsFor)
    {
        (_state, _waitsFor) = (state, waitsFor);
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(state));
        Show(Step);
    }
}
