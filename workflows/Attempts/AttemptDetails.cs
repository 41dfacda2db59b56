using System.Text;
using Spark.Temporal.Workflows.Domain;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>Answer of an attempt's <c>GetProgress</c>.</summary>
/// <param name="State"><c>running</c>, <c>paused</c>, or what it waits for.</param>
/// <param name="Step">What it does just now.</param>
/// <param name="Turns">Turns so far.</param>
/// <param name="CostUsd">Cost so far, in dollars.</param>
/// <param name="Losses">Containers lost so far.</param>
public sealed record AttemptProgressReport(string State, string Step, int Turns, double CostUsd, int Losses);

/// <summary>What the user interface shows of an attempt, in Markdown.</summary>
internal static class AttemptDetails
{
    public static string Render(AttemptInput input, AttemptState state, SandboxSession? sandbox, RunControl control, AttemptResult? result)
    {
        var text = new StringBuilder();
        if (result is null)
        {
            text.Append("**").Append(control.State).Append("** · ").Append(Escape(state.Step)).Append("\n\n");
            if (control.WaitsFor.Length > 0)
            {
                text.Append(control.State == RunStates.Paused ? "`Resume` goes on where it stands." : Escape(control.WaitsFor)).Append("\n\n");
            }

            text.Append(control.BudgetWarning);
        }
        else
        {
            text.Append("**").Append(result.Outcome).Append("** · reward ").Append(result.Reward?.ToString("0.###") ?? "none")
                .Append(" · tests ").Append(result.TestsPassed).Append('/').Append(result.TestsTotal).Append("\n\n");
            if (result.Error is { } error)
            {
                text.Append("> ").Append(Escape(Text.OneLine(error, 600))).Append("\n\n");
            }
        }

        text.Append("agent ").Append(input.Agent).Append(" · turns ").Append(state.Turns).Append(" · model calls ").Append(state.ModelCalls)
            .Append(" · ").Append(Text.Usd(state.Usage.CostUsd));
        if (sandbox?.Container is { } container)
        {
            text.Append(" · container `").Append(container.Container.Length > 12 ? container.Container[..12] : container.Container)
                .Append("` on `").Append(sandbox.Image!.HostQueue).Append('`');
        }

        foreach (var note in (sandbox?.Notes ?? []).Concat(state.Notes))
        {
            text.Append("\n- ").Append(Escape(Text.OneLine(note, 300)));
        }

        return text.ToString();
    }

    /// <summary>Agents write this text; it must not become markup.</summary>
    public static string Escape(string text) =>
        text.Replace("\\", "\\\\").Replace("`", "\\`").Replace("*", "\\*").Replace("_", "\\_").Replace("<", "&lt;").Replace("[", "\\[");
}
