using System.Diagnostics;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// Asks an endpoint for one short reply, as a real call does: the same address, key, headers and errors. Nothing is stored, no turn
/// is waited for, and only a request that the endpoint did not get is sent twice.
/// </summary>
internal sealed class EndpointProbe(IChatGateway gateway, LlmOptions options, SecretRedactor redactor, TimeProvider time)
{
    /// <summary>How long one reply may take: a model that must be loaded first needs its time, and a person waits.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private const int MaxTokens = 16;

    /// <summary>How often a refusal may say how else to ask.</summary>
    private const int MostLessons = 4;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private static readonly ChatMessage Question = new() { Role = ChatRoles.User, Content = "Answer with the word OK." };

    /// <param name="choice">Which model.</param>
    /// <param name="run">For the header <c>X-Spark-Run</c>.</param>
    /// <param name="patience">How long a reply may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApplicationFailureException">It does not answer, or refuses; final, and the message names the remedy.</exception>
    public async Task<ModelProbe> AskAsync(ModelChoice choice, string run, TimeSpan patience, CancellationToken cancellationToken)
    {
        var endpoint = ModelEndpoint.Resolve(choice, options);
        var request = new LlmRequest
        {
            Model = choice,
            Purpose = LlmPurposes.Probe,
            Conversation = new ArtifactRef(new string('0', 64), 0, MediaTypes.Json),
            Call = 1,
            FirstRunId = run,
            Task = "preflight",
        };
        var clock = Stopwatch.StartNew();
        var (reply, api) = await SendAsync(endpoint, request, patience, cancellationToken);

        var probe = new ModelProbe(endpoint.Model, endpoint.BaseUrl.ToString(), clock.ElapsedMilliseconds);
        var known = PriceTable.Knows(options, endpoint.Model, endpoint.BaseUrl);
        if (reply is { Status: >= 200 and < 300, IsPage: false })
        {
            Check(reply, api, endpoint);
            return probe with { Unpriced = !known && !CallUsage.StatesCost(reply) };
        }

        var failure = ErrorMap.Failure(reply, endpoint, choice.Profile, time.GetUtcNow(), TimeSpan.Zero);

        // A key that is asked to send fewer requests is a good key: the run's own calls wait their turn.
        return failure.ErrorType == FailureTypes.ModelUnavailable && ErrorMap.IsThrottled(reply)
            ? probe with { Throttled = failure.Message, Unpriced = !known }
            : throw Final(failure.Message, failure.ErrorType!, endpoint);
    }

    private static void Check(ChatHttpReply reply, IModelApi api, ModelEndpoint endpoint)
    {
        try
        {
            api.Read(reply.Body, new ReplyForm(1));
        }
        catch (UnreadableReplyException wrong)
        {
            throw Final(
                $"{endpoint.BaseUrl} answers, but not as an endpoint of the API '{api.Name}' does. {wrong.Message} Check the address: it ends before {api.PathAt(endpoint.BaseUrl)}, often in /v1.",
                FailureTypes.ModelUnavailable,
                endpoint);
        }
    }

    private async Task<(ChatHttpReply Reply, IModelApi Api)> SendAsync(
        ModelEndpoint endpoint, LlmRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var known = EndpointHabits.Habit.Unknown;
        for (var lessons = 0; ; lessons++)
        {
            // A run's own calls learn the same, so what they will learn is no reason not to start.
            var api = ApiChoice.For(endpoint, known);
            var form = ModelRequests.Form(request, endpoint, known, MaxTokens, conversation: null);
            var body = ModelRequests.Body(api, [Question], form);
            var http = ModelRequests.Http(
                request, endpoint, api, body, request.FirstRunId, $"spark-probe-{Guid.NewGuid():n}", ReplyDeadlines.All(patience));
            var reply = await SendAsync(http, endpoint, cancellationToken);
            if (lessons >= MostLessons
                || Lessons.Of(reply, endpoint, api, body, form, request, known) is not { } lesson
                || lesson.Change(known) == known)
            {
                return (reply, api);
            }

            known = lesson.Change(known);
        }
    }

    private async Task<ChatHttpReply> SendAsync(ChatHttpRequest http, ModelEndpoint endpoint, CancellationToken cancellationToken)
    {
        for (var again = true; ; again = false)
        {
            try
            {
                var reply = ErrorMap.Meant(await gateway.SendAsync(http, cancellationToken));
                if (reply.Status < 500 || reply.Status == 501 || !again)
                {
                    return reply with { Body = redactor.Redact(reply.Body) };
                }
            }
            catch (ChatConnectionException broken)
            {
                if (broken.Sent || broken.Final || !again)
                {
                    throw Final(redactor.Redact(broken.Message), broken.Final ? FailureTypes.ModelRefused : FailureTypes.ModelUnavailable, endpoint);
                }
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>A person waits, and nothing has been started: no failure is tried again.</summary>
    private static ApplicationFailureException Final(string words, string type, ModelEndpoint endpoint)
    {
        var variable = endpoint.Profile.KeyVariable;
        var keyless = string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(variable))
            && (type == FailureTypes.ModelUnauthorized || endpoint.BaseUrl.Host == "api.openai.com");
        return new ApplicationFailureException(keyless ? $"{words.TrimEnd('.')}. {variable} is not set there." : words, type, nonRetryable: true);
    }
}
