using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Processes;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Model calls. Each is paid for once: a reply that reached a worker is stored before the activity completes.</summary>
internal sealed class LlmActivities(
    IChatGateway gateway,
    IArtifactStore store,
    IOptions<LlmOptions> settings,
    SecretRedactor redactor,
    TimeProvider time,
    ILogger<LlmActivities> logger) : ILlmActivities
{
    private readonly EndpointHabits _habits = new();
    private readonly CallGates _gates = new();

    public Task<ModelProbe> ProbeAsync(ModelChoice model)
    {
        var context = ActivityExecutionContext.Current;
        return new EndpointProbe(gateway, settings.Value, redactor, time).AskAsync(model, context.Info.WorkflowId!, EndpointProbe.Patience, context.CancellationToken);
    }

    public async Task<LlmReply> CompleteAsync(LlmRequest request)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, time, TimeSpan.FromSeconds(settings.Value.HeartbeatSec));
        try
        {
            var messages = await store.ReadConversationAsync(request.Conversation, context.CancellationToken);
            var hash = ChatBody.RequestHash(request, messages);
            var shelf = new ReplyShelf(store, context.Info.WorkflowId!, request.FirstRunId, request.Call);
            var stored = await shelf.FindAsync(context.CancellationToken);
            if (stored is null)
            {
                var endpoint = ModelEndpoint.Resolve(request.Model, settings.Value);
                var call = new ModelCall(request, endpoint, context.Info.WorkflowId!, gateway, shelf, _habits, _gates[endpoint], settings.Value, redactor, time, logger);

                // The reply is paid for once it is here: neither a cancel nor a shutdown may lose it.
                stored = await KeepAsync(await call.AskAsync(messages, context.CancellationToken), request, endpoint, shelf, hash);
            }

            if (stored.RequestSha256 != hash)
            {
                throw new ApplicationFailureException(
                    $"Call {request.Call} of {context.Info.WorkflowId} already has a stored reply, but to another request (hash "
                    + $"{stored.RequestSha256[..12]}…, this one {hash[..12]}…): the workflow asks for something else than it did the first time.",
                    FailureTypes.ReplyMismatch,
                    nonRetryable: true);
            }

            return await ResultAsync(request, stored);
        }
        catch (ArtifactLostException lost)
        {
            throw new ApplicationFailureException(lost.Message, FailureTypes.ArtifactLost, nonRetryable: true);
        }
    }

    private async Task<StoredReply> KeepAsync(ModelAnswer answer, LlmRequest request, ModelEndpoint endpoint, ReplyShelf shelf, string hash)
    {
        var raw = await store.PutTextAsync(answer.Body, CancellationToken.None, MediaTypes.Json);
        var (message, _, usage) = answer.Reply;
        return await shelf.KeepAsync(
            new StoredReply
            {
                RequestSha256 = hash,
                Reply = raw,
                Model = endpoint.Model,
                Purpose = request.Purpose,
                Task = request.Task,
                ReceivedAt = time.GetUtcNow(),
                Usage = PriceTable.Priced(usage, settings.Value.Prices, endpoint.Model, message.Model),
                DurationMs = answer.DurationMs,
                ResentInFlight = answer.ResentInFlight,
                DroppedObservations = answer.DroppedObservations,
                Fenced = answer.Fenced,
            },
            CancellationToken.None);
    }

    private async Task<LlmReply> ResultAsync(LlmRequest request, StoredReply stored)
    {
        var raw = await store.ReadTextAsync(stored.Reply, CancellationToken.None);
        var (message, finish, _) = ChatReplyReader.Read(raw, request.Call, stored.Fenced);
        message = message with { Timestamp = stored.ReceivedAt, Model = message.Model ?? stored.Model, Usage = stored.Usage };
        var calls = message.ToolCalls;

        // Reasoning written into the content is not part of the answer, and must not make it too long.
        var text = request.InlineCharacters > 0 ? ReplyText.Strip(message.Content) : message.Content;
        return new LlmReply
        {
            Conversation = await store.AppendAsync(request.Conversation, [message], CancellationToken.None),
            ToolCalls = calls.Count,
            Summary = PlainText.OneLine(calls.Select(call => call.Command ?? call.Problem).FirstOrDefault() ?? message.Content),
            Text = text.Length <= request.InlineCharacters ? text : null,
            TextLength = text.Length,
            FinishReason = finish,
            LongestTimeoutSec = calls.Max(call => call.TimeoutSec),
            Usage = stored.Usage,
            DurationMs = stored.DurationMs,
            ResentInFlight = stored.ResentInFlight,
            DroppedObservations = stored.DroppedObservations,
        };
    }
}
