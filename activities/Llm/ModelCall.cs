using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>A reply that came and can be read.</summary>
/// <param name="Body">The raw body, known secrets taken out.</param>
/// <param name="Reply">What it says.</param>
/// <param name="Api">The API that was spoken.</param>
/// <param name="Fenced">The shell was offered as a fenced block.</param>
/// <param name="DurationMs">From the request to the whole reply, in milliseconds.</param>
/// <param name="ResentInFlight">Requests of this call that were cut off in flight before.</param>
/// <param name="DroppedObservations">Observations left out of the request.</param>
/// <param name="LeftOut">Positions of those that were not left out before.</param>
internal sealed record ModelAnswer(
    string Body, ChatReply Reply, IModelApi Api, bool Fenced, long DurationMs, int ResentInFlight, int DroppedObservations, IReadOnlyList<int> LeftOut);

/// <summary>
/// One model call until it has an answer or fails. It asks again only when the endpoint refused the form of the request,
/// which costs nothing, and at most once for each reason; everything else is left to Temporal.
/// </summary>
internal sealed class ModelCall(
    LlmRequest request,
    ModelEndpoint endpoint,
    string workflowId,
    IChatGateway gateway,
    ReplyShelf shelf,
    EndpointHabits habits,
    CallGate gate,
    LlmOptions options,
    SecretRedactor redactor,
    TimeProvider time,
    ILogger logger)
{
    /// <summary>How much of the room an endpoint's tokens may differ from our estimate.</summary>
    private const double SecondTryShare = 0.6;

    /// <summary>
    /// How long a call waits for its turn before it fails and Temporal tries it again; while Temporal waits, no slot of a worker
    /// is taken. This and the request's time-out together are shorter than the activity's time-out.
    /// </summary>
    private static readonly TimeSpan TurnPatience = TimeSpan.FromMinutes(10);

    /// <summary>How often a reply that cannot be read is asked for, before a person has to look.</summary>
    private const int MostTimes = 3;

    private readonly LlmProfile _profile = endpoint.Profile;

    /// <param name="messages">The conversation.</param>
    /// <param name="end">How the call may be ended from outside.</param>
    public async Task<ModelAnswer> AskAsync(IReadOnlyList<ChatMessage> messages, StepEnd end)
    {
        await shelf.ReadMarksAsync(end.Stop);
        var fitted = ContextWindow.Fit(messages, PromptLimit);
        for (var shortened = false; ;)
        {
            var api = ApiChoice.For(endpoint, habits[endpoint]);
            var form = ModelRequests.Form(request, endpoint, habits[endpoint], MaxTokens, Conversation);
            var resent = shelf.CutOff;
            using var place = await EnterAsync(end.Stop);
            end.Stop.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            var came = await SendAsync(api, ModelRequests.Body(api, fitted.Messages, form), form, end);
            var reply = ErrorMap.Meant(came);
            if (place.Answered(ErrorMap.IsThrottled(reply) && !IsFinal(reply)) is { } lowered)
            {
                logger.LogWarning(
                    "{Endpoint} answered {Status}: at most {Calls} calls at once from now on", endpoint.BaseUrl, reply.Status, lowered);
            }

            if (reply is { Status: >= 200 and < 300, IsPage: false })
            {
                NoteForm(reply, form);
                var read = await ReadAsync(reply, api, form.Fenced);
                return new ModelAnswer(reply.Body, read, api, form.Fenced, clock.ElapsedMilliseconds, resent, fitted.Dropped, fitted.LeftOut);
            }

            // An error inside a success may be kept by the endpoint under the key of the request: it must not come again.
            await shelf.MarkEndAsync(came.Status is >= 200 and < 300 ? RequestEnd.Failed : RequestEnd.Refused, CancellationToken.None);
            if (Learned(reply, api, form))
            {
                continue;
            }

            if (!ErrorMap.IsTooLong(reply))
            {
                throw ErrorMap.Failure(reply, endpoint, request.Model.Profile, time.GetUtcNow(), TimeSpan.FromSeconds(options.MaxRetryAfterSec));
            }

            var dropped = fitted.Dropped;
            fitted = ContextWindow.Fit(messages, (int)(fitted.EstimatedTokens * SecondTryShare), keepTurns: 1);
            if (shortened || fitted.Dropped <= dropped)
            {
                throw Overflow(reply);
            }

            shortened = true;
        }
    }

    private bool IsFinal(ChatHttpReply reply) =>
        Refusals.Of(reply, request.Model.Profile, _profile.KeyVariable, endpoint.HasKey) is not null;

    /// <summary>Waits for a place; nothing has been sent yet.</summary>
    private async Task<CallGate.Place> EnterAsync(CancellationToken cancellationToken)
    {
        var stopping = ActivityExecutionContext.Current.WorkerShutdownToken;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
        patience.CancelAfter(TurnPatience);
        try
        {
            return await gate.EnterAsync(patience.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Only what is in flight comes to its end here.
            throw new ApplicationFailureException(
                "This worker stops, and the call had not begun: another worker makes it.",
                FailureTypes.ModelUnavailable,
                nextRetryDelay: TimeSpan.FromSeconds(1),
                category: ApplicationErrorCategory.Benign);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApplicationFailureException(
                $"No turn within {TurnPatience.TotalMinutes:0} minutes: {endpoint.BaseUrl} throttles, so at most {gate.Limit} calls may run at once.",
                FailureTypes.ModelUnavailable,
                category: ApplicationErrorCategory.Benign);
        }
    }

    private int MaxTokens => request.MaxTokens ?? _profile.MaxTokens ?? TokenBudgets.Default[request.Purpose].CompletionTokens;

    // The reply shares the context with the request, but may not take all of it.
    private int PromptLimit => Math.Min(
        request.PromptTokens ?? TokenBudgets.Default[request.Purpose].PromptTokens,
        Math.Max(_profile.ContextTokens - MaxTokens, _profile.ContextTokens / 2));

    // Calls of one purpose of a run continue each other; those of another purpose, or task, begin otherwise.
    private string Conversation => $"{request.Owner ?? workflowId}\n{request.FirstRunId}\n{request.Purpose}\n{request.Task}";

    /// <summary>Notes that an endpoint answers with one body where a stream was asked for: its first byte takes as long as its last.</summary>
    private void NoteForm(ChatHttpReply reply, BodyForm form)
    {
        if (form.Stream && habits[endpoint].AnswersWhole == reply.Streamed)
        {
            habits.Learn(endpoint, known => known with { AnswersWhole = !reply.Streamed });
        }
    }

    /// <summary>Whether a refusal says how to write the request so that the endpoint takes it.</summary>
    private bool Learned(ChatHttpReply reply, IModelApi api, BodyForm form)
    {
        if (ApiLessons.From(reply, _profile, api.Name, form, habits[endpoint]) is { } lesson)
        {
            logger.LogInformation("{Endpoint}, {Model}: {Lesson}", endpoint.BaseUrl, endpoint.Model, lesson.Words);
            habits.Learn(endpoint, lesson.Change);
            return true;
        }

        if (_profile.MaxTokensField == MaxTokensField.Auto && !form.CompletionTokensField && ErrorMap.WantsCompletionTokens(reply))
        {
            habits.Learn(endpoint, known => known with { CompletionTokensField = true });
            return true;
        }

        if (_profile.Tools == ToolMode.Auto && request.Tools && !form.Fenced && ErrorMap.KnowsNoTools(reply))
        {
            logger.LogInformation("{Endpoint} takes no tools for {Model}: from now on commands are read from fenced blocks", endpoint.BaseUrl, endpoint.Model);
            habits.Learn(endpoint, known => known with { NoTools = true });
            return true;
        }

        if (_profile.StructuredOutput == StructuredOutput.Auto && form.Schema is not null && ErrorMap.KnowsNoSchema(reply))
        {
            logger.LogInformation("{Endpoint} takes no schema for {Model}: from now on only the prompt's text asks for the form of the reply", endpoint.BaseUrl, endpoint.Model);
            habits.Learn(endpoint, known => known with { NoSchema = true });
            return true;
        }

        return false;
    }

    private async Task<ChatHttpReply> SendAsync(IModelApi api, BinaryData body, BodyForm form, StepEnd end)
    {
        var http = ModelRequests.Http(
            request, endpoint, api, body, workflowId, shelf.IdempotencyKey(body), ModelRequests.Deadlines(_profile, form, habits[endpoint]));
        await shelf.MarkSentAsync(end.Stop);
        try
        {
            var reply = await gateway.SendAsync(http, end.Abort);
            return reply with { Body = reply.Status is >= 200 and < 300 ? redactor.RedactKnown(reply.Body) : redactor.Redact(reply.Body) };
        }
        catch (ChatConnectionException broken)
        {
            await shelf.MarkEndAsync(broken.Sent ? RequestEnd.Broken : RequestEnd.NotSent, CancellationToken.None);
            throw new ApplicationFailureException(
                redactor.Redact(broken.Message), broken.Final ? FailureTypes.ModelRefused : FailureTypes.ModelUnavailable, nonRetryable: broken.Final);
        }
    }

    private async Task<ChatReply> ReadAsync(ChatHttpReply reply, IModelApi api, bool fenced)
    {
        try
        {
            return api.Read(reply.Body, new ReplyForm(request.Call, fenced, endpoint.BaseUrl.AbsoluteUri, endpoint.Model));
        }
        catch (UnreadableReplyException wrong)
        {
            await shelf.MarkEndAsync(RequestEnd.Unreadable, CancellationToken.None);
            var words = $"The reply of {endpoint.BaseUrl} for model '{endpoint.Model}' cannot be used. {wrong.Message}";
            throw shelf.Unreadable < MostTimes
                ? new ApplicationFailureException(redactor.Redact(words), FailureTypes.ModelUnavailable)
                : new ApplicationFailureException(
                    redactor.Redact($"{words} That was reply {shelf.Unreadable} of this kind to one question; each may have been paid for. "
                        + $"Check that {LlmOptions.Section}:Profiles:{request.Model.Profile}:BaseUrl is the address of a model, and Api the one that it speaks."),
                    FailureTypes.ModelUnreadable,
                    nonRetryable: true);
        }
    }

    private ApplicationFailureException Overflow(ChatHttpReply reply) => new(
        $"The conversation does not fit model '{endpoint.Model}', even without its older observations: {ProviderWords.From(reply.Body)} "
        + $"If the model takes less than {_profile.ContextTokens} tokens, say so in {LlmOptions.Section}:Profiles:{request.Model.Profile}:ContextTokens.",
        FailureTypes.ContextOverflow,
        nonRetryable: true);

    // Header values are ASCII without control characters; a task may be named otherwise.
    public static string HeaderText(string text) =>
        string.Concat(text.EnumerateRunes().Select(rune => rune.Value is >= ' ' and <= '~' ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));
}
