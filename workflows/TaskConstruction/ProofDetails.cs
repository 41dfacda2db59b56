using System.Text;
using Spark.Temporal.Workflows.Attempts;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>What the user interface shows of a proof, in Markdown.</summary>
internal static class ProofDetails
{
    public static string Render(ProofResult result) => Render(
        result.Checks, $"**{result.Verdict}**" + (result.Error is { } error ? $"\n\n> {AttemptDetails.Escape(Domain.Text.OneLine(error, 600))}" : ""));

    public static string Render(IReadOnlyList<ProofCheck> checks, string head)
    {
        var text = new StringBuilder(head).Append("\n\n");
        foreach (var check in checks)
        {
            text.Append("- ").Append(check.Status.ToString().ToLowerInvariant()).Append(": ").Append(check.Name)
                .Append(" · ").Append(AttemptDetails.Escape(Domain.Text.OneLine(check.Words, 300))).Append('\n');
        }

        return text.ToString();
    }
}
