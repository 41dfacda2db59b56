using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Llm.Signs;
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
/// <param name="SentTokens">Estimated tokens of what was sent.</param>
internal sealed record ModelAnswer(
    string Body, ChatReply Reply, IModelApi Api, bool Fenced, long DurationMs, int ResentInFlight, int DroppedObservations, IReadOnlyList<int> LeftOut, int SentTokens);

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
    /// <summary>How often a refusal may say how else to ask.</summary>
    private const int MostLessons = 12;

    /// <summary>
    /// How long a call waits for its turn before it fails and Temporal tries it again; while Temporal waits, no slot of a worker
    /// is taken. This and the request's time-out together are shorter than the activity's time-out.
    /// </summary>
    private static readonly TimeSpan TurnPatience = TimeSpan.FromMinutes(10);

    /// <summary>How often a reply that cannot be read is asked for, before a person has to look.</summary>
    private const int MostTimes = 3;

    private readonly LlmProfile _profile = endpoint.Profile;

    /// <summary>Ways in which this call has been written: an endpoint that wants it one way and then the other is not asked in turns.</summary>
    private readonly HashSet<EndpointHabits.Habit> _tried = [];
    private readonly CallUsage _usage = new(endpoint, options, time);

    /// <param name="messages">The conversation.</param>
    /// <param name="end">How the call may be ended from outside.</param>
    public async Task<ModelAnswer> AskAsync(IReadOnlyList<ChatMessage> messages, StepEnd end)
    {
        await shelf.ReadMarksAsync(end.Stop);
        var known = await habits.OfAsync(endpoint, end.Stop);
        _tried.Add(known);
        var fitting = new Fitting(request, endpoint, messages, known);
        if (fitting.CannotFit)
        {
            throw Misfits.First(request, endpoint, fitting);
        }

        for (var (lessons, afforded) = (0, false); ;)
        {
            var api = ApiChoice.For(endpoint, known);
            var form = ModelRequests.Form(request, endpoint, known, fitting.ReplyTokens, Conversation);
            form = form with { HasEcho = form.Echo && (form.ReasoningFill is not null || fitting.Sent.Messages.Any(message => Dialogue.IsOwn(message, form, api.Name))) };
            var body = ModelRequests.Body(api, fitting.Sent.Messages, form);
            var resent = shelf.CutOff;
            using var place = await EnterAsync(end.Stop);
            end.Stop.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            var came = await SendAsync(api, body, ModelRequests.Deadlines(_profile, form, known), end);
            var reply = ErrorMap.Meant(came);
            if (place.Answered(ErrorMap.IsThrottled(reply) && Refusals.Of(reply, endpoint, request.Model.Profile, time.GetUtcNow()) is null) is { } lowered)
            {
                logger.LogWarning(
                    "{Endpoint} answered {Status}: at most {Calls} calls at once from now on", endpoint.BaseUrl, reply.Status, lowered);
            }

            if (reply is { Status: >= 200 and < 300, IsPage: false })
            {
                await NoteFormAsync(reply, form, known);
                var read = await ReadAsync(reply, api, body, form.Fenced);
                var sent = fitting.Sent;
                var usage = _usage.Of(read, reply, body);
                if (fitting.IsFirst && SilentCuts.IsSure(read.Usage, sent.EstimatedTokens))
                {
                    // The model has not seen the task: whatever it would do counts for nothing.
                    await shelf.MarkEndAsync(RequestEnd.Unreadable, CancellationToken.None, usage);
                    throw Misfits.First(request, endpoint, fitting, $" of about {sent.EstimatedTokens} tokens the server read {read.Usage.PromptTokens} and said nothing. {SilentCuts.Remedy}");
                }

                read = read with { Usage = usage + shelf.Lost };
                return new ModelAnswer(
                    reply.Body, read, api, form.Fenced, clock.ElapsedMilliseconds, resent, sent.Dropped, sent.LeftOut, sent.EstimatedTokens);
            }

            // An error inside a success may be kept by the endpoint under the key of the request: it must not come again.
            var failed = came.Status is >= 200 and < 300;
            await shelf.MarkEndAsync(failed ? RequestEnd.Failed : RequestEnd.Refused, CancellationToken.None, failed ? _usage.OfError(came, body) : null);
            if (lessons < MostLessons
                && Lessons.Of(reply, endpoint, api, body, form, request, known) is { } lesson
                && _tried.Add(lesson.Change(known)))
            {
                lessons++;
                known = await LearnAsync(lesson, reply);
                fitting.Lower(known.ReplyLimit ?? int.MaxValue);
            }
            else if (!afforded && ReplyLimits.Affordable(reply.Status, ErrorText.Of(reply.Body)) is { } paid and >= FirstRequest.LeastReply && fitting.Lower(paid))
            {
                // What is left of the credit changes from call to call, so it is no habit.
                afforded = true;
            }
            else if (ErrorMap.TooLong(reply, fitting.ReplyTokens) is not { } said)
            {
                throw ErrorMap.Failure(reply, endpoint, request.Model.Profile, time.GetUtcNow(), TimeSpan.FromSeconds(options.MaxRetryAfterSec));
            }
            else
            {
                if (said is { Learn: true, Window: { } window } && window < fitting.ContextTokens && window != known.ContextTokens)
                {
                    known = await LearnAsync(new Lesson($"the model's context is {window} tokens", habit => habit with { ContextTokens = window }), reply);
                }

                if (!fitting.Shrink(said))
                {
                    throw fitting.IsFirst
                        ? Misfits.First(request, endpoint, fitting, $" {ProviderWords.From(reply.Body)}") : Misfits.Grown(request, endpoint, ProviderWords.From(reply.Body));
                }
            }
        }
    }

    private Task<EndpointHabits.Habit> LearnAsync(Lesson lesson, ChatHttpReply reply)
    {
        var words = ProviderWords.From(reply.Body);
        logger.LogInformation("{Endpoint}, {Model}: {Lesson}. It said: {Words}", endpoint.BaseUrl, endpoint.Model, lesson.Words, words);
        return habits.LearnAsync(endpoint, lesson.Change, words, CancellationToken.None);
    }

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

    // Calls of one purpose of a run continue each other; those of another purpose, or task, begin otherwise.
    private string Conversation => $"{request.Owner ?? workflowId}\n{request.FirstRunId}\n{request.Purpose}\n{request.Task}";

    /// <summary>Notes that an endpoint answers with one body where a stream was asked for: its first byte takes as long as its last.</summary>
    private async Task NoteFormAsync(ChatHttpReply reply, BodyForm form, EndpointHabits.Habit known)
    {
        if (form.Stream && known.AnswersWhole == reply.Streamed)
        {
            await habits.LearnAsync(endpoint, habit => habit with { AnswersWhole = !reply.Streamed }, "", CancellationToken.None);
        }
    }

    private async Task<ChatHttpReply> SendAsync(IModelApi api, BinaryData body, ReplyDeadlines deadlines, StepEnd end)
    {
        var http = ModelRequests.Http(request, endpoint, api, body, workflowId, shelf.IdempotencyKey(body), deadlines);
        await shelf.MarkSentAsync(end.Stop);
        try
        {
            var reply = await gateway.SendAsync(http, end.Abort);
            return reply with { Body = reply.Status is >= 200 and < 300 ? redactor.RedactKnown(reply.Body) : redactor.Redact(reply.Body) };
        }
        catch (ChatConnectionException broken)
        {
            await shelf.MarkEndAsync(
                broken.Sent ? RequestEnd.Broken : RequestEnd.NotSent, CancellationToken.None, _usage.OfCut(body, broken.Partial));
            throw new ApplicationFailureException(
                redactor.Redact(broken.Message), broken.Final ? FailureTypes.ModelRefused : FailureTypes.ModelUnavailable, nonRetryable: broken.Final);
        }
    }

    private async Task<ChatReply> ReadAsync(ChatHttpReply reply, IModelApi api, BinaryData body, bool fenced)
    {
        try
        {
            return api.Read(reply.Body, new ReplyForm(request.Call, fenced, endpoint.BaseUrl.AbsoluteUri, endpoint.Model));
        }
        catch (UnreadableReplyException wrong)
        {
            await shelf.MarkEndAsync(RequestEnd.Unreadable, CancellationToken.None, _usage.OfUnreadable(reply, body));
            var words = $"The reply of {endpoint.BaseUrl} for model '{endpoint.Model}' cannot be used. {wrong.Message}";
            throw shelf.Unreadable < MostTimes
                ? new ApplicationFailureException(redactor.Redact(words), FailureTypes.ModelUnavailable)
                : new ApplicationFailureException(
                    redactor.Redact($"{words} That was reply {shelf.Unreadable} of this kind to one question; each may have been paid for. "
                        + $"Check that {LlmOptions.Section}:Profiles:{request.Model.Profile}:BaseUrl is the address of a model, and Api the one that it speaks."),
                    FailureTypes.ModelUnreadable,
                    nonRetryable: true,
                    details: [shelf.Lost]);
        }
    }

    // Header values are ASCII without control characters; a task may be named otherwise.
    public static string HeaderText(string text) =>
        string.Concat(text.EnumerateRunes().Select(rune => rune.Value is >= ' ' and <= '~' ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));
}
