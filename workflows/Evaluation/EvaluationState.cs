using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Conversations;
using Spark.Temporal.Workflows.Domain.Evaluation;
using Spark.Temporal.Workflows.Domain.Judging;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Evaluation;

/// <summary>Where an evaluation stands.</summary>
internal sealed class EvaluationState
{
    private const int LatestRows = 10;

    private readonly EvaluationInput _input;
    private readonly List<ArtifactRef> _pages = [];
    private readonly List<EvaluationTrial> _trials = [];
    private readonly List<EvaluationTrial> _latest = [];
    private readonly Dictionary<(string Model, string Arm), ArmTally> _tallies = [];
    private byte[]? _done;
    private DateTime _startedAt;
    private int _next;
    private IReadOnlyList<EvaluationTrial> _beingKept = [];

    /// <param name="input">The evaluation.</param>
    /// <param name="total">Trials in all.</param>
    /// <param name="show">Rewrites the details that a person sees.</param>
    public EvaluationState(EvaluationInput input, int total, Action show)
    {
        (_input, Total, _startedAt) = (input, total, Workflow.UtcNow);
        Control = new RunControl(input.Carried?.Limit ?? input.Budget, show);
        foreach (var student in input.Students)
        {
            foreach (var arm in input.Arms)
            {
                _tallies[(student.Slug, arm.Name)] = new ArmTally(student.Slug, arm.Name);
            }
        }

        if (input.Carried is { } carried)
        {
            Take(carried);
        }
    }

    public int Total { get; }

    public int Ended => _tallies.Values.Sum(tally => tally.Scored + tally.Skipped + tally.Infrastructure);

    /// <summary>Pause, budget, and waiting for a person.</summary>
    public RunControl Control { get; }

    /// <summary>Trials in a row that the infrastructure ended.</summary>
    public int FailuresInARow { get; set; }

    /// <summary>Whether so many failed in a row that the next would fail too.</summary>
    public bool MustBeMended => FailuresInARow >= _input.Rules.FailuresInARow;

    /// <summary>Words of the last failure.</summary>
    public string LastFailure { get; private set; } = "";

    public bool HasNext => _next < Total;

    /// <summary>Every student and arm, in the order of the input.</summary>
    public IEnumerable<ArmTally> Tallies => _tallies.Values;

    public bool SeveralStudents => _input.Students.Count > 1;

    /// <summary>Goes on from where a run before stood.</summary>
    public void Take(EvaluationCarried carried)
    {
        _next = carried.Next;
        _pages.AddRange(carried.Pages);
        _trials.AddRange(carried.Trials);
        _done = carried.Done;
        if (carried.Paused)
        {
            Control.Pause();
        }

        Control.Spend(carried.Spent, 0, 0);
        _startedAt = carried.StartedAt ?? _startedAt;
        foreach (var tally in carried.Tallies)
        {
            _tallies[(tally.Model, tally.Arm)] = tally;
        }

        SkipDone();
    }

    /// <summary>What the next run of the workflow starts from. Nothing is open when it is asked for.</summary>
    public EvaluationCarried Carry() => new()
    {
        Next = _next,
        Pages = [.. _pages],
        Trials = [.. _trials],
        Tallies = [.. _tallies.Values],
        Done = _done,
        StartedAt = _startedAt,
        Paused = Control.Paused,
        Limit = Control.Limit,
        Spent = Control.Spent,
    };

    public int? TakeNext()
    {
        if (!HasNext)
        {
            return null;
        }

        var place = _next++;
        SkipDone();
        return place;
    }

    public void Count(EvaluationTrial trial)
    {
        _trials.Add(trial);
        _latest.Add(trial);
        if (_latest.Count > LatestRows)
        {
            _latest.RemoveAt(0);
        }

        _tallies[(trial.Model, trial.Arm)] = _tallies[(trial.Model, trial.Arm)].With(trial);
        FailuresInARow = trial.Outcome == Outcome.Infrastructure ? FailuresInARow + 1 : trial.Outcome == Outcome.Skipped ? FailuresInARow : 0;
        LastFailure = trial.Outcome == Outcome.Infrastructure ? trial.Error ?? "" : LastFailure;
        Control.Spend(new TokenUsage(trial.PromptTokens, trial.CompletionTokens, CostUsd: trial.CostUsd), 0, 0);
    }

    /// <summary>Rows to be stored together; null while there are few, or others are being stored.</summary>
    public IReadOnlyList<EvaluationTrial>? TakePage()
    {
        if (_trials.Count < _input.Rules.PageTrials || _beingKept.Count > 0)
        {
            return null;
        }

        return _beingKept = [.. _trials];
    }

    public void Kept(ArtifactRef page, IReadOnlyList<EvaluationTrial> trials)
    {
        _pages.Add(page);
        _trials.RemoveRange(0, trials.Count);
        _beingKept = [];
    }

    public WriteEvaluationRequest ToWrite(DateTime now) => new()
    {
        Head = new EvaluationHead
        {
            Run = _input.Batch,
            Agent = _input.Agent,
            Models = [.. _input.Students.Select(student => student.Slug)],
            Arms = _input.Arms,
            Tasks = _input.Tasks.Count,
            Repeats = _input.Repeats,
            Seed = _input.Seed,
            TimeoutMultiplier = _input.Limits.TimeoutMultiplier,
            StartedAt = _startedAt,
        },
        OutDir = _input.OutDir,
        Pages = [.. _pages],
        Trials = [.. _trials],
        Now = now,
    };

    public EvaluationProgress Progress(IReadOnlyList<string> open) =>
        new(Control.State, Total, Ended, open, [.. _tallies.Values], [.. _latest]);

    private void SkipDone()
    {
        while (HasNext && EvaluationCarried.IsDone(_done, _next))
        {
            _next++;
        }
    }
}
