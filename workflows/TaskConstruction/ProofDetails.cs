using System.Text;
using System.Text.RegularExpressions;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Attempts;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>What the user interface shows of a proof, in Markdown.</summary>
internal static partial class ProofDetails
{
    /// <summary>What a proof is, for its static details.</summary>
    public static string About(string taskDir) =>
        $"Proves the task `{taskDir}`: its own solution passes, twice in fresh containers; doing nothing and wrong answers do not; its data and its verdicts "
        + $"are the same each time.{OperatorHints.Foot}";

    public static string Render(ProofResult result) => Render(
        result.Checks, $"**{result.Verdict}**" + (result.Error is { } error ? $"\n\n> {AttemptDetails.Escape(PlainText.OneLine(error, 600))}" : ""));

    public static string Render(IReadOnlyList<ProofCheck> checks, string head)
    {
        var text = new StringBuilder(head).Append("\n\n");
        foreach (var check in checks)
        {
            text.Append("- ").Append(check.Status.ToString().ToLowerInvariant()).Append(": ").Append(check.Name)
                .Append(" · ").Append(AttemptDetails.Escape(Counts().Replace(PlainText.OneLine(check.Words, 300), "$1 of $2 tests"))).Append('\n');
        }

        return text.Append(OperatorHints.Foot).ToString();
    }

    /// <summary>The web UI sets 4/4 as a fraction.</summary>
    [GeneratedRegex(@"(\d+)/(\d+) tests")]
    private static partial Regex Counts();
}
