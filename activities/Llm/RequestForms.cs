using System.Globalization;
using Spark.Temporal.Activities.Llm.Habits;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Llm;

/// <summary>How a request is written: by the profile's settings, and by the endpoint's habits where they leave it open.</summary>
internal static class RequestForms
{
    /// <summary>The form for what is known now.</summary>
    public static ChatBody.Form Of(ModelEndpoint endpoint, LlmRequest request, HabitSet known, int replyTokens)
    {
        var profile = endpoint.Profile;
        return new ChatBody.Form(
            endpoint,
            Fenced: request.Tools && (profile.Tools == ToolMode.Off || (profile.Tools == ToolMode.Auto && known.NoTools)),
            CompletionTokensField: profile.MaxTokensField == MaxTokensField.MaxCompletionTokens
                || (profile.MaxTokensField == MaxTokensField.Auto && known.TokenField == Lessons.CompletionTokens),
            replyTokens,
            Structured: profile.StructuredOutput == StructuredOutput.On || (profile.StructuredOutput == StructuredOutput.Auto && !known.NoSchema))
        {
            Effort = EffortOf(profile.ReasoningEffort, request, known),
            LeftOut = [.. known.LeftOut, .. profile.Temperature is { } value && known.Refuses(HabitNames.Temperature, Text(value)) ? (string[])["temperature"] : []],
        };
    }

    /// <summary>A setting's number as habits keep it.</summary>
    public static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string? EffortOf(string? setting, LlmRequest request, HabitSet known) =>
        known.Refuses(HabitNames.Effort, setting + HabitNames.NoEffort) && request.Tools ? "none"
        : setting is null || known.Refuses(HabitNames.Effort, setting) ? null
        : setting;
}
