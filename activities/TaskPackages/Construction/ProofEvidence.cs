using System.Text;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.TaskPackages.Construction;

/// <summary>What a failed proof showed, as text for the repair of the blueprint.</summary>
internal sealed class ProofEvidence(IArtifactStore store)
{
    private const int MostTail = 2_500;

    public async Task<string> OfAsync(ProofResult proof, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        foreach (var check in proof.Checks)
        {
            text.Append("- ").Append(check.Name).Append(' ').Append(check.Status.ToString().ToLowerInvariant()).Append(": ").Append(check.Words).Append('\n');
            if (check is { Status: ProofStatus.Failed, Output: { } output })
            {
                var said = await store.ReadTextAsync(output, cancellationToken);
                var failing = TestSummary.FailedTests(TestSummary.Of(TestReport.Detailed(null, said)));
                if (failing.Count > 0)
                {
                    text.Append("  failing tests: ").AppendJoin(", ", failing.Take(20)).Append('\n');
                }

                text.Append("  last lines of its output:\n").Append(said.Length <= MostTail ? said : said[^MostTail..]).Append('\n');
            }
        }

        return text.ToString();
    }
}
