using System.Text;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>What the user interface shows of a proof, in Markdown.</summary>
internal static partial class ProofDetails
{
    public static string Render(ProofResult result) => Render(
        result.Checks, $"**{result.Verdict}**" + (result.Error is { } error ? $"\n\n> {DetailsText.Escape(PlainText.OneLine(error, 600))}" : ""));

    public static string Render(IReadOnlyList<ProofCheck> checks, string head)
    {
        var text = new StringBuilder(head).Append("\n\n");
        foreach (var check in checks)
        {
            text.Append("- ").Append(check.Status.ToString().ToLowerInvariant()).Append(": ").Append(check.Name)
                .Append(" · ").Append(DetailsText.Escape(Counts().Replace(PlainText.OneLine(check.Words, 300), "$1 of $2 tests"))).Append('\n');
        }

        return text.Append(RunDescriptions.Foot).ToString();
    }

    /// <summary>The web UI sets 4/4 as a fraction.</summary>
    [GeneratedRegex(@"(\d+)/(\d+) tests")]
    private static partial Regex Counts();
}
