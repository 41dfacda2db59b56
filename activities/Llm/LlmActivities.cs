using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Domain;
using Spark.Temporal.Workflows.Domain.Conversations;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Model calls that are paid for once: a reply that reached a worker is kept before the activity completes.</summary>
internal sealed class LlmActivities(
    IChatGateway gateway,
    IArtifactStore store,
    IOptions<LlmOptions> settings,
    SecretRedactor redactor,
    TimeProvider time,
    ILogger<LlmActivities> logger) : ILlmActivities
{
    private readonly EndpointHabits _habits = new();

    private LlmOptions Options => settings.Value;

    public async Task<LlmReply> CompleteAsync(LlmRequest request)
    {
        var context = ActivityExecutionContext.Current;
        var endpoint = ModelEndpoint.Resolve(request.Model, Options);
        using var heartbeats = Heartbeats.Start(context, TimeSpan.FromSeconds(Options.HeartbeatSec));
        try
        {
            var messages = await store.ReadConversationAsync(request.Conversation, context.CancellationToken);
            var shelf = new ReplyShelf(store, context.Info.WorkflowId!, request.FirstRunId, request.Call);
            var hash = ChatBody.RequestHash(request, messages);
            var stored = await shelf.FindAsync(context.CancellationToken)
                ?? await AskAsync(request, endpoint, messages, shelf, hash, context);
            if (stored.RequestSha256 != hash)
            {
                throw new ApplicationFailureException(
                    $"Call {request.Call} of {context.Info.WorkflowId} has a stored reply to another request (hash "
                    + $"{stored.RequestSha256[..12]}…, this one {hash[..12]}…): the workflow took another path than when it was asked.",
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

    private async Task<StoredReply> AskAsync(
        LlmRequest request,
        ModelEndpoint endpoint,
        IReadOnlyList<ChatMessage> messages,
        ReplyShelf shelf,
        string hash,
        ActivityExecutionContext context)
    {
        await shelf.ReadMarksAsync(context.CancellationToken);
        for (var shorter = false; ;)
        {
            var habit = _habits[endpoint];
            var form = new ChatBody.Form(
                endpoint,
                Fenced: endpoint.Profile.Tools == ToolMode.Off || (endpoint.Profile.Tools == ToolMode.Auto && habit.NoTools),
                CompletionTokensField: endpoint.Profile.MaxTokensField == MaxTokensField.MaxCompletionTokens
                    || (endpoint.Profile.MaxTokensField == MaxTokensField.Auto && habit.CompletionTokensField),
                MaxTokens: request.MaxTokens ?? endpoint.Profile.MaxTokens);
            var body = ChatBody.Write(request, messages, form);
            var resent = shelf.CutOff;
            var clock = Stopwatch.StartNew();
            var reply = await SendAsync(request, endpoint, body, shelf, context);
            if (reply.Status is >= 200 and < 300)
            {
                var read = await ReadAsync(reply, request, form, endpoint, shelf);

                // Paid for from here on: neither a cancel nor a shutdown may lose it.
                return await KeepAsync(request, reply, read, form, shelf, hash, resent, clock.ElapsedMilliseconds);
            }

            await shelf.MarkEndAsync(RequestEnd.Refused, CancellationToken.None);
            if (ErrorMap.WantsCompletionTokens(reply) && form is { CompletionTokensField: false, MaxTokens: not null }
                && endpoint.Profile.MaxTokensField == MaxTokensField.Auto)
            {
                _habits.Learn(endpoint, known => known with { CompletionTokensField = true });
            }
            else if (ErrorMap.KnowsNoTools(reply) && request.Tools && !form.Fenced && endpoint.Profile.Tools == ToolMode.Auto)
            {
                logger.LogInformation("{Endpoint} takes no tools for {Model}: fenced blocks from now on", endpoint.BaseUrl, endpoint.Model);
                _habits.Learn(endpoint, known => known with { NoTools = true });
            }
            else if (ErrorMap.IsTooLong(reply))
            {
                throw new ApplicationFailureException(
                    $"The conversation does not fit model '{endpoint.Model}': {ProviderWords.From(reply.Body)}",
                    FailureTypes.ContextOverflow,
                    nonRetryable: !shorter);
            }
            else
            {
                throw ErrorMap.Failure(reply, endpoint, time.GetUtcNow(), TimeSpan.FromSeconds(Options.MaxRetryAfterSec));
            }
        }
    }

    private async Task<ChatHttpReply> SendAsync(
        LlmRequest request, ModelEndpoint endpoint, BinaryData body, ReplyShelf shelf, ActivityExecutionContext context)
    {
        var headers = new Dictionary<string, string>
        {
            ["X-Spark-Purpose"] = HeaderText(request.Purpose),
            ["X-Spark-Run"] = HeaderText(context.Info.WorkflowId!),
            ["X-Spark-Task"] = HeaderText(request.Task),
            ["Idempotency-Key"] = shelf.IdempotencyKey(body),
        };
        var timeout = TimeSpan.FromSeconds(endpoint.Profile.RequestTimeoutSec);
        await shelf.MarkSentAsync(context.CancellationToken);
        try
        {
            var reply = await gateway.SendAsync(
                new ChatHttpRequest(endpoint.BaseUrl, endpoint.Profile.KeyVariable, timeout, body, headers), context.CancellationToken);
            return reply with { Body = redactor.RedactKnown(reply.Body) };
        }
        catch (ChatConnectionException broken)
        {
            await shelf.MarkEndAsync(broken.Sent ? RequestEnd.Broken : RequestEnd.NotSent, CancellationToken.None);
            throw new ApplicationFailureException(redactor.Redact(broken.Message), FailureTypes.ModelUnavailable);
        }
    }

    private static async Task<ChatReply> ReadAsync(
        ChatHttpReply reply, LlmRequest request, ChatBody.Form form, ModelEndpoint endpoint, ReplyShelf shelf)
    {
        try
        {
            return ChatReplyReader.Read(reply.Body, request.Call, form.Fenced && request.Tools);
        }
        catch (UnreadableReplyException wrong)
        {
            await shelf.MarkEndAsync(RequestEnd.Unreadable, CancellationToken.None);
            throw new ApplicationFailureException(
                $"The reply of {endpoint.BaseUrl} for model '{endpoint.Model}' cannot be used. {wrong.Message}", FailureTypes.ModelUnavailable);
        }
    }

    private async Task<StoredReply> KeepAsync(
        LlmRequest request, ChatHttpReply reply, ChatReply read, ChatBody.Form form, ReplyShelf shelf, string hash, int resent, long elapsedMs)
    {
        var raw = await store.PutTextAsync(reply.Body, CancellationToken.None, MediaTypes.Json);
        return await shelf.KeepAsync(
            new StoredReply
            {
                RequestSha256 = hash,
                Reply = raw,
                Model = form.Endpoint.Model,
                Purpose = request.Purpose,
                Task = request.Task,
                ReceivedAt = time.GetUtcNow(),
                Usage = PriceTable.Priced(read.Usage, Options.Prices, form.Endpoint.Model, read.Message.Model),
                DurationMs = elapsedMs,
                ResentInFlight = resent,
                Fenced = form.Fenced && request.Tools,
            },
            CancellationToken.None);
    }

    private async Task<LlmReply> ResultAsync(LlmRequest request, StoredReply stored)
    {
        var raw = await store.ReadTextAsync(stored.Reply, CancellationToken.None);
        var (message, finish, _) = ChatReplyReader.Read(raw, request.Call, stored.Fenced);
        message = message with { Timestamp = stored.ReceivedAt, Model = message.Model ?? stored.Model, Usage = stored.Usage };
        var calls = message.ToolCalls;
        var first = calls.Select(call => call.Command ?? call.Problem).FirstOrDefault(text => text is not null);
        return new LlmReply
        {
            Conversation = await store.AppendAsync(request.Conversation, [message], CancellationToken.None),
            ToolCalls = calls.Count,
            Summary = Text.OneLine(first ?? message.Content),
            Text = message.Content.Length <= request.InlineCharacters ? message.Content : null,
            TextLength = message.Content.Length,
            FinishReason = finish,
            LongestTimeoutSec = calls.Max(call => call.TimeoutSec),
            Usage = stored.Usage,
            DurationMs = stored.DurationMs,
            ResentInFlight = stored.ResentInFlight,
        };
    }

    // Header values are ASCII without control characters; a task may be named otherwise.
    private static string HeaderText(string text) => string.Concat(text.Select(c => c is >= ' ' and <= '~' ? c.ToString() : Uri.EscapeDataString(c.ToString())));
}
