using System.Text;
using Spark.Temporal.Workflows.Attempts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain.Conversations;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Workflows;
using Words = Spark.Temporal.Workflows.Domain.Text;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>What a construction knows of itself, how it waits, and what it shows.</summary>
internal sealed class ConstructionState(ConstructionInput input) : IOwnCalls
{
    private readonly DateTime _started = Workflow.UtcNow;
    private string _state = "running";
    private string _waitsFor = "";
    private bool _resumed;
    private int _calls;

    public string Task => input.Name;
    public AttemptLimits Limits => input.Limits;
    public string? TaskId { get; set; }
    public bool Paused { get; set; }
    public double? BudgetUsd { get; set; } = input.BudgetUsd;
    public TokenUsage Usage { get; private set; } = TokenUsage.None;
    public int ModelCalls { get; private set; }
    public int ResentInFlight { get; private set; }
    public string Step { get; private set; } = "starting";
    public IReadOnlyList<string> References { get; set; } = [];
    public ArtifactRef? Spec { get; set; }

    /// <summary>Every version of the blueprint, oldest first.</summary>
    public List<BlueprintVersion> Versions { get; } = [];

    /// <summary>Rounds of repair so far.</summary>
    public int Round => Math.Max(0, Versions.Count - 1);

    public ConstructionProgress Progress() => new(
        input.Name, TaskId, _state, Step, Round, input.MaxRevisions, Usage.CostUsd, BudgetUsd, [.. Versions.Select(Line)]);

    public void Show(string step)
    {
        Step = step;
        Workflow.CurrentDetails = Render(null);
    }

    /// <summary>The newest version as it now stands.</summary>
    public void Update(BlueprintVersion version)
    {
        Versions[^1] = version;
        Show(Step);
    }

    public int NextCall() => ++_calls;

    public void Count(LlmReply reply)
    {
        Usage += reply.Usage;
        ModelCalls++;
        ResentInFlight += reply.ResentInFlight;
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.CostUsd.ValueSet(Math.Round(Usage.CostUsd, 6)));
    }

    public void Resume()
    {
        Paused = false;
        _resumed = true;
    }

    public async Task CheckpointAsync()
    {
        while (Reason() is { } reason)
        {
            Declare(reason, reason == "paused" ? "paused by an operator" : $"{Words.Usd(Usage.CostUsd)} of {Words.Usd(BudgetUsd!.Value)} are spent; RaiseBudget goes on");
            await Workflow.WaitConditionAsync(() => Reason() is null);
            Declare("running", "");
        }
    }

    public async Task WaitForPersonAsync(string what, string words)
    {
        _resumed = false;
        Declare($"waiting: {what}", Words.OneLine(words, 600));
        await Workflow.WaitConditionAsync(() => _resumed);
        Declare("running", "");
    }

    public ConstructionResult Close(ConstructionStatus status, string? error)
    {
        var result = new ConstructionResult
        {
            Name = input.Name,
            Status = status,
            TaskId = TaskId,
            Rounds = Round,
            Error = error,
            Usage = Usage,
            CostUsd = Usage.CostUsd,
            ModelCalls = ModelCalls,
            ResentInFlight = ResentInFlight,
            DurationMs = AttemptState.Milliseconds(_started),
            WorkflowId = Workflow.Info.WorkflowId,
        };
        Workflow.UpsertTypedSearchAttributes(
            SearchAttributes.State.ValueSet("done"), SearchAttributes.Outcome.ValueSet(status.ToString()), SearchAttributes.CostUsd.ValueSet(Math.Round(Usage.CostUsd, 6)));
        Workflow.CurrentDetails = Render(result);
        return result;
    }

    private static string Line(BlueprintVersion version) =>
        $"version {version.Number}: " + (version.Refused is { } why ? Words.OneLine(why, 300)
            : version.Proof is { } proof ? proof.Verdict.ToString().ToLowerInvariant() : "under way");

    private string Render(ConstructionResult? result)
    {
        var text = new StringBuilder();
        if (result is not null)
        {
            text.Append("**").Append(result.Status).Append("** after ").Append(Round).Append(" rounds of repair\n\n");
            if (result.Error is { } error)
            {
                text.Append("> ").Append(AttemptDetails.Escape(Words.OneLine(error, 600))).Append("\n\n");
            }
        }
        else if (_waitsFor.Length > 0)
        {
            text.Append("**Waits:** ").Append(AttemptDetails.Escape(_waitsFor)).Append("\n\n`Resume`, `RaiseBudget` or cancel.\n\n");
        }
        else
        {
            text.Append("**Round ").Append(Round).Append(" of ").Append(input.MaxRevisions).Append("** · ").Append(AttemptDetails.Escape(Step)).Append("\n\n");
        }

        foreach (var version in Versions)
        {
            text.Append("- ").Append(AttemptDetails.Escape(Line(version))).Append('\n');
        }

        text.Append("\nSpent ").Append(Words.Usd(Usage.CostUsd));
        if (BudgetUsd is { } budget)
        {
            text.Append(" of ").Append(Words.Usd(budget));
        }

        return text.ToString();
    }

    private string? Reason() => Paused ? "paused" : BudgetUsd is { } limit && Usage.CostUsd >= limit ? "waiting: budget" : null;

    private void Declare(string state, string waitsFor)
    {
        (_state, _waitsFor) = (state, waitsFor);
        Workflow.UpsertTypedSearchAttributes(SearchAttributes.State.ValueSet(state));
        Show(Step);
    }
}
