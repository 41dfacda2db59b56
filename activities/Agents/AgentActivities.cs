using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Installed agents on this host.</summary>
internal sealed class AgentActivities(
    AgentCatalogue catalogue, AgentInstaller installer, AgentRunner runner, IOptions<ProxyOptions> options, IOptions<LlmOptions> llm, SandboxHost host, TimeProvider time) : IAgentActivities
{
    public Task<AgentPlan> DescribeAsync(DescribeAgentRequest request)
    {
        var agent = catalogue.Find(request.Agent.Name);
        _ = new Placeholders(agent, request.Agent.Kwargs, new Dictionary<string, string>());
        if (agent.Network && (request.Settings.AgentNetwork ?? request.Settings.Network) != NetworkMode.Public)
        {
            throw Invalid(
                $"agent {agent.Name} needs a network, to be installed and to reach its model, and the task gives its agent none ([agent] or [environment] network_mode). "
                + "Use the built-in agent 'terminal', whose model calls do not come from the container.");
        }

        if (agent.Api == AgentApi.None)
        {
            return Task.FromResult(new AgentPlan(agent.Install.TimeoutSec, null));
        }

        var target = ProxyTarget.Resolve(agent.Api, request.Agent.Model, agent.DefaultModel, llm.Value, options.Value);
        if (request.MustBePriced && !PriceTable.Knows(llm.Value, target.Model, target.BaseUrl))
        {
            throw Invalid($"agent {agent.Name}: there is a budget in dollars, and nobody knows what model '{target.Model}' costs: {Money.Remedy(target.Model)}.");
        }

        return target.Key is null && !target.BaseUrl.IsLoopback
            ? throw Invalid($"agent {agent.Name}: {target.KeyVariable} is not set on the sandbox host, whose worker calls {target.BaseUrl.Host} for the agent; set it there or in the worker's .env.")
            : Task.FromResult(new AgentPlan(agent.Install.TimeoutSec, target.Model));
    }

    public Task<InstallReply> InstallAsync(InstallAgentRequest request) => StepAsync(
        request.Container, (context, heartbeats) => installer.InstallAsync(request, context.Info, heartbeats.Beat, context.CancellationToken));

    // Each beat carries the last line that the agent printed; it is shown with the pending activity.
    public Task<AgentRunReply> RunAsync(RunAgentRequest request) => StepAsync(
        request.Container, (context, heartbeats) => runner.RunAsync(request, context.Info, heartbeats.Show, context.CancellationToken));

    public Task<AgentBudgetReply> BudgetAsync(AgentBudgetRequest request) => Task.FromResult(runner.Allow(request, ActivityExecutionContext.Current.Info));

    private async Task<T> StepAsync<T>(string container, Func<ActivityExecutionContext, Heartbeats, Task<T>> work)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, time);
        return await SandboxFailures.TypedAsync(container, host.Name, () => work(context, heartbeats));
    }

    private static ApplicationFailureException Invalid(string message) => new(message, FailureTypes.InvalidInput, nonRetryable: true);
}
