using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Llm.Habits;
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
internal sealed partial class LlmActivities(
    IChatGateway gateway,
    IArtifactStore store,
    HeldReplies held,
    StepSignals signals,
    IOptions<LlmOptions> settings,
    SecretRedactor redactor,
    TimeProvider time,
    ILogger<LlmActivities> logger) : ILlmActivities
{
    private readonly EndpointHabits _habits = new(new HabitBook(store, time, logger));
    private readonly CallGates _gates = new();
    private readonly CallsUnderWay _underWay = new();

    public async Task<LlmReply> CompleteAsync(LlmRequest request)
    {
        var context = ActivityExecutionContext.Current;
        await using var heartbeats = Heartbeats.Start(context, time, TimeSpan.FromSeconds(settings.Value.HeartbeatSec));
        await using var end = new StepEnd(context, signals);
        await signals.GoesOnAsync(context);
        var messages = await store.ReadConversationAsync(request.Conversation, end.Stop);
        var hash = ChatBody.RequestHash(request, messages);
        var shelf = ReplyShelf.Of(store, request, context.Info.WorkflowId!);
        var key = $"{shelf.Key} {hash}";
        StoredReply? stored = null;
        while (stored is null)
        {
            stored = await FindAsync(shelf, key, hash, context, end);
            if (stored is null && await _underWay.TakeAsync(key, end.Stop) is { } taken)
            {
                using (taken)
                {
                    // Another try may have brought it between the look and the taking.
                    stored = await FindAsync(shelf, key, hash, context, end)
                        ?? await StoredAsync(await AskAsync(request, messages, await FreeShelfAsync(shelf, hash, context, end), key, hash, context, end), context, end);
                }
            }
        }

        await end.EndAfterFlightAsync();
        return stored.RequestSha256 == hash
            ? await ResultAsync(request, stored, context.Info.WorkflowRunId)
            : throw new ApplicationFailureException(
                $"Call {request.Call} of {context.Info.WorkflowId} already has a stored reply, but to another request (hash "
                + $"{stored.RequestSha256[..12]}…, this one {hash[..12]}…): the workflow asks for something else than it did the first time.",
                FailureTypes.ReplyMismatch,
                nonRetryable: true);
    }

    private ModelCall CallOf(LlmRequest request, ModelEndpoint endpoint, string workflowId, ReplyShelf shelf) =>
        new(request, endpoint, workflowId, gateway, shelf, _habits, _gates[endpoint], settings.Value, redactor, time, logger);

    /// <summary>The reply of an earlier try: from memory first, since it leaves that when it is in the store.</summary>
    private async Task<StoredReply?> FindAsync(ReplyShelf shelf, string key, string hash, ActivityExecutionContext context, StepEnd end)
    {
        if (held.Find(key) is { } reply)
        {
            return await StoredAsync(reply, context, end);
        }

        var stored = await shelf.FindAsync(end.Stop);
        return stored is not null && IsOfAnotherRun(stored, hash, context) ? await shelf.Again(hash).FindAsync(end.Stop) : stored;
    }

    /// <summary>Where the reply will be kept: beside the one of an earlier run that asked something else.</summary>
    private static async Task<ReplyShelf> FreeShelfAsync(ReplyShelf shelf, string hash, ActivityExecutionContext context, StepEnd end) =>
        await shelf.FindAsync(end.Stop) is { } other && IsOfAnotherRun(other, hash, context) ? shelf.Again(hash) : shelf;

    private async Task<HeldReplies.Held> AskAsync(
        LlmRequest request, IReadOnlyList<ChatMessage> messages, ReplyShelf shelf, string key, string hash, ActivityExecutionContext context, StepEnd end)
    {
        var endpoint = ModelEndpoint.Resolve(request.Model, settings.Value);
        if (request.MustBePriced)
        {
            await RequirePriceAsync(request, endpoint, context, end);
        }

        var answer = await CallOf(request, endpoint, context.Info.WorkflowId!, shelf).AskAsync(messages, end);
        var received = Received(answer, request, endpoint, hash, context.Info.WorkflowRunId);

        // The reply is paid for once it is here: neither a cancel, a shutdown nor a full disk may lose it.
        return held.Hold(key, () => StoreAsync(answer.Body, received, shelf));
    }

    /// <summary>Whether a reply answers another question, of a run before this one: then this run went another way, and asks for itself.</summary>
    private static bool IsOfAnotherRun(StoredReply stored, string hash, ActivityExecutionContext context) =>
        stored.RequestSha256 != hash && stored.RunId is { } run && run != context.Info.WorkflowRunId;

    /// <summary>Waits until a reply is stored, and says so when that takes long.</summary>
    private async Task<StoredReply> StoredAsync(HeldReplies.Held reply, ActivityExecutionContext context, StepEnd end)
    {
        if (await Task.WhenAny(reply.Stored, reply.FirstRefusal) == reply.Stored)
        {
            return await reply.Stored;
        }

        var refused = await reply.FirstRefusal;
        logger.LogWarning("A reply for {Workflow} cannot be stored and is kept in memory: {Why}", context.Info.WorkflowId, refused.Message);
        await signals.WaitsAsync(
            context, RunStates.Results, $"{refused.Message} The model's reply is kept in memory meanwhile and stored as soon as that works; it is not asked for again.");
        await using var hurry = context.WorkerShutdownToken.Register(held.Hurry);
        try
        {
            var stored = await reply.Stored.WaitAsync(end.Leave);
            await end.GoesOnAsync();
            return stored;
        }
        catch (OperationCanceledException) when (reply.Stored.IsCompletedSuccessfully)
        {
            return await reply.Stored;
        }
    }

    private StoredReply Received(ModelAnswer answer, LlmRequest request, ModelEndpoint endpoint, string hash, string? runId) => new()
    {
        RequestSha256 = hash,

        // Its body is not stored yet.
        Reply = new ArtifactRef("", 0, MediaTypes.Json),
        Model = endpoint.Model,
        Purpose = request.Purpose,
        Task = request.Task,
        ReceivedAt = time.GetUtcNow(),
        Usage = answer.Reply.Usage,
        DurationMs = answer.DurationMs,
        ResentInFlight = answer.ResentInFlight,
        DroppedObservations = answer.DroppedObservations,
        SentTokens = answer.SentTokens,
        LeftOut = answer.LeftOut.Count > 0 ? answer.LeftOut : null,
        Fenced = answer.Fenced,
        Api = answer.Api.Name == ChatApi.ApiName ? null : answer.Api.Name,
        Endpoint = endpoint.BaseUrl.AbsoluteUri,
        RunId = runId,
    };

    private async Task<StoredReply> StoreAsync(string body, StoredReply reply, ReplyShelf shelf)
    {
        reply = reply with { Reply = await store.PutTextAsync(body, CancellationToken.None, MediaTypes.Json) };
        var kept = await shelf.KeepAsync(reply, CancellationToken.None);

        // A run before this one was quicker, with the answer to another question.
        return kept.RequestSha256 != reply.RequestSha256 && kept.RunId is { } run && run != reply.RunId
            ? await shelf.Again(reply.RequestSha256).KeepAsync(reply, CancellationToken.None)
            : kept;
    }

    /// <summary>What was left out is remembered in the conversation: the next requests begin with the same bytes.</summary>
    private static IEnumerable<ChatMessage> NoteOf(StoredReply stored)
    {
        if (stored.LeftOut is { } leftOut)
        {
            yield return new ChatMessage
            {
                Role = ChatRoles.Note,
                Content = $"The conversation became too long for the model: from here on the output of {leftOut.Count} older "
                    + $"{(leftOut.Count == 1 ? "command is" : "commands are")} not sent any more ({stored.DroppedObservations} in all).",
                LeftOut = leftOut,
                Timestamp = stored.ReceivedAt,
            };
        }
    }

    private async Task<LlmReply> ResultAsync(LlmRequest request, StoredReply stored, string? runId)
    {
        var raw = await store.ReadTextAsync(stored.Reply, CancellationToken.None);
        var read = ApiChoice.Named(stored.Api).Read(raw, new ReplyForm(request.Call, stored.Fenced, stored.Endpoint, stored.Model));
        var (message, finish, _) = ReplyEnds.Meant(read, request);
        message = message with { Timestamp = stored.ReceivedAt, Model = message.Model ?? stored.Model, Usage = stored.Usage };
        var calls = message.ToolCalls;

        // Reasoning written into the content is not part of the answer, and must not make it too long.
        var text = request.InlineCharacters > 0 ? ReplyText.Strip(message.Content) : message.Content;
        return new LlmReply
        {
            Conversation = await store.AppendAsync(request.Conversation, [.. NoteOf(stored), message], CancellationToken.None),
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
            Note = SilentCuts.Note(stored),
            PaidBy = stored.RunId == runId ? null : stored.RunId,
        };
    }
}
