using System.Collections;
using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Spark.Temporal.Activities;
using Spark.Temporal.Workers;

namespace Spark.Temporal.Tests.Workers;

public sealed class RedactingProcessorTests
{
    private const string Secret = "key-of-a-provider-1234";

    [Test]
    public void No_secret_leaves_in_a_span()
    {
        var name = $"test-{Guid.NewGuid():n}";
        List<Activity> exported = [];
        using var source = new ActivitySource(name);
        using (Sdk.CreateTracerProviderBuilder().AddSource(name).AddProcessor(new RedactingProcessor(new SecretRedactor([Secret]))).AddInMemoryExporter(exported).Build())
        {
            using var span = source.StartActivity($"call {Secret}")!;
            span.SetTag("exception.message", $"401 for {Secret}").SetTag("count", 3).SetStatus(ActivityStatusCode.Error, $"refused {Secret}");
        }

        var seen = exported.Single();
        Assert.That($"{seen.DisplayName} {seen.StatusDescription} {string.Join(' ', seen.TagObjects.Select(tag => tag.Value))}", Does.Not.Contain(Secret).And.Contain("401 for [redacted]"));
        Assert.That((seen.GetTagItem("count"), seen.Status), Is.EqualTo(((object)3, ActivityStatusCode.Error)));
    }

    [Test]
    public void A_key_that_is_the_name_of_a_model_is_not_masked_in_every_path()
    {
        var environment = new Hashtable { ["OPENAI_API_KEY"] = "scripted-demo", ["OTHER_API_KEY"] = Secret };

        var redactor = SecretRedactor.For(environment, ["OPENAI_API_KEY"], known: ["scripted-demo"]);

        Assert.That(redactor.Redact($"skills_gen_result/scripted-demo {Secret}"), Is.EqualTo("skills_gen_result/scripted-demo [redacted]************"));
    }
}
