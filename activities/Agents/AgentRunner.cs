using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Agents;

/// <summary>Runs an installed agent once in its container and reads back what it did.</summary>
internal sealed class AgentRunner(
    IContainerGateway gateway,
    IArtifactStore store,
    AgentCatalogue catalogue,
    ModelProxy proxy,
    SandboxOptions sandbox,
    AgentReport report,
    SkillTracer traces,
    AgentEnd agentEnd,
    IOptions<ProxyOptions> options,
    IOptions<LlmOptions> llm)
{
    /// <summary>One argument of a program cannot be longer than this on Linux.</summary>
    private const int MostArgumentBytes = 128 * 1024 - 1;

    private const long TokenSlackSec = 120;

    public async Task<AgentRunReply> RunAsync(RunAgentRequest request, ActivityInfo info, Action<string> beat, CancellationToken cancellationToken)
    {
        var container = request.Container;
        var facts = await gateway.FindAsync(container, withSize: false, cancellationToken) is { Running: true } found ? found : throw SandboxFailures.Lost(container);
        var agent = catalogue.Find(request.Agent.Name);
        var folder = RunNames.Folder(info, container, request.Try);
        var account = RunNames.Account(info, container, request.Try);
        var said = await store.ReadConversationAsync(request.Instruction, cancellationToken);
        var skills = request.Skills is { } given ? await traces.ReadAsync(given, cancellationToken) : [];
        var told = said.LastOrDefault(message => message.Role == ChatRoles.User)?.Content ?? "";
        var instruction = agent.Run.TellsSkills ? SkillTracer.Tell(told, skills, request.SkillsDir) : told;
        var values = await ValuesAsync(request, agent, account, info, cancellationToken);
        var fill = new Placeholders(agent, request.Agent.Kwargs, values);
        var files = agent.Run.Files.ToDictionary(file => file.Key, file => fill.Fill(file.Value));
        await gateway.PutAsync(container, AgentFolder.Pack(instruction, files, new Dictionary<string, string>()), cancellationToken);

        var events = new AgentEvents(agent, report.Redact);
        var output = new AgentOutput(sandbox.OutputBytes, line => events.Line(AgentEvents.Output, line));
        var spec = new ExecSpec(
        [
            "sh", AgentFolder.Stream, folder, Math.Max(1, Math.Ceiling(request.TimeoutSec)).ToString(CultureInfo.InvariantCulture), "1024",
            "sh", AgentFolder.Start, AgentFolder.Root, agent.Run.Instruction.ToString().ToLowerInvariant(),
            .. fill.Argv(agent.Run),
            .. agent.Run.Instruction == InstructionBy.Argument ? [Argument(agent, instruction)] : Array.Empty<string>(),
        ])
        {
            User = AgentInstaller.UserOf(facts),
            WorkingDirectory = facts.Labels.GetValueOrDefault(SandboxLabels.Workdir),
            Environment = [.. agent.Run.Env.Select(pair => $"{pair.Key}={fill.Fill(pair.Value)}")],
        };
        var used = agent.Api == AgentApi.None ? null : proxy.Accounts.Of(account);
        if (used is not null)
        {
            used.Skills ??= new SkillTraces(skills);
        }

        using (var process = await gateway.ExecAsync(container, spec, cancellationToken))
        {
            await using var watch = agentEnd.Watch(container, folder, used);
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await process.ReadAsync(buffer, cancellationToken)) > 0)
            {
                output.Take(buffer.AsSpan(0, read));
                beat(report.Redact(PlainText.OneLine(output.LastLine)));
            }
        }

        return await report.WriteAsync(request, agent, output, events, used, LostUsage(request.Lost, info), cancellationToken);
    }

    /// <summary>Changes what a running agent may spend.</summary>
    public AgentBudgetReply Allow(AgentBudgetRequest request, ActivityInfo info)
    {
        var account = proxy.Accounts.Of(RunNames.Newest(proxy.Accounts, info, request.Container));
        account.Allow(Less(new SpendingLimit(request.BudgetUsd, request.BudgetTokens), LostUsage(request.Lost, info).Usage));
        return new AgentBudgetReply(account.Usage);
    }

    private static SpendingLimit Less(SpendingLimit limit, TokenUsage used) => new(
        limit.Usd is { } usd ? Math.Max(0, usd - used.CostUsd) : null,
        limit.Tokens is { } tokens ? Math.Max(0, tokens - used.TotalTokens) : null);

    /// <summary>Usage of earlier containers that were lost, as far as this host knows it.</summary>
    private (TokenUsage Usage, int Calls) LostUsage(IReadOnlyList<string> containers, ActivityInfo info)
    {
        var accounts = containers.SelectMany(container => RunNames.All(proxy.Accounts, info, container)).Select(proxy.Accounts.Of).ToList();
        return (accounts.Aggregate(TokenUsage.None, (sum, account) => sum + account.Usage), accounts.Sum(account => account.Calls));
    }

    private async Task<IReadOnlyDictionary<string, string>> ValuesAsync(
        RunAgentRequest request, AgentDescription agent, string account, ActivityInfo info, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>
        {
            ["instruction_file"] = AgentFolder.Instruction, ["model"] = request.Agent.Model.Name ?? agent.DefaultModel ?? "", ["token"] = "",
            ["openai_url"] = "", ["anthropic_url"] = "", ["gemini_url"] = "",
        };
        if (agent.Api == AgentApi.None)
        {
            return values;
        }

        var target = ProxyTarget.Resolve(agent.Api, request.Agent.Model, agent.DefaultModel, llm.Value, options.Value);
        values["model"] = target.Model;
        values[$"{agent.Api.ToString().ToLowerInvariant()}_url"] = await proxy.UrlAsync(agent.Api, cancellationToken);
        foreach (var lost in request.Lost.SelectMany(lost => RunNames.All(proxy.Accounts, info, lost)))
        {
            // Processes of it that still run get no more replies.
            proxy.Accounts.Of(lost).Close();
        }

        var left = Less(new SpendingLimit(request.BudgetUsd, request.BudgetTokens), LostUsage(request.Lost, info).Usage);
        values["token"] = proxy.Sign(new RunToken
        {
            Account = account,
            Container = request.Container,
            Run = info.WorkflowId ?? "",
            Task = request.Task,
            Api = agent.Api.ToString().ToLowerInvariant(),
            Model = request.Agent.Model with { Name = target.Model },
            BudgetUsd = left.Usd,
            BudgetTokens = left.Tokens,
            Expires = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + (long)Math.Ceiling(request.TimeoutSec) + TokenSlackSec,
        });
        return values;
    }

    private static string Argument(AgentDescription agent, string instruction) => Encoding.UTF8.GetByteCount(instruction) <= MostArgumentBytes
        ? instruction
        : throw new ApplicationFailureException(
            $"The instruction is too long for {agent.Name}, which takes it as an argument: {Encoding.UTF8.GetByteCount(instruction)} bytes, at most {MostArgumentBytes}.",
            FailureTypes.InvalidInput,
            nonRetryable: true);
}
