using System.Text;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>What the user interface shows of an attempt, in Markdown.</summary>
internal static class AttemptDetails
{
    public static string Render(AttemptInput input, AttemptState state, SandboxSession? sandbox, RunControl control, AttemptResult? result)
    {
        var text = new StringBuilder();
        if (result is null && control.State == RunStates.Cancelled)
        {
            text.Append("**Cancelled** in: ").Append(DetailsText.Escape(state.CancelledIn ?? state.Step)).Append("\n\n");
        }
        else if (result is null)
        {
            text.Append(OperatorHints.Waiting(control, DetailsText.Escape)).Append(control.State == RunStates.Running ? "Now: " : "Stands at: ").Append(DetailsText.Escape(state.Step));
            text.Append(control.State == RunStates.Running ? " · its tries, last failure and last output are under *Pending Activities*\n\n" : "\n\n").Append(control.BudgetWarning);
            text.Append((input.Run, control.State) switch
            {
                ({ } run, RunStates.Budget) => $"The budget is that of the run `{run}`: raise it there.\n\n",
                ({ } run, RunStates.Paused) => $"Where the run `{run}` is paused, choose `Resume` there; where only this attempt is, here.\n\n",
                _ => OperatorHints.Render(control),
            });
        }
        else
        {
            text.Append("**").Append(result.Outcome).Append("** · reward ").Append(result.Reward?.ToString("0.###") ?? "none")
                .Append(" · tests ").Append(result.TestsPassed).Append(" of ").Append(result.TestsTotal).Append("\n\n");
            if (result.Error is { } error)
            {
                text.Append("> ").Append(DetailsText.Escape(PlainText.OneLine(error, 600))).Append("\n\n");
            }
        }

        text.Append("agent ").Append(input.Agent).Append(" · turns ").Append(state.Turns).Append(" · model calls ").Append(state.ModelCalls)
            .Append(" · ").Append(DetailsText.Escape(Money.Of(state.Usage)));
        if (sandbox?.Container is { } container)
        {
            text.Append(" · container `").Append(container.Container.Length > 12 ? container.Container[..12] : container.Container)
                .Append("` on `").Append(sandbox.Image!.HostQueue).Append('`');
        }

        if (result?.TrialDir is { } trial)
        {
            text.Append("\n\nTrial folder: `").Append(trial).Append("`\n");
        }

        foreach (var note in (sandbox?.Notes ?? []).Concat(state.Notes))
        {
            text.Append("\n- ").Append(DetailsText.Escape(PlainText.OneLine(note, 300)));
        }

        return text.Append(RunDescriptions.Foot).ToString();
    }
}
