using System.Collections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;

namespace Spark.Temporal.Tests.Workers;

public sealed class WorkerSettingsTests
{
    [Test]
    public void Options_win_over_variables_and_variables_over_the_file()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("settings.json", """{ "Worker": { "LlmSlots": 1, "FileSlots": 1, "BuildSlots": 1 } }""");
        var variables = new Hashtable { ["SPARK_FILE_SLOTS"] = "2", ["SPARK_BUILD_SLOTS"] = "2", ["UNRELATED"] = "x" };

        var options = Bind(["--settings", file, "--build-slots=3"], variables);

        Assert.That((options.LlmSlots, options.FileSlots, options.BuildSlots), Is.EqualTo((1, 2, 3)));
    }

    [Test]
    public void A_variable_reaches_any_section_and_leaves_names_of_profiles_alone()
    {
        var variables = new Hashtable { ["SPARK_LLM__PROFILES__my_model__BASE_URL"] = "http://localhost" };

        Assert.That(WorkerSettings.Load([], variables)["Llm:Profiles:my_model:BaseUrl"], Is.EqualTo("http://localhost"));
    }

    [TestCase("SPARK_LLM__PROFILES__azure__QUERY__api_version", "Llm:Profiles:azure:Query:api-version")]
    [TestCase("SPARK_LLM__PROFILES__gate__HEADERS__x_portkey_provider", "Llm:Profiles:gate:Headers:x-portkey-provider")]
    [TestCase("SPARK_LLM__PROFILES__azure__KEY_HEADER", "Llm:Profiles:azure:KeyHeader")]
    public void Names_of_headers_and_query_parameters_have_hyphens(string variable, string setting) =>
        Assert.That(WorkerSettings.Load([], new Hashtable { [variable] = "value" })[setting], Is.EqualTo("value"));

    [TestCase("--rolse=llm", "--rolse is not an option")]
    [TestCase("--roles", "--roles needs a value")]
    [TestCase("llm", "'llm' is not an option")]
    [TestCase("--settings=/nowhere/settings.json", "settings file /nowhere/settings.json")]
    public void Refuses_an_option_that_it_does_not_know(string argument, string message) =>
        Assert.That(() => WorkerSettings.Load([argument], new Hashtable()), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    [Test]
    public void Says_where_the_settings_file_is_no_json()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("settings.json", "{ \"Worker\": ");

        Assert.That(() => WorkerSettings.Load(["--settings", file], new Hashtable()), Throws.TypeOf<FormatException>().With.Message.Contains(file));
    }

    [TestCase("Roles", "workflows,web", "Worker:Roles: 'web' is not a role")]
    [TestCase("Roles", "", "Worker:Roles")]
    [TestCase("LlmSlots", "0", "Worker:LlmSlots")]
    [TestCase("HealthPort", "70000", "Worker:HealthPort")]
    [TestCase("HostName", "Größe 1", "Worker:HostName")]
    [TestCase("GracefulShutdownSec", "-1", "Worker:GracefulShutdownSec")]
    [TestCase("StateFolder", "", "Worker:StateFolder")]
    public void Names_the_field_that_cannot_work(string field, string value, string message)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"Worker:{field}", value)]).Build();

        Assert.That(
            () => new ServiceCollection().AddSparkWorkers(configuration),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains(message));
    }

    private static WorkerOptions Bind(string[] arguments, IDictionary variables) =>
        WorkerSettings.Load(arguments, variables).GetSection(WorkerOptions.Section).Get<WorkerOptions>()!;
}
