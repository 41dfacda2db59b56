using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class LlmOptionsTests
{
    [TestCase("Llm:Profiles:default:BaseUrl", "localhost:8000")]
    [TestCase("Llm:Profiles:default:BaseUrl", "https://user:secret@example.org/v1")]
    [TestCase("Llm:Profiles:default:KeyVariable", "sk-this-is-a-key-and-no-name")]
    [TestCase("Llm:Profiles:default:RequestTimeoutSec", "0")]
    [TestCase("Llm:Profiles:default:BaseUrl", "https://example.org/openai?api-version=1")]
    [TestCase("Llm:Profiles:default:BaseUrl", "https://example.org/v1/chat/completions")]
    [TestCase("Llm:Profiles:default:Headers:bad name", "x")]
    [TestCase("Llm:Profiles:default:Headers:Content-Type", "text/plain")]
    [TestCase("Llm:Profiles:default:Headers:x-more", "two\nlines")]
    [TestCase("Llm:Profiles:default:Headers:x-more", "{env:my-key}")]
    [TestCase("Llm:Profiles:default:Headers:x-portkey-api-key", "sk-this-is-a-key")]
    [TestCase("Llm:Profiles:default:KeyHeader", "api key")]
    [TestCase("Llm:Profiles:default:KeyPrefix", "Bearer\n")]
    [TestCase("Llm:Profiles:default:ReasoningEffort", "very high")]
    [TestCase("Llm:Profiles:default:FirstByteSec", "0")]
    [TestCase("Llm:Profiles:default:SilenceSec", "-1")]
    [TestCase("Llm:Profiles:default:ContextTokens", "10")]
    [TestCase("Llm:Profiles:default:MaxTokens", "-1")]
    [TestCase("Llm:Profiles:default:Temperature", "3")]
    [TestCase("Llm:Profiles:default:ExtraBody", "[1]")]
    [TestCase("Llm:Profiles:default:ExtraBody", "{")]
    [TestCase("Llm:AllowedApiBases:0", "ftp://example.org")]
    [TestCase("Llm:Prices:0:Prompt", "-1")]
    [TestCase("Llm:HeartbeatSec", "0")]
    [TestCase("Llm:MaxRetryAfterSec", "0")]
    public void A_setting_that_cannot_work_is_refused_by_its_name_and_without_repeating_a_key(string field, string value)
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read((field, value)));

        Assert.That(failure!.Message, Does.Contain(field));
        Assert.That(failure.Message, Does.Not.Contain("sk-this").And.Not.Contain("user:secret"));
    }

    [Test]
    public void A_profiles_name_must_fit_a_task_queue()
    {
        var failure = Assert.Throws<OptionsValidationException>(() => Read(("Llm:Profiles:My Model:BaseUrl", "https://example.org/v1")));

        Assert.That(failure!.Message, Does.Contain("Llm:Profiles:My Model"));
    }

    [Test]
    public void The_default_profile_is_there_without_any_setting_and_follows_the_usual_variables()
    {
        var profile = Read(("OPENAI_BASE_URL", "https://models.example.org/v1"), ("OPENAI_MODEL", "clever-1")).Profiles[LlmOptions.DefaultProfile];

        Assert.That(profile.BaseUrl, Is.EqualTo("https://models.example.org/v1"));
        Assert.That(profile.Model, Is.EqualTo("clever-1"));
        Assert.That(profile.KeyVariable, Is.EqualTo("OPENAI_API_KEY"));
        Assert.That(profile.RequestTimeoutSec, Is.EqualTo(600));
    }

    [Test]
    public void What_the_section_says_goes_before_the_variables()
    {
        var profile = Read(
            ("OPENAI_BASE_URL", "https://models.example.org/v1"),
            ("Llm:Profiles:default:BaseUrl", "https://own.example.org/v1"),
            ("Llm:Profiles:default:Tools", "off"),
            ("Llm:Profiles:default:MaxTokensField", "MaxCompletionTokens")).Profiles[LlmOptions.DefaultProfile];

        Assert.That(profile.BaseUrl, Is.EqualTo("https://own.example.org/v1"));
        Assert.That(profile.Tools, Is.EqualTo(ToolMode.Off));
        Assert.That(profile.MaxTokensField, Is.EqualTo(MaxTokensField.MaxCompletionTokens));
    }

    private static LlmOptions Read(params (string Field, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(setting => setting.Field, setting => (string?)setting.Value))
            .Build();
        using var services = new ServiceCollection().AddLlmActivities(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<LlmOptions>>().Value;
    }
}
