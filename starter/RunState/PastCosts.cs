using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.RunState;

/// <summary>
/// What a batch will probably cost: what runs of the same kind and model have cost on this server. Prices are settings of
/// the workers, and how long an agent talks nobody knows beforehand, so past runs are the better witness.
/// </summary>
/// <param name="PastRuns">Runs it is drawn from; 0 where there are none, or no server is up that could know.</param>
/// <param name="PerItemUsd">Their mean in dollars.</param>
/// <param name="TotalUsd">The mean for all items.</param>
/// <param name="MostUsd">What the budgets let it cost at most; null without any.</param>
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
        + (MostUsd is { } most ? $" The budgets let it cost {PlainText.Usd(most)} and the steps under way then." : "");
}
