using System.Text;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>What the user interface shows of a batch, in Markdown.</summary>
internal static class BatchDetails
{
    private const int OpenLines = 20;
    private const int LastLines = 10;

    public static string Render(BatchState state, string? done, IReadOnlyList<ItemLine> last)
    {
        var counts = state.Counts;
        var text = new StringBuilder();
        text.Append(done is null ? "" : done == RunStates.Done ? "**Done** · " : "**Cancelled** · ").Append("**").Append(counts.Ended).Append(" of ").Append(counts.Total).Append("** ended · ").Append(counts.Open - counts.Waiting).Append(" running, ").Append(counts.Waiting > 0 ? $"{counts.Waiting} waiting, " : "").Append("at most ")
            .Append(state.Parallelism).Append(" at once · ").Append(counts.Passed).Append(" passed");
        Append(text, counts.Failed, "failed");
        Append(text, counts.Infrastructure, "infrastructure");
        Append(text, counts.Cancelled, "cancelled");
        Append(text, counts.TakenOver, "taken over");
        Append(text, counts.Skipped, "skipped");
        text.Append(" · ").Append(DetailsText.Escape(state.Limit.Render(state.Used))).Append("\n\n");
        if (done is null && state.WaitsFor is { } words)
        {
            text.Append("**Waits:** ").Append(DetailsText.Escape(words)).Append(".\n\n");
        }
        else if (done is null && state.Limit.Warning(state.Used) is { } warning)
        {
            text.Append("**Budget:** ").Append(DetailsText.Escape(warning)).Append("; at the limit the batch waits.\n\n");
        }

        if (done is null && state.Version is { } version)
        {
            text.Append("**Version:** ").Append(DetailsText.Escape(version)).Append(".\n\n");
        }

        foreach (var note in done is null ? state.Notes : [])
        {
            text.Append("**Note:** ").Append(DetailsText.Escape(PlainText.OneLine(note, 400))).Append(".\n\n");
        }

        if (done is null)
        {
            text.Append(BatchHints.Render(state));
        }

        if (counts.Waiting is > 0 and var waiting)
        {
            text.Append(waiting == 1 ? "**1 run waits**; its own page says what for and what to do:\n\n" : $"**{waiting} runs wait**; their own pages say what for and what to do:\n\n");
        }

        // Runs that wait come first: a person has to see to them.
        foreach (var open in state.Open.OrderBy(open => open.Waiting is null).Take(OpenLines))
        {
            text.Append("- `").Append(open.WorkflowId).Append('`').Append(open.Waiting is { } what ? $" · **{DetailsText.Escape(what)}**" : "")
                .Append(open.Why is { } why ? $": {DetailsText.Escape(PlainText.OneLine(why, 160))}" : "").Append('\n');
        }

        if (state.Open.Count > OpenLines)
        {
            text.Append("- and ").Append(state.Open.Count - OpenLines).Append(" more\n");
        }

        if (last.Count > 0)
        {
            text.Append("\n| ended last | state | how | cost |\n|---|---|---|---|\n");
        }

        foreach (var line in last.TakeLast(LastLines).Reverse())
        {
            text.Append("| ").Append(line.Number).Append(' ').Append(DetailsText.Escape(line.Name)).Append(" | ").Append(line.State)
                .Append(" | ").Append(DetailsText.Escape(line.Words))
                .Append(" | ").Append(DetailsText.Escape(Money.Of(line))).Append(" |\n");
        }

        text.Append("\nResults, one a line: `").Append(state.ResultsPath).Append("`\n");

        return text.Append(RunDescriptions.Foot).ToString();
    }

    private static void Append(StringBuilder text, int count, string what)
    {
        if (count > 0)
        {
            text.Append(", ").Append(count).Append(' ').Append(what);
        }
    }
}
