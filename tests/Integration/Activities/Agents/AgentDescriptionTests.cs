using Microsoft.Extensions.Options;
using Spark.Temporal.Activities.Agents;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Agents;

public sealed class AgentDescriptionTests
{
    private const string Small = "name: small\nrun:\n  argv: [small]\n";

    [Test]
    public void Every_name_that_commands_offer_has_a_description_and_the_other_way_round() =>
        Assert.That(AgentCatalogue.ShippedNames, Is.EqualTo(AgentNames.Installed));

    [TestCaseSource(typeof(AgentNames), nameof(AgentNames.Installed))]
    public void A_shipped_description_is_whole(string name)
    {
        var agent = new AgentCatalogue(Options.Create(new AgentOptions())).Find(name);
        var filled = new Placeholders(agent, null, Values(agent));

        Assert.Multiple(() =>
        {
            Assert.That(agent.Install.TimeoutSec, Is.InRange(360, 600));
            Assert.That(agent.Install.Steps, Is.Not.Empty);
            Assert.That(agent.Install.Version, Is.Not.Empty);
            Assert.That(filled.Argv(agent.Run), Has.Some.Contains("the-model"));
            Assert.That(agent.Run.Env.Values.Concat(agent.Run.Files.Values).Select(filled.Fill), Has.Some.Contains("the-token"));
            Assert.That(agent.Run.Env.Values.Concat(agent.Run.Files.Values).Concat(agent.Run.Argv).Select(filled.Fill), Has.Some.Contains("http://proxy"));
            Assert.That(agent.Usage, Is.Not.Null);
        });
    }

    [TestCase("name: other\nrun:\n  argv: [x]\n", "name is 'other', but the file is called small.yaml")]
    [TestCase("name: small\n", "run.argv is empty")]
    [TestCase("name: small\nrum:\n  argv: [x]\n", "line 2")]
    [TestCase("name: small\nrun:\n  argv: [x, --key, '{token}']\n", "which every user of the container would see")]
    [TestCase("name: small\nrun:\n  instruction: file\n  argv: [x]\n", "no argument holds {instruction_file}")]
    [TestCase("name: small\nrun:\n  argv: [x, '{modle}']\n", "{modle} is not a placeholder")]
    [TestCase("name: small\nrun:\n  argv: [x]\n  optional:\n    - {kwarg: turns, argv: [-t]}\n", "kwarg 'turns' is not among kwargs")]
    [TestCase("name: small\ninstall:\n  timeout_sec: 0\nrun:\n  argv: [x]\n", "install.timeout_sec is 0")]
    [TestCase("name: small\ninstall:\n  steps:\n    - {user: bob, script: x}\nrun:\n  argv: [x]\n", "user 'bob' is not possible")]
    [TestCase("", "the file is empty")]
    public void A_wrong_description_says_where(string yaml, string expected) => Assert.That(
        () => AgentCatalogue.Read("small", yaml), Throws.TypeOf<FormatException>().With.Message.Contains(expected));

    [Test]
    public void An_agent_of_ones_own_is_read_from_the_folder_of_the_settings()
    {
        using var folder = new TemporaryFolder();
        folder.Write("agents/small.yaml", Small);
        folder.Write("agents/broken.yaml", "name: broken\nrun: 7\n");
        var catalogue = new AgentCatalogue(Options.Create(new AgentOptions { Folder = folder["agents"] }));

        Assert.Multiple(() =>
        {
            Assert.That(catalogue.Find("own:small").Run.Argv, Is.EqualTo(new[] { "small" }));
            Assert.That(() => catalogue.Find("own:smal"), Refused("did you mean 'small'?"));
            Assert.That(() => catalogue.Find("own:broken"), Refused("broken.yaml: line 2"));
            Assert.That(() => catalogue.Find("codx"), Refused("did you mean 'codex'?"));
            Assert.That(() => new AgentCatalogue(Options.Create(new AgentOptions())).Find("own:small"), Refused("Agents:Folder"));
        });
    }

    [Test]
    public void A_value_never_becomes_more_than_its_element()
    {
        var agent = AgentCatalogue.Read("small", "name: small\nkwargs: {effort: '', tone: dry}\nrun:\n  argv: [small, '--tone={tone}']\n  optional:\n    - {kwarg: effort, argv: [--effort, '{effort}']}\n");
        var argv = new Placeholders(agent, new Dictionary<string, string> { ["effort"] = "high; rm -rf / #", ["tone"] = "$(id) {token}" }, Values(agent)).Argv(agent.Run);

        Assert.That(argv, Is.EqualTo(new[] { "small", "--tone=$(id) {token}", "--effort", "high; rm -rf / #" }));
        Assert.That(
            () => new Placeholders(agent, new Dictionary<string, string> { ["efort"] = "x" }, Values(agent)),
            Refused("takes no --agent-kwarg efort; did you mean 'effort'? It takes: effort, tone."));
    }

    private static NUnit.Framework.Constraints.TrueConstraint Refused(string words) =>
        Throws.TypeOf<ApplicationFailureException>().With.Message.Contains(words).And.Property(nameof(ApplicationFailureException.NonRetryable)).True;

    private static Dictionary<string, string> Values(AgentDescription agent) => new()
    {
        ["model"] = "the-model",
        ["token"] = "the-token",
        ["instruction_file"] = AgentFolder.Instruction,
        ["openai_url"] = "http://proxy/openai",
        ["anthropic_url"] = "http://proxy/anthropic",
        ["gemini_url"] = $"http://proxy/gemini/{agent.Name}",
    };
}
