using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>The page on models: each example is a profile that a worker takes, and each setting is one.</summary>
public sealed partial class ModelsPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "models.md"));

    private static IEnumerable<string> Examples() => Example().Matches(Page).Select(match => match.Value.Trim());

    [TestCaseSource(nameof(Examples))]
    public void An_example_is_a_profile_that_a_worker_takes(string example)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("settings.json", $$"""{ "Llm": { "Profiles": { "example": {{example}} } } }""");
        var services = new ServiceCollection().AddLlmSettings(new ConfigurationBuilder().AddJsonFile(file).Build()).BuildServiceProvider();

        var profile = services.GetRequiredService<IOptions<LlmOptions>>().Value.Profiles["example"];

        Assert.That(example, Does.Contain(profile.BaseUrl).And.Contain(profile.Model));
    }

    [Test]
    public void All_endpoints_of_the_list_have_one() => Assert.That(Examples().Count(), Is.GreaterThanOrEqualTo(16));

    [Test]
    public void Each_setting_of_a_profile_is_on_the_page()
    {
        var named = Setting().Matches(Page).Select(match => match.Groups[1].Value).ToHashSet();

        Assert.That(typeof(LlmProfile).GetProperties().Select(field => field.Name), Is.SubsetOf(named));
    }

    [GeneratedRegex(@"^    \{ ""BaseUrl"".*(\n      .*)*", RegexOptions.Multiline)]
    private static partial Regex Example();

    [GeneratedRegex(@"`([A-Z]\w+)(:NAME)?`")]
    private static partial Regex Setting();
}
