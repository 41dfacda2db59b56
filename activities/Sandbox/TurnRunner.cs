using System.Diagnostics;
using System.Text.Json;
using Docker.DotNet;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Runs what the model asked for in the agent's shell.</summary>
internal sealed class TurnRunner(IContainerGateway gateway, IArtifactStore store, ShellConnections shells, SecretRedactor redactor)
{
    private const int Reconnects = 3;

    /// <summary>Runs the calls of the last message and appends their answers.</summary>
    /// <param name="request">The conversation and its container.</param>
    /// <param name="beat">Called every two seconds.</param>
    /// <param name="show">Takes the last lines of a command that runs, and null at its end.</param>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    /// <returns>The answers of the first time that this conversation was carried on.</returns>
    public async Task<TurnReply> RunAsync(TurnRequest request, Action beat, Action<string?> show, CancellationToken cancellationToken)
    {
        var reply = await CallsAsync(request, beat, show, cancellationToken);

        // An attempt that is made again runs the commands for what they do; with the answers of the first time its model calls stay the
        // same, and so are not paid for again.
        return reply.ContainerEnded ? reply : await FirstAsync(request, reply, cancellationToken);
    }

    private async Task<TurnReply> FirstAsync(TurnRequest request, TurnReply reply, CancellationToken cancellationToken)
    {
        var kept = await store.PutKeyAsync($"turn/{request.Conversation.Sha256}", JsonSerializer.Serialize(reply, SparkJson.Options), cancellationToken);
        var first = JsonSerializer.Deserialize<TurnReply>(kept, SparkJson.Options)!;
        try
        {
            await store.ReadJsonAsync<ConversationLink>(first.Conversation, cancellationToken);
            return first;
        }
        catch (ArtifactLostException)
        {
            return reply;
        }
    }

    private async Task<TurnReply> CallsAsync(TurnRequest request, Action beat, Action<string?> show, CancellationToken cancellationToken)
    {
        var calls = await LastCallsAsync(request.Conversation, cancellationToken);
        List<ChatMessage> answers = [];
        var ran = 0;
        var exitCode = 0;
        long duration = 0;
        var ended = false;
        var characters = request.OutputCharacters ?? TurnRequest.DefaultOutputCharacters;
        foreach (var (call, index) in calls.Select((call, index) => (call, index)))
        {
            if (call.Problem is not null || call.Command is null)
            {
                answers.Add(Answer(call, call.Problem ?? "The call holds no command.", null));
                continue;
            }

            if (ended)
            {
                answers.Add(Answer(call, "[not run: the container has ended]", null));
                continue;
            }

            var id = $"turn-{request.Turn}.{index + 1}";
            var seconds = Math.Min(call.TimeoutSec is > 0 ? call.TimeoutSec.Value : request.TimeoutSec, request.TimeoutSec);
            var outcome = await CommandAsync(request.Container, Secret(id, request.Conversation), call.Command, seconds, beat, show, cancellationToken);
            if (outcome is null)
            {
                ended = true;
                exitCode = 137;
                ran++;
                answers.Add(Answer(call, "[the container ended while this command ran]", new CommandResult(id, 137, 0)));
                continue;
            }

            ran++;
            exitCode = outcome.End.ExitCode;
            duration += outcome.End.DurationMs;
            var text = Observation.Of(outcome.End, characters, seconds, outcome.Note);
            var result = new CommandResult(id, exitCode, outcome.End.DurationMs, outcome.End.TimedOut, outcome.End.OutputBytes, outcome.End.Folder)
            {
                Output = outcome.End.OutputBytes > characters
                    ? await store.PutBytesAsync(Observation.Kept(outcome.End), MediaTypes.Bytes, cancellationToken)
                    : null,
            };
            answers.Add(Answer(call, text, result));
        }

        var conversation = await store.AppendAsync(request.Conversation, answers, cancellationToken);
        return new TurnReply(conversation, ran, exitCode, duration, ended);
    }

    /// <summary>Runs every command of a conversation that has been answered, in order.</summary>
    public async Task<TurnReply> RerunAsync(RerunRequest request, Action beat, Action<string?> show, CancellationToken cancellationToken)
    {
        var messages = await store.ReadConversationAsync(request.Conversation, cancellationToken);
        var clock = Stopwatch.StartNew();
        var ran = 0;
        var exitCode = 0;
        var done = request.After is { } after ? (await store.ReadConversationAsync(after, cancellationToken)).Count : 0;
        var id = done == 0 ? "rerun" : $"rerun-{done}";
        for (var i = done; i < messages.Count; i++)
        {
            // Calls without an answer have not run: the turn they belong to is still to come.
            var answered = messages.Skip(i + 1).TakeWhile(message => message.Role is ChatRoles.Tool or ChatRoles.Note)
                .Where(message => message.Result is not null).Select(message => message.ToolCallId).ToHashSet();
            foreach (var call in messages[i].ToolCalls.Where(call => call.Command is not null && call.Problem is null && answered.Contains(call.Id)))
            {
                var seconds = Math.Min(call.TimeoutSec is > 0 ? call.TimeoutSec.Value : request.TimeoutSec, request.TimeoutSec);
                if (await CommandAsync(request.Container, Secret($"{id}-{++ran}", request.Conversation), call.Command!, seconds, beat, show, cancellationToken) is not { } outcome)
                {
                    return await ReplyAsync(ended: true);
                }

                exitCode = outcome.End.ExitCode;
            }
        }

        return await ReplyAsync(ended: false);

        async Task<TurnReply> ReplyAsync(bool ended)
        {
            var note = new ChatMessage
            {
                Role = ChatRoles.Note,
                Content = $"{request.Reason} The {ran} commands so far were run again in a new container; no model was asked."
                    + (ended ? " The last of them ended that container too." : ""),
                Timestamp = DateTimeOffset.UtcNow,
            };
            var conversation = await store.AppendAsync(request.Conversation, [note], cancellationToken);
            return new TurnReply(conversation, ran, exitCode, clock.ElapsedMilliseconds, ended);
        }
    }

    /// <summary>
    /// The name of a command in its container: the same at each try, and one that nobody in there can know before it runs, so that no answer can be laid out for it.
    /// </summary>
    private static string Secret(string id, ArtifactRef conversation) => $"{id}-{SandboxLabels.Hash($"{id}\n{conversation.Sha256}")[..16]}";

    /// <returns>Null when a command ended the container.</returns>
    private async Task<Outcome?> CommandAsync(
        string container, string id, string command, double timeoutSec, Action beat, Action<string?> show, CancellationToken cancellationToken)
    {
        var disk = new DiskWatch(gateway, container);
        for (var attempt = 1; ; attempt++)
        {
            beat();
            try
            {
                if (await shells.GetAsync(container, cancellationToken) is { } shell)
                {
                    var end = await shell.RunAsync(
                        id,
                        command,
                        TimeSpan.FromSeconds(timeoutSec),
                        async output =>
                        {
                            show(redactor.Redact(Observation.LastLines(output)));
                            beat();
                            return await disk.IsFullAsync(cancellationToken);
                        },
                        cancellationToken);
                    show(null);
                    return new Outcome(end, disk.Note);
                }
            }
            catch (Exception broken) when (broken is IOException or TimeoutException or DockerApiException)
            {
                shells.Close(container);
                if (await gateway.FindAsync(container, withSize: false, cancellationToken) is { Running: true })
                {
                    if (attempt < Reconnects)
                    {
                        continue;
                    }

                    // The engine answers and the container runs, so it is the agent that has broken its shell: no new container for that.
                    if (broken is not DockerApiException refused || refused.StatusCode is System.Net.HttpStatusCode.BadRequest)
                    {
                        return null;
                    }

                    throw;
                }
            }

            return await gateway.EndedByItselfAsync(container, cancellationToken) ? null : throw SandboxFailures.Lost(container);
        }
    }

    private async Task<IReadOnlyList<ToolCall>> LastCallsAsync(ArtifactRef conversation, CancellationToken cancellationToken)
    {
        for (ArtifactRef? next = conversation; next is not null;)
        {
            var link = await store.ReadJsonAsync<ConversationLink>(next, cancellationToken);
            if (link.Messages.LastOrDefault(message => message.Role is not ChatRoles.Note) is { } last)
            {
                return last.ToolCalls;
            }

            next = link.Previous;
        }

        return [];
    }

    private static ChatMessage Answer(ToolCall call, string text, CommandResult? result) => new()
    {
        Role = ChatRoles.Tool,
        ToolCallId = call.Id,
        Content = text,
        Result = result,
        Timestamp = DateTimeOffset.UtcNow,
    };

    private sealed record Outcome(CommandEnd End, string? Note);
}
