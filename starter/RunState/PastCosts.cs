using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.RunState;

/// <summary>
/// The probable cost of a batch: the mean cost of runs of the same kind and model on this server. Past runs are the best
/// source, because prices are settings of the workers and the length of a conversation is not known beforehand.
/// </summary>
/// <param name="PastRuns">Runs it is drawn from; 0 where there are none, or no server is up.</param>
/// <param name="PerItemUsd">Their mean in dollars.</param>
/// <param name="TotalUsd">The mean for all items.</param>
/// <param name="MostUsd">Most that the budgets allow, without the steps under way; null without a budget.</param>
internal sealed record PastCosts(int PastRuns, double? PerItemUsd, double? TotalUsd, double? MostUsd)
{
    private const int MostRuns = 200;

    /// <param name="type">Workflow type of an item's run.</param>
    /// <param name="modelSlug">Name of the model.</param>
    /// <param name="items">How many items.</param>
    /// <param name="itemBudgetUsd">Budget of each; null for none.</param>
    /// <param name="batchBudgetUsd">Budget of all; null for none.</param>
    /// <param name="cancellationToken">Ends the look-up.</param>
    public static async Task<PastCosts> OfAsync(
        string type, string modelSlug, int items, double? itemBudgetUsd, double? batchBudgetUsd, CancellationToken cancellationToken)
    {
        var most = itemBudgetUsd * items;
        most = batchBudgetUsd is { } all && !(most < all) ? all : most;
        var costs = new List<double>();
        await using var session = await SparkSession.OpenRunningAsync(new(), cancellationToken);
        if (session is not null)
        {
            var past = session.Client.ListWorkflowsAsync(
                $"WorkflowType = '{type}' AND SparkModel = '{modelSlug}' AND ExecutionStatus != 'Running'", new() { Limit = MostRuns });
            await foreach (var run in past.WithCancellation(cancellationToken))
            {
                if (RunRow.Of(run).CostUsd is { } cost)
                {
                    costs.Add(cost);
                }
            }
        }

        double? mean = costs.Count > 0 ? Math.Round(costs.Average(), 6) : null;
        return new PastCosts(costs.Count, mean, mean is { } one ? Math.Round(one * items, 6) : null, most);
    }

    public override string ToString() =>
        (TotalUsd is { } total
            ? $"Estimated cost {PlainText.Usd(total)}: {PastRuns} past runs with this model cost {PlainText.Usd(PerItemUsd!.Value)} on average."
            : "No past run with this model is known here, so its cost cannot be estimated.")
        + (MostUsd is { } most ? $" The budgets allow {PlainText.Usd(most)} plus the steps under way at that moment." : "");
}
