using System.Text.RegularExpressions;
using Spark.Temporal.Activities.Llm.Apis;

namespace Spark.Temporal.Activities.Llm;

/// <summary>Which API a model is asked by.</summary>
internal static partial class ApiChoice
{
    private static readonly IModelApi Chat = new ChatApi();
    private static readonly IModelApi Responses = new ResponsesApi();
    private static readonly IModelApi Messages = new MessagesApi();

    /// <summary>By the setting, else by what the endpoint said, the address and the model's name.</summary>
    public static IModelApi For(ModelEndpoint endpoint, EndpointHabits.Habit habit) => endpoint.Profile.Api switch
    {
        ModelApi.Chat => Chat,
        ModelApi.Responses => Responses,
        ModelApi.Messages => Messages,
        _ when SpeaksMessages(endpoint.BaseUrl) => Messages,
        _ when habit.ResponsesOnly || (endpoint.BaseUrl.Host == "api.openai.com" && OnlyInResponses().IsMatch(endpoint.Model)) => Responses,
        _ => Chat,
    };

    /// <summary>By the name in a stored reply; those of before it was noted are chat completions.</summary>
    public static IModelApi Named(string? name) => name switch
    {
        ResponsesApi.ApiName => Responses,
        MessagesApi.ApiName => Messages,
        _ => Chat,
    };

    private static bool SpeaksMessages(Uri baseUrl) => baseUrl.Host == "api.anthropic.com" || MessagesPath().IsMatch(baseUrl.AbsolutePath);

    [GeneratedRegex(@"/anthropic(/v\d+)?/?$", RegexOptions.IgnoreCase)]
    private static partial Regex MessagesPath();

    // The families of OpenAI that chat completions do not know.
    [GeneratedRegex(@"codex|(^|/)(gpt-5|o\d)[\w.]*-pro\b|(^|/)gpt-5[\w.-]*-pro\b|deep-research|computer-use", RegexOptions.IgnoreCase)]
    private static partial Regex OnlyInResponses();
}
