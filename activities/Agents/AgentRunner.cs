using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents.Proxy;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Activities.Redaction;
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
    IOptions<ProxyOptions> options,
    IOptions<LlmOptions> llm)
{
    /// <summary>One argument of a program cannot be longer than this on Linux.</summary>
    private const int MostArgumentBytes = 128 * 1024 - 1;

    private const long TokenSlackSec = 120;

    private readonly SecretRedactor _redactor = new(
        llm.Value.Profiles.Values.Select(profile => profile.KeyVariable).Concat([options.Value.Anthropic.KeyVariable, options.Value.Gemini.KeyVariable]));

    public async Task<AgentRunReply> RunAsync(RunAgentRequest request, ActivityInfo info, Action<string> beat, CancellationToken cancellationToken)
    {
        var container = request.Container;
        var facts = await gateway.FindAsync(container, withSize: false, cancellationToken) is { Running: true } found ? found : throw SandboxFailures.Lost(container);
        var agent = catalogue.Find(request.Agent.Name);
        var folder = Folder(info, container);
        var account = Account(info, container);
        var said = await store.ReadConversationAsync(request.Instruction, cancellationToken);
        var instruction = said.LastOrDefault(message => message.Role == ChatRoles.User)?.Content ?? "";
        var values = await ValuesAsync(request, agent, account, info, cancellationToken);
        var fill = new Placeholders(agent, request.Agent.Kwargs, values);
        var files = agent.Run.Files.ToDictionary(file => file.Key, file => fill.Fill(file.Value));
        await gateway.PutAsync(container, AgentFolder.Pack(instruction, files, new Dictionary<string, string>()), cancellationToken);

        var events = new AgentEvents(agent, _redactor.Redact);
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
        using (var process = await gateway.ExecAsync(container, spec, cancellationToken))
        {
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await process.ReadAsync(buffer, cancellationToken)) > 0)
            {
                output.Take(buffer.AsSpan(0, read));
                beat(_redactor.Redact(PlainText.OneLine(output.LastLine)));
            }
        }

        return await ReplyAsync(request, agent, output, events, info, cancellationToken);
    }

    /// <summary>Changes what a running agent may spend.</summary>
    public AgentBudgetReply Allow(AgentBudgetRequest request, ActivityInfo info)
    {
        var account = proxy.Accounts.Of(Account(info, request.Container));
        account.Allow(Less(new SpendingLimit(request.BudgetUsd, request.BudgetTokens), LostUsage(request.Lost, info).Usage));
        return new AgentBudgetReply(account.Usage);
    }

    private static string Folder(ActivityInfo info, string container) =>
        SandboxLabels.OnceFolder(info.WorkflowId ?? "", info.WorkflowRunId ?? "", $"{container} agent");

    /// <summary>Name of the account of a run in one container: the same for every try of its activity.</summary>
    private static string Account(ActivityInfo info, string container) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Folder(info, container))))[..32];

    private static SpendingLimit Less(SpendingLimit limit, TokenUsage used) => new(
        limit.Usd is { } usd ? Math.Max(0, usd - used.CostUsd) : null,
        limit.Tokens is { } tokens ? Math.Max(0, tokens - used.TotalTokens) : null);

    /// <summary>Usage of earlier containers that were lost, as far as this host knows it.</summary>
    private (TokenUsage Usage, int Calls) LostUsage(IReadOnlyList<string> containers, ActivityInfo info)
    {
        var accounts = containers.Select(container => proxy.Accounts.Of(Account(info, container))).ToList();
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
        foreach (var lost in request.Lost)
        {
            // Processes of it that still run get no more replies.
            proxy.Accounts.Of(Account(info, lost)).Close();
        }

        var left = Less(new SpendingLimit(request.BudgetUsd, request.BudgetTokens), LostUsage(request.Lost, info).Usage);
        values["token"] = proxy.Sign(new RunToken
        {
            Account = account,
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

    private async Task<AgentRunReply> ReplyAsync(
        RunAgentRequest request, AgentDescription agent, AgentOutput output, AgentEvents events, ActivityInfo info, CancellationToken cancellationToken)
    {
        var end = output.Finish();
        var ended = false;
        if (end is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await gateway.FindAsync(request.Container, withSize: false, cancellationToken) is { Running: true })
            {
                throw new IOException("The connection to the agent broke off. The agent goes on, and the next try connects to it again.");
            }

            ended = await gateway.EndedByItselfAsync(request.Container, cancellationToken) ? true : throw SandboxFailures.Lost(request.Container);
        }

        foreach (var path in new[] { agent.Events?.From, agent.Usage?.From }.OfType<string>().Where(path => path != AgentEvents.Output && !ended).Distinct())
        {
            if (await FileAsync(request.Container, path, cancellationToken) is { } content)
            {
                events.File(path, content);
            }
        }

        var used = agent.Api == AgentApi.None ? null : proxy.Accounts.Of(Account(info, request.Container));
        used?.Close();
        List<string> notes = [];
        var usage = used is { Calls: > 0 } ? used.Usage : events.Usage ?? TokenUsage.None;
        var (lost, lostCalls) = used is null ? (TokenUsage.None, 0) : LostUsage(request.Lost, info);
        if (used is { Calls: > 0 } && events.Usage is { } own && (own.PromptTokens, own.CompletionTokens) != (usage.PromptTokens, usage.CompletionTokens))
        {
            notes.Add($"{agent.Name} says that it used {own.PromptTokens} + {own.CompletionTokens} tokens; the proxy's count is used instead: {usage.PromptTokens} + {usage.CompletionTokens}");
        }

        if (lostCalls > 0)
        {
            notes.Add($"{lostCalls} model calls in containers that were lost are counted too: {lost.PromptTokens} + {lost.CompletionTokens} tokens, {Money.Of(lost)}");
        }
        else if (request.Lost.Count > 0)
        {
            notes.Add($"what {agent.Name} used in containers that were lost is not known on this host and not counted");
        }

        if (used is { Uncounted: > 0 })
        {
            notes.Add($"{used.Uncounted} of {used.Calls} model replies did not state their usage and are not counted");
        }

        if (used is { Refused: > 0 })
        {
            notes.Add($"the attempt's budget was used up; {used.Refused} model calls were refused");
        }

        if (end is { ExitCode: not 0, TimedOut: false })
        {
            notes.Add($"{agent.Name} ended with exit code {end.Value.ExitCode}");
        }

        if (events.LeftOut > 0)
        {
            notes.Add($"{events.LeftOut} events of {agent.Name} were too many to keep");
        }

        var printed = _redactor.Redact(output.Kept(end is not null));
        return new AgentRunReply
        {
            ExitCode = end?.ExitCode ?? 137,
            TimedOut = end?.TimedOut ?? false,
            ContainerEnded = ended,
            Output = await store.PutTextAsync(printed, cancellationToken),
            Conversation = await store.AppendAsync(request.Instruction, Said(events, usage + lost, printed, request), cancellationToken),
            Commands = events.Commands,
            Usage = usage + lost,
            ModelCalls = (used?.Calls ?? 0) + lostCalls,
            DurationMs = end?.DurationMs ?? 0,
            Notes = notes,
        };
    }

    /// <summary>What it did, with the whole cost on its last message: the cost of single calls is not known.</summary>
    private static List<ChatMessage> Said(AgentEvents events, TokenUsage usage, string printed, RunAgentRequest request)
    {
        List<ChatMessage> messages = events.Messages.Count > 0
            ? [.. events.Messages]
            : [new ChatMessage { Role = ChatRoles.Assistant, Content = PlainText.TailAtLineStart(printed, 8_000) }];
        var last = messages.FindLastIndex(message => message.Role == ChatRoles.Assistant);
        if (last >= 0)
        {
            messages[last] = messages[last] with { Usage = usage, Model = request.Agent.Model.Name };
        }

        return messages;
    }

    private async Task<string?> FileAsync(string container, string path, CancellationToken cancellationToken)
    {
        await using var stream = await gateway.GetAsync(container, path, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        var home = await Tars.HomeAsync(stream, path, sandbox.FileBytes, sandbox.FolderBytes, _ => false, cancellationToken);
        using var file = new MemoryStream(home.Tar, writable: false);
        return await TarPack.TextAsync(file, Path.GetFileName(path), cancellationToken, sandbox.FileBytes);
    }

    private static string Argument(AgentDescription agent, string instruction) => Encoding.UTF8.GetByteCount(instruction) <= MostArgumentBytes
        ? instruction
        : throw new ApplicationFailureException(
            $"The instruction is too long for {agent.Name}, which takes it as an argument: {Encoding.UTF8.GetByteCount(instruction)} bytes, at most {MostArgumentBytes}.",
            FailureTypes.InvalidInput,
            nonRetryable: true);
}
