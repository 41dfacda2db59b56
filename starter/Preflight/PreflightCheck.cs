using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;

namespace Spark.Temporal.Starter.Preflight;

/// <summary>
/// Lets a worker try what a run will need, before it is started: a wrong key or a folder that cannot be written is said within
/// seconds, instead of by a batch that waits.
/// </summary>
internal sealed class PreflightCheck(SparkSession session, CliOutput output)
{
    private const string Anyway = "Nothing was started. --no-preflight starts without these checks.";

    /// <param name="name">Name of the batch.</param>
    /// <param name="plan">What is tried; null for nothing.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="CliException">A model does not answer or a folder cannot be written; the message holds the cause and the remedy of each.</exception>
    public async Task RunAsync(string name, PreflightPlan? plan, CancellationToken cancellationToken)
    {
        if (plan is null)
        {
            return;
        }

        var report = await AskAsync(name, plan, cancellationToken);
        var problems = new List<string>();
        foreach (var model in report.Models)
        {
            if (model.Probe is { } probe)
            {
                if (plan.NeedsPrices && probe.Unpriced)
                {
                    problems.Add($"model {Title(model.Model)}: nobody knows what it costs, so a budget in dollars would never be reached\n    {Money.Remedy(probe.Model)}");
                }

                if (TooLong(plan, model) is { } tooLong)
                {
                    problems.Add(tooLong);
                }

                if (probe.Throttled is { } words)
                {
                    output.Note($"Model {Title(model.Model)} gets too many requests at the moment; the run will wait its turn. {words}");
                }
            }
            else if (model.Type == ModelFinding.NoWorker && await PolledAsync(SparkSession.QueueOf(TaskQueues.Llm(model.Model.Profile)), cancellationToken))
            {
                output.Note($"The workers of model profile {model.Model.Profile} are busy, so {Title(model.Model)} was not asked.");
            }
            else
            {
                problems.Add($"model {Title(model.Model)}: {model.Words}\n    {ModelRemedies.Of(model.Type ?? "", model.Model.Profile)}");
            }
        }

        problems.AddRange(report.Problems);
        if (problems.Count > 0)
        {
            throw new CliException($"the preflight failed:\n{string.Join('\n', problems.Select(problem => $"  {problem}"))}\n{Anyway}");
        }
    }

    private Task<PreflightReport> AskAsync(string name, PreflightPlan plan, CancellationToken cancellationToken) => new WorkerQuestion(session).AskAsync(
        name, new PreflightRequest { Models = plan.Models, Folders = plan.Folders, WorkerPatienceSec = WorkerQuestion.ProfilePatience.TotalSeconds }, Anyway, cancellationToken);

    /// <summary>A request that is too long before anything was said can never be made shorter.</summary>
    private static string? TooLong(PreflightPlan plan, ModelFinding model) =>
        plan.Largest is { } largest && plan.AgentModels.Contains(model.Model) && model.Probe?.ContextTokens is { } context && FirstRequest.CannotFit(largest.Tokens, context)
            ? $"model {Title(model.Model)}: the first request of task '{largest.Task}' has about {largest.Tokens} tokens (system prompt and instruction), "
                + $"and the model is taken to have a context of {context}\n    set Llm:Profiles:{model.Model.Profile}:ContextTokens in the worker's settings if it has "
                + "more, choose a model with a larger context with --model, or shorten the instruction"
            : null;

    /// <summary>Whether a worker took activities of a queue in the last minute.</summary>
    private async Task<bool> PolledAsync(string queue, CancellationToken cancellationToken)
    {
        var described = await session.Client.WorkflowService.DescribeTaskQueueAsync(
            new() { Namespace = session.Client.Options.Namespace, TaskQueue = new() { Name = queue }, TaskQueueType = TaskQueueType.Activity },
            new() { CancellationToken = cancellationToken });
        return described.Pollers.Any(poller => poller.LastAccessTime.ToDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(-1));
    }

    private static string Title(ModelChoice model) => model.Name is { } name ? $"{name} (profile {model.Profile})" : $"of profile {model.Profile}";
}
