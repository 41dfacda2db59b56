using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>
/// A command-line agent: described before anything is built, installed in the container, run there once. What it did
/// cannot be done again without its model, so in a new container it starts anew, and the trial says so.
/// </summary>
internal sealed class InstalledAgent(AttemptInput input, AttemptState state, RunControl control, Outages outages)
{
    private const double BudgetSec = 10;

    private readonly List<string> _lost = [];
    private AgentPlan? _plan;
    private string? _container;
    private string? _installed;
    private int _inVain;
    private int _runs;

    /// <summary>Seconds its installation may take; known once it is described.</summary>
    public double InstallSec => _plan?.InstallTimeoutSec ?? 0;

    /// <summary>Which agent, with which arguments, on which model.</summary>
    public AgentChoice Choice { get; } = new(input.Agent, input.AgentKwargs, input.Model);

    /// <summary>It waits for its model's endpoint, which has answered nothing yet.</summary>
    public bool DidNothing { get; private set; }

    /// <summary>What it says of its version.</summary>
    public string? Version { get; private set; }

    public async Task DescribeAsync(TaskPackage package)
    {
        var inDollars = control.Limit.Usd is not null || input.Parent?.Step?.Usd is not null;
        var request = new DescribeAgentRequest(Choice, package.Settings, inDollars);
        _plan = await outages.ThroughAsync(
            () => Workflow.ExecuteActivityAsync(
                (IAgentActivities agents) => agents.DescribeAsync(request), ActivityProfiles.Prepare(30, $"what {input.Agent} needs")),
            failure => Outage.OfEngine(failure, "any host"));
    }

    public async Task RunAsync(TaskPackage package, SandboxSession sandbox, ArtifactRef instruction, double agentSec)
    {
        while (!await sandbox.StepAsync(WorkAsync))
        {
            // While it waited for its model its container was given back.
        }

        sandbox.Remember(WorkAsync);

        async Task<bool> WorkAsync(string container, string queue)
        {
            await InstallAsync(container, queue, package);
            while (await WorkInAsync(container, queue, package, instruction, agentSec) is { } away)
            {
                _inVain++;
                _runs++;
                DidNothing = sandbox.NothingToRedo;
                await outages.WaitAsync(new Outage(RunStates.ModelEndpoint, $"model endpoint {input.Model.Profile}", away));
                DidNothing = false;
                if (sandbox.Container?.Container != container)
                {
                    _container = null;
                    return false;
                }
            }

            _runs++;
            return true;
        }
    }

    private async Task InstallAsync(string container, string queue, TaskPackage package)
    {
        if (_installed == container)
        {
            // A further step of the task in the same container.
            return;
        }

        if (_container is { } before && before != container)
        {
            _lost.Add(before);
            state.Notes.Add($"{input.Agent} starts anew in a new container; what it had asked its model for is asked for again.");
        }

        _container = container;
        _runs = 0;
        state.Step = $"installing {input.Agent}";
        var installed = await Workflow.ExecuteActivityAsync(
            (IAgentActivities agents) => agents.InstallAsync(new InstallAgentRequest(container, Choice, SkillsDir(package))),
            ActivityProfiles.OnHost(queue, InstallSec, input.Limits.HostAwaySec, $"install {input.Agent}"));
        Version = installed.Version;
        if (installed.ExitCode != 0)
        {
            state.AgentOutput = installed.Output;
            var how = installed.ExitCode == 124 ? $"did not end within {InstallSec:0.##} s" : $"ended with exit code {installed.ExitCode}";
            throw new ApplicationFailureException(
                $"The installation of {input.Agent} {how}: {installed.Tail}", FailureTypes.AgentNotInstalled, nonRetryable: true);
        }

        _installed = container;
        state.Notes.Add(installed.FromImage
            ? $"{input.Agent}{(Version is null ? "" : $" ({Version})")} came with its image in {installed.DurationMs / 1000.0:0.0} s"
            : $"{input.Agent}{(Version is null ? "" : $" ({Version})")} was installed in {installed.DurationMs / 1000.0:0.0} s");
    }

    /// <returns>Why none of its model calls was answered; null where it worked.</returns>
    private async Task<string?> WorkInAsync(string container, string queue, TaskPackage package, ArtifactRef instruction, double agentSec)
    {
        state.Step = $"{input.Agent} works";
        var limit = control.Limit;
        var left = Left(limit);
        var running = Workflow.ExecuteActivityAsync(
            (IAgentActivities agents) => agents.RunAsync(new RunAgentRequest
            {
                Container = container,
                Agent = Choice,
                Task = package.Name,
                Instruction = instruction,
                TimeoutSec = agentSec,
                BudgetUsd = left.Usd,
                BudgetTokens = left.Tokens,
                Lost = _lost.ToList(),
                Try = _runs,
                Skills = input.Skills,
                SkillsDir = SkillsDir(package),
            }),
            ActivityProfiles.OnHost(queue, agentSec, input.Limits.HostAwaySec, $"{input.Agent} works"));
        while (!running.IsCompleted)
        {
            await Workflow.WaitConditionAsync(() => running.IsCompleted || control.Limit != limit, CancellationToken.None);
            if (!running.IsCompleted)
            {
                await TellAsync(container, queue, limit = control.Limit);
            }
        }

        var reply = await running;
        if (reply.ModelAway is { } away)
        {
            return away;
        }

        if (_inVain > 0)
        {
            state.Notes.Add($"{input.Agent} ran {_inVain} times in vain before: its model's endpoint answered nothing");
        }

        state.Count(reply);
        return null;
    }

    private string? SkillsDir(TaskPackage package) => input.Skills is null ? null : package.Settings.SkillsDir ?? SkillFolders.Default;

    /// <summary>A budget that is changed while the agent works holds from its next model call on.</summary>
    private async Task TellAsync(string container, string queue, SpendingLimit limit)
    {
        var left = Left(limit);
        try
        {
            await Workflow.ExecuteActivityAsync(
                (IAgentActivities agents) => agents.BudgetAsync(new AgentBudgetRequest(container, left.Usd, left.Tokens, _lost.ToList())),
                ActivityProfiles.OnHost(queue, BudgetSec, input.Limits.HostAwaySec, $"what {input.Agent} may spend"));
        }
        catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
        {
            state.Notes.Add($"the new budget did not reach {input.Agent}: {ActivityFailures.Words(failure)}");
        }
    }

    /// <summary>What is left of a limit; the agent's own spending is counted where it asks its model.</summary>
    private SpendingLimit Left(SpendingLimit limit) => new(
        limit.Usd is { } usd ? Math.Max(0, usd - control.Spent.CostUsd) : null,
        limit.Tokens is { } most ? Math.Max(0, most - control.Spent.TotalTokens) : null);
}
