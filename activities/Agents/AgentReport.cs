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

namespace Spark.Temporal.Activities.Agents;

/// <summary>Reads back what an agent did, when it has ended: its conversation, its numbers, and what the trial should say.</summary>
internal sealed class AgentReport(
    IContainerGateway gateway, IArtifactStore store, SandboxOptions sandbox, IOptions<ProxyOptions> options, IOptions<LlmOptions> llm)
{
    /// <summary>How long calls under way may take to be counted when the agent has ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly SecretRedactor _redactor = new(
        llm.Value.Profiles.Values.Select(profile => profile.KeyVariable).Concat([options.Value.Anthropic.KeyVariable, options.Value.Gemini.KeyVariable])
            .Select(name => Environment.GetEnvironmentVariable(name) ?? ""));

    public string Redact(string text) => _redactor.Redact(text);

    /// <exception cref="IOException">The connection broke off: the next try of the activity goes on.</exception>
    public async Task<AgentRunReply> WriteAsync(
        RunAgentRequest request, AgentDescription agent, AgentOutput output, AgentEvents events, RunAccount? used, (TokenUsage Usage, int Calls) lost, CancellationToken cancellationToken)
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

        await (used?.CloseAsync(Patience) ?? Task.CompletedTask);
        var away = used is { Calls: 0, Failures.Total: > 0 } && !ended;
        var usage = used is { Calls: > 0 } ? Known(used.Usage, events.Usage) : events.Usage is { } own && !away ? Priced(own, request, agent) : TokenUsage.None;
        var notes = Notes(request, agent, output: end, events, used, lost).ToList();
        var printed = _redactor.Redact(output.Kept(end is not null));
        return new AgentRunReply
        {
            ExitCode = end?.ExitCode ?? 137,
            TimedOut = end?.TimedOut ?? false,
            ContainerEnded = ended,
            Output = await store.PutTextAsync(printed, cancellationToken),
            Conversation = await store.AppendAsync(request.Instruction, Said(events, usage + lost.Usage, printed, request, used?.Skills?.Words(agent.Name) ?? []), cancellationToken),
            Commands = events.Commands,
            Usage = usage + lost.Usage,
            ModelCalls = (used?.Calls ?? 0) + lost.Calls,
            DurationMs = end?.DurationMs ?? 0,
            ModelAway = away ? Away(request, agent, used!.Failures) : null,
            Notes = notes,
        };
    }

    /// <summary>The proxy's count, with the agent's own cost where ours is not known.</summary>
    private static TokenUsage Known(TokenUsage counted, TokenUsage? own) =>
        counted.Unpriced && own is { CostUsd: > 0 } ? counted with { CostUsd = own.CostUsd, Unpriced = false, Estimated = true } : counted;

    /// <summary>The agent's own count, where the proxy has none: its cost is what it says, else by our prices.</summary>
    private TokenUsage Priced(TokenUsage own, RunAgentRequest request, AgentDescription agent) =>
        PriceTable.Priced(own, llm.Value, request.Agent.Model.Name ?? agent.DefaultModel ?? "", null, null, DateTimeOffset.UtcNow);

    private string Away(RunAgentRequest request, AgentDescription agent, UpstreamFailures failures)
    {
        var last = failures.Last!;
        var remedy = last.Status is not (401 or 403) ? ""
            : $" Check the key: {ProxyTarget.Resolve(agent.Api, request.Agent.Model, agent.DefaultModel, llm.Value, options.Value).KeyVariable} on the sandbox host.";
        return _redactor.Redact(
            $"The model's endpoint answered none of the {failures.Total} calls of {agent.Name}; the last {(last.Status == 0 ? "got no reply" : $"got status {last.Status}")}: {last.Words}.{remedy}");
    }

    private static IEnumerable<string> Notes(
        RunAgentRequest request, AgentDescription agent, (int ExitCode, long DurationMs, bool TimedOut)? output, AgentEvents events, RunAccount? used, (TokenUsage Usage, int Calls) lost)
    {
        if (used is { Calls: > 0 } && events.Usage is { } own && (own.PromptTokens, own.CompletionTokens) != (used.Usage.PromptTokens, used.Usage.CompletionTokens) && own.TotalTokens > 0)
        {
            yield return $"{agent.Name} says that it used {own.PromptTokens} + {own.CompletionTokens} tokens; the proxy's count is used instead: {used.Usage.PromptTokens} + {used.Usage.CompletionTokens}";
        }

        if (used is { Calls: > 0, Usage.Unpriced: true } && events.Usage is { CostUsd: > 0 } said)
        {
            yield return $"its model has no price here; the cost is what {agent.Name} says: {PlainText.Usd(said.CostUsd)}";
        }

        if (lost.Calls > 0)
        {
            yield return $"{lost.Calls} model calls in containers that were lost are counted too: {lost.Usage.PromptTokens} + {lost.Usage.CompletionTokens} tokens, {Money.Of(lost.Usage)}";
        }
        else if (request.Lost.Count > 0)
        {
            yield return $"what {agent.Name} used in containers that were lost is not known on this host and not counted";
        }

        if (used is { Estimated: > 0 })
        {
            yield return $"{used.Estimated} of {used.Calls} model replies were cut or did not state their usage, which is estimated";
        }

        if (used is { OtherModels: > 0 })
        {
            yield return $"{used.OtherModels} model calls asked for other models and were given the run's";
        }

        if (used is { Refused: > 0 })
        {
            yield return $"the attempt's budget was used up; {used.Refused} model calls were refused";
        }

        if (used is { Calls: > 0, Failures: { InARow: > 0, Last: { } last } })
        {
            yield return $"the model's endpoint did not answer the last {used.Failures.InARow} calls: {(last.Status == 0 ? "" : $"status {last.Status}, ")}{last.Words}";
        }

        foreach (var words in used?.Skills?.Words(agent.Name) ?? [])
        {
            yield return words;
        }

        if (output is { ExitCode: not 0, TimedOut: false })
        {
            yield return $"{agent.Name} ended with exit code {output.Value.ExitCode}";
        }

        if (events.LeftOut > 0)
        {
            yield return $"{events.LeftOut} events of {agent.Name} were too many to keep";
        }
    }

    /// <summary>What it did, with the whole cost on its last message: the cost of single calls is not known.</summary>
    private static List<ChatMessage> Said(AgentEvents events, TokenUsage usage, string printed, RunAgentRequest request, IEnumerable<string> skills)
    {
        List<ChatMessage> messages = events.Messages.Count > 0
            ? [.. events.Messages]
            : [new ChatMessage { Role = ChatRoles.Assistant, Content = PlainText.TailAtLineStart(printed, 8_000) }];
        var last = messages.FindLastIndex(message => message.Role == ChatRoles.Assistant);
        if (last >= 0)
        {
            messages[last] = messages[last] with { Usage = usage, Model = request.Agent.Model.Name };
        }

        messages.AddRange(skills.Select(words => new ChatMessage { Role = ChatRoles.Note, Content = words }));
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
}
