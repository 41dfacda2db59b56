using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm.Apis;
using Spark.Temporal.Activities.Llm.Signs;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>
/// What a refusal says about how to write a request so that the endpoint takes it. One lesson at a time: the request is sent again with that
/// one change. Settings that are not left open are no matter of habit.
/// </summary>
internal static partial class Lessons
{
    public const string CompletionTokens = "max_completion_tokens";

    private const string MaxTokens = "max_tokens";

    /// <summary>Fields without which a request is none, or that have a lesson of their own.</summary>
    private static readonly HashSet<string> Needed =
        ["model", "messages", "input", "system", "instructions", "tools", "stream", MaxTokens, CompletionTokens, "max_output_tokens"];

    /// <summary>What a refusal teaches: first about the API itself, then about the fields of the request.</summary>
    /// <param name="reply">The refusal, already without secrets.</param>
    /// <param name="endpoint">Whose.</param>
    /// <param name="api">The API that was spoken.</param>
    /// <param name="body">What was sent.</param>
    /// <param name="form">How it was written.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="known">What was known then.</param>
    /// <returns>Null where it teaches nothing.</returns>
    public static Lesson? Of(
        ChatHttpReply reply, ModelEndpoint endpoint, IModelApi api, BinaryData body, BodyForm form, LlmRequest request, EndpointHabits.Habit known) =>
        ApiLessons.From(reply, endpoint.Profile, api.Name, form, known) ?? Read(reply, endpoint.Profile, body, form, request);

    /// <summary>Reads what a refusal says of the request's fields.</summary>
    /// <param name="reply">The reply, already without secrets.</param>
    /// <param name="profile">Settings, which stand above lessons.</param>
    /// <param name="body">What was sent.</param>
    /// <param name="form">How it was written.</param>
    /// <param name="request">What was asked.</param>
    /// <returns>Null where it teaches nothing, or nothing that the settings leave open.</returns>
    public static Lesson? Read(ChatHttpReply reply, LlmProfile profile, BinaryData body, BodyForm form, LlmRequest request)
    {
        if (reply.Status is not (400 or 404 or 422 or 500) || reply.IsPage)
        {
            return null;
        }

        var text = ErrorText.Of(reply.Body);
        return Overflow.Read(reply.Status, text, form.MaxTokens) is not null ? null
            : reply.Status == 500 ? Tools(text, profile, form, request)
            : ReplyLimit(reply.Status, text, form)
                ?? TokenField(text, profile, form)
                ?? Temperature(text, form)
                ?? Effort(text, profile, form)
                ?? Tools(text, profile, form, request)
                ?? Schema(text, profile, form)
                ?? Field(text, body, form);
    }

    private static Lesson? ReplyLimit(int status, string text, BodyForm form) => ReplyLimits.Highest(status, text) is { } most && most < form.MaxTokens
        ? new Lesson($"a reply gets at most {most} tokens", habit => habit with { ReplyLimit = most }) : null;

    private static Lesson? TokenField(string text, LlmProfile profile, BodyForm form)
    {
        if (profile.MaxTokensField != MaxTokensField.Auto)
        {
            return null;
        }

        return form.CompletionTokensField
            ? Unsupported(text) == CompletionTokens ? new Lesson("the limit of a reply is named max_tokens", habit => habit with { CompletionTokensField = false }) : null
            : text.Contains(CompletionTokens, StringComparison.Ordinal) || Unsupported(text) == MaxTokens
                ? new Lesson("the limit of a reply is named max_completion_tokens", habit => habit with { CompletionTokensField = true }) : null;
    }

    private static Lesson? Temperature(string text, BodyForm form) => form.Temperature is { } value && NoTemperature().IsMatch(text)
        ? new Lesson($"temperature {Text(value)} is left out", habit => habit with { RefusedTemperature = Text(value) }) : null;

    private static Lesson? Effort(string text, LlmProfile profile, BodyForm form)
    {
        if (!EffortRefused().IsMatch(text))
        {
            return null;
        }

        var setting = profile.ReasoningEffort?.Trim();
        return form.Effort is not null ? form.Effort == setting ? new Lesson($"the effort '{setting}' is left out", habit => habit with { RefusedEffort = setting }) : null
            : form is { Tools: true, Fenced: false } ? new Lesson("with tools the effort 'none' is sent", habit => habit with { EffortNone = true }) : null;
    }

    private static Lesson? Tools(string text, LlmProfile profile, BodyForm form, LlmRequest request) =>
        profile.Tools == ToolMode.Auto && request.Tools && !form.Fenced && NoTools().IsMatch(text)
            ? new Lesson("no tools are offered; commands are read from fenced blocks", habit => habit with { NoTools = true }) : null;

    private static Lesson? Schema(string text, LlmProfile profile, BodyForm form) =>
        profile.StructuredOutput == StructuredOutput.Auto && form.Schema is not null && NoSchema().IsMatch(text)
            ? new Lesson("no schema is sent", habit => habit with { NoSchema = true }) : null;

    /// <summary>A field that the settings did not ask for, and that was sent.</summary>
    private static Lesson? Field(string text, BinaryData body, BodyForm form)
    {
        if (Unsupported(text) is not { } field || Needed.Contains(field) || Names(form.ExtraBody).Contains(field) || !Names(body.ToString()).Contains(field))
        {
            return null;
        }

        return new Lesson($"the field {field} is left out", habit => habit with { FieldsLeftOut = string.Join(' ', (habit.FieldsLeftOut ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Append(field).Distinct()) });
    }

    /// <summary>A setting's number as habits keep it.</summary>
    public static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>The field at the top of the body that a refusal names; null for none.</summary>
    private static string? Unsupported(string text)
    {
        var match = UnsupportedField().Match(text);
        return match.Success ? match.Groups["n"].Value : null;
    }

    private static HashSet<string> Names(string? json)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return [];
        }

        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateObject().Select(property => property.Name)];
    }

    [GeneratedRegex(
        @"temperature\b[^{}]{0,80}(unsupported|not support|only|not allowed|not permitted|deprecated|must be|out of range)"
        + @"|(unsupported|not support|unknown|unrecognized|invalid)[^{}]{0,60}\btemperature\b|""param"":""temperature""",
        RegexOptions.IgnoreCase)]
    private static partial Regex NoTemperature();

    [GeneratedRegex(@"reasoning_effort|reasoning\.effort|output_config\.effort|""param"":""effort""", RegexOptions.IgnoreCase)]
    private static partial Regex EffortRefused();

    [GeneratedRegex(
        @"(not|n't) support[^.]{0,40}\b(tools?|functions?)\b|\b(tools?|function)\b[^.]{0,60}(not|n't|un) ?(been )?(support|enabled|available|allowed)|no endpoints[^.]{0,40}tool"
        + @"|enable-auto-tool-choice|requires? --jinja|(unknown|unrecognized|unexpected|extra)[^.]{0,60}\btools\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex NoTools();

    [GeneratedRegex(@"response_format|json_?\s?schema|structured[ _-]?output|response[ _-]?schema|guided_json|grammar", RegexOptions.IgnoreCase)]
    private static partial Regex NoSchema();

    [GeneratedRegex(
        @"(unsupported|unknown|unrecognized|unexpected|invalid)( request)? (parameter|argument|field|name|property|key|keyword argument)s?( supplied| provided)?:? ?[`'""]*(?<n>\w+)(?![\w.\[])"
        + @"|[`'""](?<n>\w+)[`'""]( is| was)? (unsupported|not supported|not permitted|not allowed|unknown)"
        + @"|""param"":""(?<n>\w+)""[^{}]*(unsupported_parameter|unknown_parameter)|(unsupported_parameter|unknown_parameter)[^{}]*""param"":""(?<n>\w+)"""
        + @"|extra_forbidden[^{}]*""loc"":\[""body"", ""(?<n>\w+)"", \]|""loc"":\[""body"", ""(?<n>\w+)"", \][^{}]*extra_forbidden"
        + @"|(?<![\w.])(?<n>\w+): extra inputs are not permitted",
        RegexOptions.IgnoreCase)]
    private static partial Regex UnsupportedField();
}
