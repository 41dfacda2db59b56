using System.Collections.Concurrent;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Support;

/// <summary>An installed agent that is made up: it says that it did it.</summary>
internal sealed class FakeAgents(IArtifactStore store, FakeWorld world) : IAgentActivities
{
    private readonly ConcurrentQueue<RunAgentRequest> _runs = new();
    private readonly ConcurrentQueue<AgentBudgetRequest> _budgets = new();

    /// <summary>What it was run with, in order.</summary>
    public IReadOnlyList<RunAgentRequest> Runs => [.. _runs];

    /// <summary>What it was allowed while it ran.</summary>
    public IReadOnlyList<AgentBudgetRequest> Budgets => [.. _budgets];

    /// <summary>Why none of a run's model calls was answered; null where they were.</summary>
    public Func<RunAgentRequest, string?> Away { get; set; } = _ => null;

    public async Task<AgentPlan> DescribeAsync(DescribeAgentRequest request)
    {
        await world.EnterAsync("agents.describe");
        return new AgentPlan(60, "fake");
    }

    public async Task<InstallReply> InstallAsync(InstallAgentRequest request)
    {
        await world.EnterAsync("agents.install");
        return new InstallReply(0, await store.PutTextAsync("installed", CancellationToken.None), "installed", 5, "agent 1.0");
    }

    public async Task<AgentRunReply> RunAsync(RunAgentRequest request)
    {
        _runs.Enqueue(request);
        await world.EnterAsync($"agents.run:{request.Container}");
        return new AgentRunReply
        {
            ExitCode = 0,
            Output = await store.PutTextAsync("I did it.", CancellationToken.None),
            Conversation = await store.AppendAsync(request.Instruction, [new ChatMessage { Role = ChatRoles.Assistant, Content = "I did it." }], CancellationToken.None),
            Commands = 1,
            Usage = world.Tokens with { CostUsd = world.CostPerCall },
            ModelCalls = 1,
            DurationMs = 5,
            ModelAway = Away(request),
        };
    }

    public async Task<AgentBudgetReply> BudgetAsync(AgentBudgetRequest request)
    {
        _budgets.Enqueue(request);
        await world.EnterAsync("agents.budget");
        return new AgentBudgetReply(TokenUsage.None);
    }
}
