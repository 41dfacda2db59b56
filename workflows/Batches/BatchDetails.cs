using System.Text;
using Spark.Temporal.Workflows.Attempts;

namespace Spark.Temporal.Workflows.Batches;

/// <summary>What the user interface shows of a batch, in Markdown.</summary>
internal static class BatchDetails
{
    private const int OpenLines = 20;
    private const int LastLines = 10;

    public static string Render(BatchState state, string? done, IReadOnlyList<ItemLine> last)
    {
        var counts = state.Items.Counts;
        var text = new StringBuilder();
        text.Append("**").Append(counts.Ended).Append(" of ").Append(counts.Total).Append("** ended · ").Append(counts.Open).Append(" open, ")
            .Append(state.Parallelism).Append(" at once · ").Append(counts.Passed).Append(" passed");
        Append(text, counts.Failed, "failed");
        Append(text, counts.Infrastructure, "infrastructure");
        Append(text, counts.Cancelled, "cancelled");
        Append(text, counts.TakenOver, "taken over");
        Append(text, counts.Skipped, "skipped");
        text.Append(" · ").Append(AttemptDetails.Escape(state.Limit.Render(state.Used))).Append("\n\n");
        if (done is null && state.WaitsFor is { } why)
        {
            text.Append("**Waits:** ").Append(AttemptDetails.Escape(why)).Append(".\n\n");
        }
        else if (done is null && state.Limit.Warning(state.Used) is { } warning)
        {
            text.Append("**Budget:** ").Append(AttemptDetails.Escape(warning)).Append("; at the limit the batch waits.\n\n");
        }

        if (done is null && state.Version is { } version)
        {
            text.Append("**Version:** ").Append(AttemptDetails.Escape(version)).Append(".\n\n");
        }

        foreach (var open in state.Open.Take(OpenLines))
        {
            text.Append("- `").Append(open.WorkflowId).Append('`').Append(open.Waiting is { } waiting ? $" {AttemptDetails.Escape(waiting)}" : "").Append('\n');
        }

        if (state.Open.Count > OpenLines)
        {
            text.Append("- and ").Append(state.Open.Count - OpenLines).Append(" more\n");
        }

        if (last.Count > 0)
        {
            text.Append("\n| item | ended | |\n|---|---|---|\n");
        }

        foreach (var line in last.TakeLast(LastLines).Reverse())
        {
            text.Append("| ").Append(line.Number).Append(' ').Append(AttemptDetails.Escape(line.Name)).Append(" | ").Append(line.State)
                .Append(" | ").Append(AttemptDetails.Escape(line.Words)).Append(" |\n");
        }

        return text.Append(OperatorHints.Foot).ToString();
    }

    private static void Append(StringBuilder text, int count, string what)
    {
        if (count > 0)
        {
            text.Append(", ").Append(count).Append(' ').Append(what);
        }
    }
}
