using System.Collections;
using Microsoft.Extensions.Configuration;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Trace;
using Spark.Temporal.Activities.Redaction;
using Spark.Temporal.Activities.Llm;
using Spark.Temporal.Workers;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

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
    public void No_secret_leaves_in_a_log_record()
    {
        List<LogRecord> exported = [];
        using (var logs = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
        {
            options.IncludeFormattedMessage = true;
            options.AddProcessor(new RedactingLogProcessor(new SecretRedactor([Secret]))).AddInMemoryExporter(exported);
        })))
        {
            logs.CreateLogger("worker").LogError(new InvalidOperationException($"401 for {Secret}"), "refused {Key} {Count} times", Secret, 3);
        }

        var seen = exported.Single();
        var attributes = seen.Attributes!.ToDictionary(attribute => attribute.Key, attribute => attribute.Value);
        Assert.That($"{seen.FormattedMessage} {seen.Body} {seen.Exception} {string.Join(' ', attributes.Values)}", Does.Not.Contain(Secret).And.Contain("refused [redacted]"));
        Assert.That(attributes["exception.message"], Does.StartWith("401 for [redacted]"));
        Assert.That(attributes["Count"], Is.EqualTo(3));
    }

    [Test]
    public void Passwords_in_addresses_and_connection_strings_are_secrets_whatever_the_variable_is_called()
    {
        var environment = new Hashtable
        {
            ["HTTPS_PROXY"] = "http://me:pass%20word@proxy.example:3128",
            ["STORE"] = "Host=db;Username=spark;Password=of-the-store;Timeout=3",
            ["PLAIN"] = "http://example.com:8080/a@b",
        };

        var redactor = SecretRedactor.For(environment, []);

        Assert.That(
            redactor.Redact("pass%20word, pass word, of-the-store, http://example.com:8080/a@b, proxy.example"),
            Is.EqualTo("[redacted]*, *********, [redacted]**, http://example.com:8080/a@b, proxy.example"));
    }

    [Test]
    public void What_protects_no_secret_is_said_by_name()
    {
        var llm = new LlmOptions
        {
            Profiles =
            {
                ["default"] = new LlmProfile { BaseUrl = "http://models.example/v1" },
                ["near"] = new LlmProfile { BaseUrl = "http://127.0.0.1:8000/v1", KeyVariable = "NEAR_KEY", Model = "small-model" },
            },
        };
        var environment = new Hashtable { ["OPENAI_API_KEY"] = "none", ["NEAR_KEY"] = "small-model", ["FINE"] = "long-enough" };

        var doubts = Secrets.Doubts(new WorkerOptions { SecretVariables = "GONE,FINE" }, llm, environment).ToList();

        Assert.That(doubts, Has.Count.EqualTo(4));
        Assert.That(doubts, Has.Some.StartsWith("GONE is named as a secret variable but is not set"));
        Assert.That(doubts, Has.Some.StartsWith("OPENAI_API_KEY has 4 characters and is not masked"));
        Assert.That(doubts, Has.Some.StartsWith("NEAR_KEY is not masked: its value is also the name of a model"));
        Assert.That(doubts, Has.Some.StartsWith("Llm:Profiles:default:BaseUrl is http://models.example/v1: the key in OPENAI_API_KEY goes there unencrypted"));
    }

    [Test]
    public void Variables_that_headers_and_query_of_a_profile_name_are_secrets()
    {
        var (header, query) = ($"SPARK_TEST_{Guid.NewGuid():n}", $"SPARK_TEST_{Guid.NewGuid():n}");
        var llm = new LlmOptions { Profiles = { ["gate"] = new LlmProfile { BaseUrl = "https://models.example/v1", Headers = { ["x-gate"] = $"Token {{env:{header}}}" } } } };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Llm:Profiles:gate:Headers:x-gate"] = $"Token {{env:{header}}}",
            ["Llm:Profiles:gate:Query:q"] = $"{{env:{query}}}",
        }).Build();
        try
        {
            Environment.SetEnvironmentVariable(header, "of-the-header");
            Environment.SetEnvironmentVariable(query, "of-the-query");

            Assert.That(Secrets.RedactorFor(configuration).Redact("of-the-header of-the-query"), Does.Not.Contain("of-the"));
            Assert.That(Secrets.Doubts(new WorkerOptions(), llm, new Hashtable()), Has.Some.Contains($"names {header}, which is not set"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(header, null);
            Environment.SetEnvironmentVariable(query, null);
        }
    }

    [Test]
    public void A_model_whose_name_was_masked_is_refused_with_the_reason()
    {
        var redactor = SecretRedactor.For(new Hashtable { ["OPENAI_API_KEY"] = "only-by-option" }, []);
        var options = new LlmOptions { Profiles = { ["default"] = new LlmProfile { BaseUrl = "http://127.0.0.1/v1" } } };

        Assert.That(
            () => ModelEndpoint.Resolve(new ModelChoice { Name = redactor.Redact("only-by-option") }, options),
            Throws.TypeOf<ApplicationFailureException>().With.Message.StartsWith("The model's name is also the value of a secret"));
        Assert.That(ModelEndpoint.Resolve(new ModelChoice { Name = "gpt-*" }, options).Model, Is.EqualTo("gpt-*"));
    }

    [Test]
    public void A_key_that_is_the_name_of_a_model_is_not_masked_in_every_path()
    {
        var environment = new Hashtable { ["OPENAI_API_KEY"] = "scripted-demo", ["OTHER_API_KEY"] = Secret };

        var redactor = SecretRedactor.For(environment, ["OPENAI_API_KEY"], known: ["scripted-demo"]);

        Assert.That(redactor.Redact($"skills_gen_result/scripted-demo {Secret}"), Is.EqualTo("skills_gen_result/scripted-demo [redacted]************"));
    }
}
