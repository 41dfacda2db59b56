using System.Diagnostics;
using Spark.Temporal.Activities.Llm.Habits;
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
        var (known, learned) = (HabitSet.None, new HashSet<string>(StringComparer.Ordinal));
        ChatHttpReply reply;
        while (true)
        {
            // A run's own calls learn the same, so what they will learn is no reason not to start.
            var form = RequestForms.Of(endpoint, request, known, MaxTokens);
            var body = ChatBody.Write(request, [Question], form);
            reply = await SendAsync(endpoint, request, body, patience, cancellationToken);
            if (Lessons.Read(reply, body, form, request) is not { } lesson || !learned.Add(lesson.Habit))
            {
                break;
            }

            known = known.With(lesson);
        }

        var probe = new ModelProbe(endpoint.Model, endpoint.BaseUrl.ToString(), clock.ElapsedMilliseconds);
        if (reply is { Status: >= 200 and < 300, IsPage: false })
        {
            Check(reply, endpoint);
            return probe;
        }

        var failure = ErrorMap.Failure(reply, endpoint, choice.Profile, time.GetUtcNow(), TimeSpan.Zero);

        // A key that is asked to send fewer requests is a good key: the run's own calls wait their turn.
        return failure.ErrorType == FailureTypes.ModelUnavailable && ErrorMap.IsThrottled(reply)
            ? probe with { Throttled = failure.Message }
            : throw Final(failure.Message, failure.ErrorType!, endpoint);
    }

    private static void Check(ChatHttpReply reply, ModelEndpoint endpoint)
    {
        try
        {
            ChatReplyReader.Read(reply.Body, 1, fenced: false, mayBeEmpty: true);
        }
        catch (UnreadableReplyException wrong)
        {
            throw Final(
                $"{endpoint.BaseUrl} answers, but not as a chat completion endpoint does. {wrong.Message} Check the address: it ends before /chat/completions, often in /v1.",
                FailureTypes.ModelUnavailable,
                endpoint);
        }
    }

    private async Task<ChatHttpReply> SendAsync(
        ModelEndpoint endpoint, LlmRequest request, BinaryData body, TimeSpan patience, CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>
        {
            ["X-Spark-Purpose"] = LlmPurposes.Probe,
            ["X-Spark-Run"] = ModelCall.HeaderText(request.FirstRunId),
            ["X-Spark-Task"] = request.Task,
            ["Idempotency-Key"] = $"spark-probe-{Guid.NewGuid():n}",
        };
        var http = new ChatHttpRequest(endpoint.BaseUrl, endpoint.Profile.KeyVariable, patience, body, headers);
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
