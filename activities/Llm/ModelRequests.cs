using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Makes the request that goes out from what is asked, the settings of a profile, and what its endpoint's refusals showed.</summary>
internal static class ModelRequests
{
    /// <summary>
    /// How long a stream that flows may take. The reply's limit of tokens ends it long before; an activity may take much longer.
    /// </summary>
    public static readonly TimeSpan LongestStream = TimeSpan.FromHours(6);

    /// <summary>How a body is written.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="endpoint">Where it goes.</param>
    /// <param name="habit">What is known about the endpoint and the model.</param>
    /// <param name="maxTokens">Upper limit of the reply in tokens.</param>
    /// <param name="conversation">Names the conversation, for the provider's cache; null for none.</param>
    public static BodyForm Form(LlmRequest request, ModelEndpoint endpoint, EndpointHabits.Habit habit, int maxTokens, string? conversation)
    {
        var profile = endpoint.Profile;
        var structured = profile.StructuredOutput == StructuredOutput.On || (profile.StructuredOutput == StructuredOutput.Auto && !habit.NoSchema);
        return new BodyForm
        {
            BaseUrl = endpoint.BaseUrl,
            Model = endpoint.Model,
            MaxTokens = maxTokens,
            CompletionTokensField = profile.MaxTokensField == MaxTokensField.MaxCompletionTokens
                || (profile.MaxTokensField == MaxTokensField.Auto && habit.CompletionTokensField),
            Tools = request.Tools,
            Fenced = request.Tools && (profile.Tools == ToolMode.Off || (profile.Tools == ToolMode.Auto && habit.NoTools)),
            SchemaName = request.Purpose,
            Schema = structured ? ChatBody.SchemaOf(request.Purpose) : null,
            Temperature = profile.Temperature is { } temperature && habit.RefusedTemperature == Lessons.Text(temperature) ? null : profile.Temperature,
            Effort = Effort(profile.ReasoningEffort?.Trim(), habit, request.Tools),
            LeftOut = habit.FieldsLeftOut?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [],
            ExtraBody = profile.ExtraBody,
            Stream = profile.Stream switch { StreamMode.On => true, StreamMode.Off => habit.StreamOnly, _ => !habit.NoStream },
            StreamUsage = !habit.NoStreamOptions,
            CacheKey = habit.NoCacheKey || conversation is null ? null : CacheKey(conversation),
            CacheMarks = !habit.NoCacheMarks,
            Echo = !habit.NoReasoningEcho,
            EncryptedReasoning = !habit.NoEncryptedReasoning,
            ReasoningFill = habit.NoReasoningEcho ? null : habit.ReasoningFill,
            SignatureFill = habit.SignatureFill,
            ShortIds = habit.ShortIds,
            WordsInResults = habit.WordsInResults,
            ThinkingBudget = habit.ThinkingBudget,
        };
    }

    /// <summary>The body as sent.</summary>
    public static BinaryData Body(IModelApi api, IReadOnlyList<ChatMessage> messages, BodyForm form)
    {
        var body = api.Write(messages, form);
        foreach (var field in form.LeftOut)
        {
            body.Remove(field);
        }

        if (!string.IsNullOrWhiteSpace(form.ExtraBody))
        {
            foreach (var (name, value) in JsonNode.Parse(form.ExtraBody)!.AsObject())
            {
                body[name] = value?.DeepClone();
            }
        }

        return BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(body, SparkJson.Options));
    }

    /// <summary>The request as sent.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="endpoint">Where it goes.</param>
    /// <param name="api">The API.</param>
    /// <param name="body">The body.</param>
    /// <param name="run">For the header <c>X-Spark-Run</c>.</param>
    /// <param name="idempotencyKey">By which the endpoint may recognise a request that was cut off.</param>
    /// <param name="deadlines">How long it may take.</param>
    public static ChatHttpRequest Http(
        LlmRequest request, ModelEndpoint endpoint, IModelApi api, BinaryData body, string run, string idempotencyKey, ReplyDeadlines deadlines)
    {
        var headers = new Dictionary<string, string>(api.Headers, StringComparer.OrdinalIgnoreCase)
        {
            ["X-Spark-Purpose"] = ModelCall.HeaderText(request.Purpose),
            ["X-Spark-Run"] = ModelCall.HeaderText(run),
            ["X-Spark-Task"] = ModelCall.HeaderText(request.Task),
            ["Idempotency-Key"] = idempotencyKey,
        };
        foreach (var (name, value) in ProfileHeaders.Of(endpoint.Profile, api.Name))
        {
            headers[name] = value;
        }

        return new ChatHttpRequest(endpoint.BaseUrl, api, body, headers, ProfileHeaders.Query(endpoint.Profile), deadlines);
    }

    /// <summary>How long a call may take, by its profile.</summary>
    public static ReplyDeadlines Deadlines(LlmProfile profile, BodyForm form, EndpointHabits.Habit habit)
    {
        var whole = TimeSpan.FromSeconds(profile.RequestTimeoutSec);
        return new ReplyDeadlines(
            form.Stream && !habit.AnswersWhole ? TimeSpan.FromSeconds(profile.FirstByteSec) : whole,
            TimeSpan.FromSeconds(profile.SilenceSec),
            whole,
            whole > LongestStream ? whole : LongestStream);
    }

    private static string? Effort(string? setting, EndpointHabits.Habit habit, bool tools) =>
        habit.NoEffort ? null
        : habit.EffortNone && tools && (string.IsNullOrEmpty(setting) || habit.RefusedEffort == setting) ? "none"
        : string.IsNullOrEmpty(setting) || habit.RefusedEffort == setting ? null
        : setting;

    private static string CacheKey(string conversation) => $"spark-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(conversation)))[..32]}";
}
