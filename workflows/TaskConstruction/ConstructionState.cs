using System.Text;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>What a construction knows of itself and what it shows.</summary>
internal sealed class ConstructionState : IModelCaller
{
    private static readonly string[] Updates = ["`ExtendAttempts` (rounds of repair) with `{\"attempts\": 3}`"];

    private readonly ConstructionInput _input;
    private readonly DateTime _started = Workflow.UtcNow;
    private int _calls;

    public ConstructionState(ConstructionInput input)
    {
        _input = input;
        MaxRevisions = input.MaxRevisions;
        Control = new RunControl(new SpendingLimit(input.BudgetUsd, input.BudgetTokens), () => Show(Step), input.Parent) { TellsBatch = true };
        Outages = new Outages(Control, input.Limits);
    }

    public RunControl Control { get; }
    public Outages Outages { get; }
    public string RepliesRun => _input.Replies ?? Workflow.Info.FirstExecutionRunId;

    /// <summary>Further rounds of repair change nothing: a version was accepted, or there is none to repair.</summary>
    public bool Ended { get; set; }
    public string Task => _input.Name;
    public AttemptLimits Limits => _input.Limits;
    public string? TaskId { get; set; }
    public TokenUsage Usage => Control.Usage;
    public string Step { get; private set; } = "starting";
    public IReadOnlyList<string> References { get; set; } = [];
    public ArtifactRef? Spec { get; set; }

    /// <summary>Every version of the blueprint, oldest first.</summary>
    public List<BlueprintVersion> Versions { get; } = [];

    /// <summary>Rounds of repair so far.</summary>
    public int Round => Math.Max(0, Versions.Count - 1);

    /// <summary>Rounds of repair that it may have.</summary>
    public int MaxRevisions { get; private set; }

    public void Extend(int rounds)
    {
        MaxRevisions += rounds;
        Show(Step);
    }

    public ConstructionProgress Progress() => new(
        _input.Name, TaskId, Control.State, Step, Round, MaxRevisions, Usage.KnownUsd, Control.Limit.Usd, [.. Versions.Select(Line)])
    {
        Unpriced = Usage.Unpriced,
        Estimated = Usage.Estimated,
        WaitsFor = Control.WaitsFor,
        Tokens = Usage.TotalTokens,
        BudgetTokens = Control.Limit.Tokens,
        BudgetWarning = Control.Limit.Warning(Usage),
    };

    /// <summary>The construction was cancelled.</summary>
    public void Cancelled() => Control.Declare(RunStates.Cancelled, "");

    public void Show(string step)
    {
        Step = step;
        Workflow.CurrentDetails = Render(null);
    }

    /// <summary>Replaces the newest version.</summary>
    public void Update(BlueprintVersion version)
    {
        Versions[^1] = version;
        Show(Step);
    }

    public int NextCall() => ++_calls;

    public void Count(LlmReply reply)
    {
        Control.Count(reply);
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.Cost(Usage));
    }

    public ConstructionResult Result(ConstructionStatus status, string? error) => new()
    {
        Name = _input.Name,
        Status = status,
        TaskId = TaskId,
        Rounds = Round,
        Error = error,
        Usage = Usage,
        CostUsd = Usage.KnownUsd,
        Unpriced = Usage.Unpriced,
        Estimated = Usage.Estimated,
        ModelCalls = Control.ModelCalls,
        ResentInFlight = Control.ResentInFlight,
        DurationMs = Elapsed.Milliseconds(_started),
        WorkflowId = Workflow.Info.WorkflowId,
    };

    /// <summary>Declares how it ended.</summary>
    public ConstructionResult Done(ConstructionResult result)
    {
        Workflow.UpsertTypedSearchAttributes(
            SearchAttributes.State.ValueSet(RunStates.Done), SearchAttributes.Outcome.ValueSet(result.Status.ToString()), SearchAttributes.Cost(Usage));
        Workflow.CurrentDetails = Render(result);
        return result;
    }

    private static string Line(BlueprintVersion version) =>
        $"version {version.Number}: " + (version.Refused is { } why ? PlainText.OneLine(why, 300)
            : version.Proof is { } proof ? proof.Verdict.ToString().ToLowerInvariant() : "under way");

    private string Render(ConstructionResult? result)
    {
        var text = new StringBuilder();
        var rounds = Round == 1 ? "1 round of repair" : $"{Round} rounds of repair";
        if (result is not null || Control.State == RunStates.Cancelled)
        {
            text.Append("**").Append(result?.Status ?? ConstructionStatus.Cancelled).Append("** after ").Append(rounds);
        }
        else
        {
            text.Append(OperatorHints.Waiting(Control, DetailsText.Escape));
            text.Append("Version ").Append(Math.Max(1, Versions.Count)).Append(", ").Append(rounds).Append(" of at most ").Append(MaxRevisions)
                .Append(" · ").Append(DetailsText.Escape(Step));
        }

        text.Append(" · spent ").Append(DetailsText.Escape(Control.Limit.Render(Usage))).Append("\n\n");
        if (result?.Error is { } error)
        {
            text.Append("> ").Append(DetailsText.Escape(PlainText.OneLine(error, 600))).Append("\n\n");
        }
        else if (result is null && Control.State != RunStates.Cancelled)
        {
            text.Append(Control.BudgetWarning).Append(OperatorHints.Render(Control, Updates));
        }

        foreach (var version in Versions)
        {
            text.Append("- ").Append(DetailsText.Escape(Line(version))).Append('\n');
        }

        return text.Append(RunDescriptions.Foot).ToString();
    }
}
