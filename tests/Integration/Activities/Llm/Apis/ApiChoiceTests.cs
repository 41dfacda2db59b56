using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Tests.Activities.Llm.Apis;

/// <summary>Which API is spoken where the settings leave it open.</summary>
public sealed class ApiChoiceTests
{
    [TestCase("https://api.openai.com/v1", "gpt-5.5", "chat")]
    [TestCase("https://api.openai.com/v1", "gpt-5.1-codex-max", "responses")]
    [TestCase("https://api.openai.com/v1", "codex-mini-latest", "responses")]
    [TestCase("https://api.openai.com/v1", "o3-pro", "responses")]
    [TestCase("https://api.openai.com/v1", "gpt-5.2-pro-2025-12-11", "responses")]
    [TestCase("https://api.openai.com/v1", "gpt-4o", "chat")]
    [TestCase("https://gateway.example/v1", "gpt-5.1-codex", "chat")]
    [TestCase("https://api.anthropic.com", "claude-opus-5", "messages")]
    [TestCase("https://api.anthropic.com/v1", "claude-opus-5", "messages")]
    [TestCase("https://api.deepseek.com/anthropic", "deepseek-v4-pro", "messages")]
    [TestCase("https://api.z.ai/api/anthropic/v1", "glm-5", "messages")]
    [TestCase("https://gateway.example/anthropic-models", "m", "chat")]
    public void The_address_and_the_models_name_tell(string baseUrl, string model, string api) =>
        Assert.That(ApiChoice.For(new ModelEndpoint(new LlmProfile(), new Uri(baseUrl), model), new EndpointHabits.Habit()).Name, Is.EqualTo(api));

    [TestCase(ModelApi.Chat, "chat")]
    [TestCase(ModelApi.Responses, "responses")]
    [TestCase(ModelApi.Messages, "messages")]
    public void A_setting_stands_above_both(ModelApi set, string api) =>
        Assert.That(
            ApiChoice.For(new ModelEndpoint(new LlmProfile { Api = set }, new Uri("https://api.anthropic.com"), "codex"), new EndpointHabits.Habit { ResponsesOnly = true }).Name,
            Is.EqualTo(api));
}
