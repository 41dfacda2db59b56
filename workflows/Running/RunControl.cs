using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Running;

/// <summary>
/// How a run is operated, whatever it does: paused, held by its budget, waiting for a person; what it has spent; and the
/// state it declares to the server. A run without it in its way spends nothing: every paid step passes a checkpoint.
/// </summary>
/// <param name="limit">What may be spent at first.</param>
/// <param name="show">Rewrites the details that a person sees; called whenever what is declared changes.</param>
/// <param name="parent">The batch that the run belongs to; null for a run of its own.</param>
internal sealed class RunControl(SpendingLimit limit, Action show, ParentBatch? parent) : IOperated
{
    private readonly HashSet<string> _steps = [];
    private (string? Waiting, string? Cause, string? Why) _toTell;
    private (string? Waiting, string? Cause, string? Why) _told;
    private bool _telling;
    private bool _retell;

    public bool Paused { get; private set; }

    /// <summary>Why the run's batch holds it, as its state; null while it may go on.</summary>
    public string? Held { get; private set; } = parent?.Held;

    public bool StandsStill => Paused || Held is not null;

    /// <summary>Whether it is the batch alone that holds it.</summary>
    public bool IsHeld => !Paused && Held is not null;

    /// <summary>The batch that the run belongs to; null for a run of its own.</summary>
    public ParentBatch? Parent => parent;

    /// <summary>Whether the batch hears from here what the run waits for.</summary>
    public bool TellsBatch { get; init; }

    /// <summary>What may be spent at present.</summary>
    public SpendingLimit Limit { get; private set; } = limit;

    /// <summary><c>running</c>, <c>paused</c>, or <c>waiting: </c> and what for.</summary>
    public string State { get; private set; } = RunStates.Running;

    /// <summary>What it waits for, for a person; empty while it does not.</summary>
    public string WaitsFor { get; private set; } = "";

    /// <summary>Which trouble it waits for (<see cref="ItemNews.Cause"/>); null for none, a pause or a budget.</summary>
    public string? Cause { get; private set; }

    /// <summary>Whether somebody has said, since the wait began, that what is waited for may be there again.</summary>
    public bool Retried { get; private set; }

    /// <summary>How often that was said; what changes is passed on to the attempt.</summary>
    public int Retries { get; private set; }

    /// <summary>What the run has paid for itself.</summary>
    public TokenUsage Usage { get; private set; } = TokenUsage.None;

    /// <summary>What else counts against the limit: of an attempt, its run before it; of a run, its attempt under way.</summary>
    public TokenUsage Elsewhere { get; set; } = TokenUsage.None;

    /// <summary>Whether what is spent elsewhere is part of the run's own cost.</summary>
    public bool OwnsElsewhere { get; init; }

    public TokenUsage Spent => Usage + Elsewhere;

    public int ModelCalls { get; private set; }

    /// <summary>Requests cut off in flight that had to be sent again.</summary>
    public int ResentInFlight { get; private set; }

    /// <summary>Why no further step may start; null when one may.</summary>
    public string? Reason => ReasonFor(paid: true);

    /// <summary>Details of what the budget says, in Markdown; empty where there is nothing to say.</summary>
    public string BudgetWarning => Limit.Warning(Spent) is { } words ? $"**Budget:** {DetailsText.Escape(words)}; at the limit the run waits.\n\n" : "";

    /// <summary>Why a step may not start; one that costs nothing is not held by the budget.</summary>
    public string? ReasonFor(bool paid) => Paused ? RunStates.Paused : Held is not null ? Held : paid && Limit.Reached(Spent) is not null ? RunStates.Budget : null;

    public void Pause()
    {
        Paused = true;
        show();
    }

    /// <summary>The batch tells the run to wait, or with null to go on.</summary>
    public void Hold(string? why)
    {
        Held = why;
        show();
    }

    /// <summary>Goes on: after a pause, or when what the run waits for is fixed. A person's word counts though the batch holds it: that may be gone.</summary>
    public void Resume()
    {
        (Paused, Held) = (false, null);
        Retry();
        show();
    }

    /// <summary>What is waited for may be there again: try at once. A pause and a budget are left as they are.</summary>
    public void Retry() => (Retried, Retries) = (true, Retries + 1);

    /// <summary>
    /// Tells the batch again what is waited for and what was spent: one that has adopted the run does not know. What is just tried again is told
    /// when it is known what comes of it: told at once, runs that all try would make their batch wait for them once more.
    /// </summary>
    public void Retell()
    {
        _retell = true;
        if (State != RunStates.Cancelled && (Cause is null || !Retried))
        {
            Tell(State == RunStates.Running ? null : State);
        }
    }

    /// <summary>An outage is waited for from now on, until it is retried.</summary>
    public void Await(string? cause) => (Cause, Retried) = (cause, false);

    /// <summary>An activity under way says that it waits, or goes on.</summary>
    public void Hear(StepNews news)
    {
        if (news.Waiting is { } waiting)
        {
            _steps.Add(news.ActivityId);
            Declare(waiting, PlainText.OneLine(news.Why, 600));
        }
        else
        {
            StepsEnded();
        }
    }

    /// <summary>No activity waits any more.</summary>
    /// <returns>Whether one had said that it did.</returns>
    public bool StepsEnded()
    {
        if (_steps.Count == 0)
        {
            return false;
        }

        _steps.Clear();
        Declare(RunStates.Running, "");
        return true;
    }

    /// <summary>Why <c>Resume</c> would change nothing; null when it may.</summary>
    public string? ResumeRefusal() => !Paused && Limit.Reached(Spent) is { } words ? $"{words}: RaiseBudget goes on, Resume does not." : null;

    public void Raise(SpendingLimit limit)
    {
        Limit = Limit.With(limit, Spent);
        show();
    }

    /// <summary>Why a new limit cannot be accepted; null when it can.</summary>
    public string? RaiseRefusal(SpendingLimit limit) => Limit.Refusal(limit, Spent);

    public void Count(LlmReply reply) => Spend(reply.Usage, 1, reply.ResentInFlight);

    public void Spend(TokenUsage usage, int calls, int resent)
    {
        var known = !Usage.Unpriced;
        Usage += usage;
        ModelCalls += calls;
        ResentInFlight += resent;
        if (known && Usage.Unpriced)
        {
            // Lists show an old cost as if it were the whole.
            Workflow.UpsertTypedSearchAttributes(SearchAttributes.Cost(Usage));
        }
    }

    /// <summary>What a parent says: pause or not, and what may be spent in all.</summary>
    public void Follow(bool paused, SpendingLimit limit)
    {
        (Paused, Limit) = (paused, limit);
        show();
    }

    /// <summary>Between steps: waits while paused or out of budget.</summary>
    public async Task CheckpointAsync()
    {
        while (Reason is { } reason)
        {
            Declare(reason, Why(reason));
            await Workflow.WaitConditionAsync(() => Reason is null);
            Declare(RunStates.Running, "");
        }
    }

    /// <summary>Waits until a person has fixed what is wrong and sent <c>Resume</c>.</summary>
    public async Task WaitForPersonAsync(string what, string words)
    {
        Await(null);
        Declare($"waiting: {what}", PlainText.OneLine(words, 600));
        await Workflow.WaitConditionAsync(() => Retried);
        Declare(RunStates.Running, "");
    }

    /// <summary>What a reason means, for a person.</summary>
    public string Why(string reason) => IsHeld ? $"its batch is on hold ({Held})" : reason == RunStates.Paused ? "paused by an operator" : $"{Limit.Reached(Spent)}; RaiseBudget goes on";

    public void Declare(string state, string waitsFor)
    {
        (State, WaitsFor) = (state, waitsFor);
        Cause = state is RunStates.Running or RunStates.Cancelled ? null : Cause;
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(state), SearchAttributes.Cost(OwnsElsewhere ? Spent : Usage));
        show();
        if (state != RunStates.Cancelled)
        {
            // Cancelled says nothing of what was waited for; its end is reported by itself.
            Tell(state == RunStates.Running ? null : state);
        }
    }

    /// <summary>Lets the batch know what its run waits for, unless that is the batch itself.</summary>
    private void Tell(string? waiting)
    {
        if (TellsBatch && parent is not null && (!IsHeld || Cause is not null))
        {
            _toTell = (waiting, waiting is null ? null : Cause, waiting is null ? null : PlainText.OneLine(WaitsFor, 300));
            if (!_telling)
            {
                _ = TellNewestAsync();
            }
        }
    }

    /// <summary>One signal after the other: two under way at once may arrive in either order.</summary>
    private async Task TellNewestAsync()
    {
        _telling = true;
        while (_retell || _told != _toTell)
        {
            (_told, _retell) = (_toTell, false);
            await ParentReports.NewsAsync(parent, Spent, _told.Waiting, _told.Cause, _told.Why);
        }

        _telling = false;
    }
}
