using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>What a refusal showed.</summary>
/// <param name="Words">As an entry of the log.</param>
/// <param name="Change">What is known from now on.</param>
internal sealed record Lesson(string Words, Func<EndpointHabits.Habit, EndpointHabits.Habit> Change);

/// <summary>
/// Refusals that say how else to ask: another API, no stream, other fields. Each changes what is known about the endpoint and the model, and
/// never back, so that a request is written in a few ways at most.
/// </summary>
internal static partial class ApiLessons
{
    /// <param name="reply">The refusal.</param>
    /// <param name="profile">Settings, which stand above lessons.</param>
    /// <param name="api">Name of the API that was spoken.</param>
    /// <param name="form">How the request was written.</param>
    /// <param name="known">What was known then.</param>
    /// <returns>Null where the refusal says nothing new.</returns>
    public static Lesson? From(ChatHttpReply reply, LlmProfile profile, string api, BodyForm form, EndpointHabits.Habit known)
    {
        if (reply.Status is not (400 or 404 or 405 or 422 or 501) && !(reply.Status == 500 && NineLetters().IsMatch(reply.Body)))
        {
            return null;
        }

        var words = reply.Body;
        if (profile.Api == ModelApi.Auto && api == ChatApi.ApiName && !known.ResponsesOnly && InResponses().IsMatch(words))
        {
            return new("the model is asked by Responses from now on", habit => habit with { ResponsesOnly = true });
        }

        return Streaming(words, profile, form, known) ?? (api == ChatApi.ApiName ? Reasoning(words, form, known) : null) ?? Others(words, api, form, known);
    }

    private static Lesson? Streaming(string words, LlmProfile profile, BodyForm form, EndpointHabits.Habit known)
    {
        if (!form.Stream && !known.StreamOnly && OnlyStreams().IsMatch(words))
        {
            return new("it answers streams only", habit => habit with { StreamOnly = true, NoStream = false });
        }

        if (form is { Stream: true, StreamUsage: true } && StreamOptions().IsMatch(words))
        {
            return new("it takes no stream_options", habit => habit with { NoStreamOptions = true });
        }

        return form.Stream && profile.Stream == StreamMode.Auto && !known.StreamOnly && NoStreams().IsMatch(words)
            ? new("it knows no streams", habit => habit with { NoStream = true }) : null;
    }

    private static Lesson? Reasoning(string words, BodyForm form, EndpointHabits.Habit known)
    {
        if (form.Echo && ReasoningWanted().IsMatch(words) && known.ReasoningFill != " ")
        {
            // An empty text passes at one provider, another wants a blank.
            var fill = known.ReasoningFill is null && !words.Contains("assistant tool call message", StringComparison.OrdinalIgnoreCase) ? "" : " ";
            return new("each of the model's messages has reasoning_content", habit => habit with { ReasoningFill = fill });
        }

        if (!form.SignatureFill && SignatureWanted().IsMatch(words))
        {
            return new("tool calls of other models get a placeholder for a signature", habit => habit with { SignatureFill = true });
        }

        return form.HasEcho && ReasoningRefused().IsMatch(words)
            ? new("reasoning is not sent back", habit => habit with { NoReasoningEcho = true }) : null;
    }

    private static Lesson? Others(string words, string api, BodyForm form, EndpointHabits.Habit known)
    {
        if (!form.ShortIds && NineLetters().IsMatch(words))
        {
            return new("ids of tool calls have nine letters and digits", habit => habit with { ShortIds = true });
        }

        if (!form.WordsInResults && UserAfterTool().IsMatch(words))
        {
            return new("words of the user are added to the result before them", habit => habit with { WordsInResults = true });
        }

        if (api == ResponsesApi.ApiName && form.EncryptedReasoning && NoEncryption().IsMatch(words))
        {
            return new("it gives no encrypted reasoning", habit => habit with { NoEncryptedReasoning = true });
        }

        if (api == MessagesApi.ApiName && form.Effort is not null && NoAdaptive().IsMatch(words))
        {
            return known.ThinkingBudget
                ? new("it takes no effort", habit => habit with { NoEffort = true })
                : new("thinking is asked for by a number of tokens", habit => habit with { ThinkingBudget = true });
        }

        if (api == MessagesApi.ApiName && form.CacheMarks && words.Contains("cache_control", StringComparison.Ordinal))
        {
            return new("it takes no marks for its cache", habit => habit with { NoCacheMarks = true });
        }

        return form.CacheKey is not null && words.Contains("prompt_cache_key", StringComparison.Ordinal)
            ? new("it takes no key for its cache", habit => habit with { NoCacheKey = true }) : null;
    }

    [GeneratedRegex(@"v1/responses|responses api|not a chat model|unsupported_api_for_model|OperationNotSupported", RegexOptions.IgnoreCase)]
    private static partial Regex InResponses();

    [GeneratedRegex(@"must be set to false for non-?streaming|only supports? stream|stream(ing)? (mode )?(is )?(required|mandatory)|(set|requires?) .?stream.{0,20}true|non-?stream\w* .{0,40}not (be )?support", RegexOptions.IgnoreCase)]
    private static partial Regex OnlyStreams();

    [GeneratedRegex(@"stream_options|include_usage", RegexOptions.IgnoreCase)]
    private static partial Regex StreamOptions();

    [GeneratedRegex(@"(not|n't|un)[ -]?(been )?(support|available|allow|implement|permit|enabled)[^.]{0,40}\bstream|\bstream(ing)?\b[^.]{0,60}(not|n't|un)[ -]?(been )?(support|available|allow|implement|permit|enabled)|(unknown|unrecognized|unexpected|extra)[^.]{0,60}\bstream\b", RegexOptions.IgnoreCase)]
    private static partial Regex NoStreams();

    [GeneratedRegex(@"reasoning_content[^.]{0,80}(must be|passed back|missing|required)|missing[^.]{0,20}reasoning_content", RegexOptions.IgnoreCase)]
    private static partial Regex ReasoningWanted();

    [GeneratedRegex(@"thought_?signature", RegexOptions.IgnoreCase)]
    private static partial Regex SignatureWanted();

    [GeneratedRegex(
        @"(reasoning_content|reasoning_details|\breasoning\b|extra_content|thinking_blocks|provider_specific_fields)[^{}]{0,120}(unsupported|not (be )?(supported|permitted|allowed|included|sent)|unexpected|unknown|unrecognized|extra_forbidden|extra (inputs|fields))"
        + @"|(unsupported|not (be )?(supported|permitted|allowed|included|sent)|unexpected|unknown|unrecognized|extra_forbidden|extra (inputs|fields))[^{}]{0,120}(reasoning_content|reasoning_details|\breasoning\b|extra_content|thinking_blocks|provider_specific_fields)",
        RegexOptions.IgnoreCase)]
    private static partial Regex ReasoningRefused();

    [GeneratedRegex(@"a-z, A-Z, 0-9, with a length of 9|""code""\s*:\s*""?3280\b|length of 9\b", RegexOptions.IgnoreCase)]
    private static partial Regex NineLetters();

    [GeneratedRegex(@"role '?user'? after role '?tool|""code""\s*:\s*""?3230\b", RegexOptions.IgnoreCase)]
    private static partial Regex UserAfterTool();

    [GeneratedRegex(@"encrypted[ _.]content[^.]{0,60}(not|n't|un) ?support|reasoning\.encrypted_content", RegexOptions.IgnoreCase)]
    private static partial Regex NoEncryption();

    [GeneratedRegex(@"adaptive|output_config|budget_tokens|\bthinking\b.{0,80}(not|n't|un) ?support|\beffort\b", RegexOptions.IgnoreCase)]
    private static partial Regex NoAdaptive();
}
