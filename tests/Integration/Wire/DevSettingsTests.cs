using Spark.Temporal.Tests.Support;
using Spark.Temporal.Wire;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.OperatorService.V1;

namespace Spark.Temporal.Tests.Wire;

public sealed class DevSettingsTests
{
    [Test]
    public void Declares_exactly_the_search_attributes_that_the_code_uses() =>
        Assert.That(TemporalServer.Settings.SearchAttributes.Keys, Is.EquivalentTo(SearchAttributes.All.Select(key => key.Name)));

    [Test]
    public void Becomes_the_options_of_the_server()
    {
        var settings = DevSettings.Parse(
            """
            namespace: mine
            search_attributes: { A: Keyword }
            dynamic_config: { some.number: 3, some.flag: true, some.text: word }
            """);

        Assert.That(settings.Namespace, Is.EqualTo("mine"));
        Assert.That(settings.ServerArguments(), Is.EqualTo(new[]
        {
            "--search-attribute", "A=Keyword",
            "--dynamic-config-value", "some.number=3",
            "--dynamic-config-value", "some.flag=true",
            "--dynamic-config-value", "some.text=\"word\"",
        }));
    }

    [TestCase("port: 0", "port is 0; use 1 to 65535")]
    [TestCase("ui_port: 70000", "ui_port is 70000")]
    [TestCase("retention_days: 0", "retention_days is 0")]
    [TestCase("search_attributes: { A: Number }", "search_attributes.A is 'Number'")]
    [TestCase("namespace: a\nprot: 1", "dev.yaml:2")]
    [TestCase("port: x", "dev.yaml:1")]
    [TestCase("a: [", "dev.yaml:")]
    public void Refuses_what_cannot_work_and_says_where(string text, string message) =>
        Assert.That(() => DevSettings.Parse(text, "dev.yaml"), Throws.TypeOf<FormatException>().With.Message.Contains(message));

    [Test, Category("Server")]
    public async Task The_test_server_has_every_search_attribute()
    {
        var client = await TemporalServer.ClientAsync();
        var request = new ListSearchAttributesRequest { Namespace = client.Options.Namespace };

        // Services of the operator are not asked again by the client when a connection is lost on the way.
        await Eventually.PassesAsync(async () =>
        {
            var listed = await client.OperatorService.ListSearchAttributesAsync(request);
            Assert.That(listed.CustomAttributes.Keys, Is.SupersetOf(SearchAttributes.All.Select(key => key.Name)));
        });
    }
}
