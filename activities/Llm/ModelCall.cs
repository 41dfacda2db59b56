using System.Diagnostics;
using Microsoft.Extensions.Logging;
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
/// <param name="Fenced">The shell was offered as a fenced block.</param>
/// <param name="DurationMs">From the request to the whole reply, in milliseconds.</param>
/// <param name="ResentInFlight">Requests of this call that were cut off in flight before.</param>
/// <param name="DroppedObservations">Observations left out of the request.</param>
/// <param name="LeftOut">Positions of those that were not left out before.</param>
internal sealed record ModelAnswer(
    string Body, ChatReply Reply, bool Fenced, long DurationMs, int ResentInFlight, int DroppedObservations, IReadOnlyList<int> LeftOut);

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

    /// <summary>How often a reply is asked for because of what came, before that is taken or a person has to look.</summary>
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
            var form = FormNow();
            var resent = shelf.CutOff;
            using var place = await EnterAsync(end.Stop);
            end.Stop.ThrowIfCancellationRequested();
            var clock = Stopwatch.StartNew();
            var came = await SendAsync(ChatBody.Write(request, fitted.Messages, form), end);
            var reply = ErrorMap.Meant(came);
            if (place.Answered(ErrorMap.IsThrottled(reply) && !IsFinal(reply)) is { } lowered)
            {
                logger.LogWarning(
                    "{Endpoint} answered {Status}: at most {Calls} calls at once from now on", endpoint.BaseUrl, reply.Status, lowered);
            }

            if (reply is { Status: >= 200 and < 300, IsPage: false })
            {
                var read = await ReadAsync(reply, form.Fenced);
                return new ModelAnswer(reply.Body, read, form.Fenced, clock.ElapsedMilliseconds, resent, fitted.Dropped, fitted.LeftOut);
            }

            // An error inside a success may be kept by the endpoint under the key of the request: it must not come again.
            await shelf.MarkEndAsync(came.Status is >= 200 and < 300 ? RequestEnd.Failed : RequestEnd.Refused, CancellationToken.None);
            if (Learned(reply, form))
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

    private ChatBody.Form FormNow()
    {
        var habit = habits[endpoint];
        return new ChatBody.Form(
            endpoint,
            Fenced: request.Tools && (_profile.Tools == ToolMode.Off || (_profile.Tools == ToolMode.Auto && habit.NoTools)),
            CompletionTokensField: _profile.MaxTokensField == MaxTokensField.MaxCompletionTokens
                || (_profile.MaxTokensField == MaxTokensField.Auto && habit.CompletionTokensField),
            MaxTokens,
            Structured: _profile.StructuredOutput == StructuredOutput.On || (_profile.StructuredOutput == StructuredOutput.Auto && !habit.NoSchema));
    }

    /// <summary>Whether a refusal says how to write the request so that the endpoint takes it.</summary>
    private bool Learned(ChatHttpReply reply, ChatBody.Form form)
    {
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

        if (_profile.StructuredOutput == StructuredOutput.Auto && form.Structured && ChatBody.SchemaOf(request.Purpose) is not null && ErrorMap.KnowsNoSchema(reply))
        {
            logger.LogInformation("{Endpoint} takes no schema for {Model}: from now on only the prompt's text asks for the form of the reply", endpoint.BaseUrl, endpoint.Model);
            habits.Learn(endpoint, known => known with { NoSchema = true });
            return true;
        }

        return false;
    }

    private async Task<ChatHttpReply> SendAsync(BinaryData body, StepEnd end)
    {
        var headers = new Dictionary<string, string>
        {
            ["X-Spark-Purpose"] = HeaderText(request.Purpose),
            ["X-Spark-Run"] = HeaderText(workflowId),
            ["X-Spark-Task"] = HeaderText(request.Task),
            ["Idempotency-Key"] = shelf.IdempotencyKey(body),
        };
        await shelf.MarkSentAsync(end.Stop);
        try
        {
            var timeout = TimeSpan.FromSeconds(_profile.RequestTimeoutSec);
            var reply = await gateway.SendAsync(
                new ChatHttpRequest(endpoint.BaseUrl, _profile.KeyVariable, timeout, body, headers), end.Abort);
            return reply with { Body = reply.Status is >= 200 and < 300 ? redactor.RedactKnown(reply.Body) : redactor.Redact(reply.Body) };
        }
        catch (ChatConnectionException broken)
        {
            await shelf.MarkEndAsync(broken.Sent ? RequestEnd.Broken : RequestEnd.NotSent, CancellationToken.None);
            throw new ApplicationFailureException(
                redactor.Redact(broken.Message), broken.Final ? FailureTypes.ModelRefused : FailureTypes.ModelUnavailable, nonRetryable: broken.Final);
        }
    }

    private async Task<ChatReply> ReadAsync(ChatHttpReply reply, bool fenced)
    {
        try
        {
            return ChatReplyReader.Read(reply.Body, request.Call, fenced);
        }
        catch (UnreadableReplyException nothing) when (nothing.Empty && shelf.Unreadable + 1 >= MostTimes)
        {
            // A model that says nothing each time it is asked has said it: an agent's work ends, any other reply is judged as what it is.
            return ChatReplyReader.Read(reply.Body, request.Call, fenced, mayBeEmpty: true);
        }
        catch (UnreadableReplyException wrong)
        {
            await shelf.MarkEndAsync(RequestEnd.Unreadable, CancellationToken.None);
            var words = $"The reply of {endpoint.BaseUrl} for model '{endpoint.Model}' cannot be used. {wrong.Message}";
            throw shelf.Unreadable < MostTimes
                ? new ApplicationFailureException(redactor.Redact(words), FailureTypes.ModelUnavailable)
                : new ApplicationFailureException(
                    redactor.Redact($"{words} That was reply {shelf.Unreadable} of this kind to one question; each may have been paid for. "
                        + $"Check that {LlmOptions.Section}:Profiles:{request.Model.Profile}:BaseUrl is a chat completion endpoint."),
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
