using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Tests.Domain.Prompts;

public sealed class PromptTests
{
    private static readonly ReflectInput Attempt = new()
    {
        Task = "weigh-mesh", Outcome = "fail", Attempt = 2, FailedAttempts = 2, Reward = 0.25, TestsPassed = 1, TestsTotal = 4,
        Commands = "ls\ncat x", TestSummary = "✗ test_mass", OutputTail = "done", Memo = "## Exploration Memo (1 failed attempts)\nold",
    };

    [Test]
    public void The_reflection_is_given_everything_the_attempt_left()
    {
        var messages = ReflectPrompts.Messages(Attempt with { Error = "agent timed out" });

        Assert.That(messages.Select(message => message.Role), Is.EqualTo((string[])[ChatRoles.System, ChatRoles.User]));
        foreach (var part in (string[])["weigh-mesh", "Reward: 0.25", "1 of 4", "cat x", "✗ test_mass", "done", "agent timed out", "old"])
        {
            Assert.That(messages[1].Content, Does.Contain(part));
        }

        Assert.That(messages[1].Content.TrimEnd(), Does.EndWith(ExplorationMemo.Heading(2)));
    }

    [Test]
    public void The_reflection_knows_the_form_that_the_rules_accept()
    {
        var system = ReflectPrompts.Messages(Attempt)[0].Content;
        foreach (var title in ExplorationMemo.Titles)
        {
            Assert.That(system, Does.Contain($"\n### {title}\n"));
        }

        Assert.That(system, Does.Contain("12,000").And.Contain("- Withdrawn: "));
    }

    [Test]
    public void A_missing_verdict_is_not_a_zero() =>
        Assert.That(ReflectPrompts.User(Attempt with { Reward = null, TestsTotal = 0, TestSummary = "" }), Does.Contain("no verdict").And.Contain("no test results").And.Not.Contain("Reward: 0"));

    [Test]
    public void Output_without_end_is_cut_to_its_end()
    {
        var prompt = ReflectPrompts.User(Attempt with { OutputTail = new string('x', 1_000_000) + "\nlast line", Commands = new string('c', 100_000) });

        Assert.That(prompt, Has.Length.LessThan(30_000).And.Contain("last line"));
    }

    [Test]
    public void Refusals_are_quoted_when_asking_again()
    {
        Assert.That(ReflectPrompts.Reask(["too long", "no heading"]), Does.Contain("- too long\n- no heading"));
        Assert.That(DistillPrompts.Reask([.. SkillRules.Check("x", "a").Select(problem => problem.ToString())]), Does.Contain("- line 1: the file must begin"));
    }

    [TestCase("weigh-mesh", "name: weigh-mesh")]
    [TestCase("2024", "name: \"2024\"")]
    [TestCase("1e5", "name: \"1e5\"")]
    public void Distillation_gives_the_name_so_that_it_reads_as_text(string slug, string line)
    {
        var messages = DistillPrompts.Messages(slug, "# Evidence\nran it");
        var head = messages[1].Content[messages[1].Content.LastIndexOf("---", StringComparison.Ordinal)..];

        Assert.That(messages[1].Content, Does.Contain("ran it").And.EndWith(line));
        Assert.That(SkillRules.Check($"{head}\ndescription: a\n---\nbody", slug), Is.Empty);
    }

    [Test]
    public void The_agent_learns_how_to_act_and_how_to_end()
    {
        Assert.That(AgentPrompts.System(tools: true), Does.Contain("tool `shell`").And.Contain("timeout_sec").And.Contain("without a tool call").And.Not.Contain("```"));
        Assert.That(AgentPrompts.System(tools: false), Does.Contain("```bash").And.Contain("without a fenced block").And.Not.Contain("`shell`"));
    }

    [Test]
    public void Skills_are_listed_by_name_description_and_path()
    {
        var prompt = AgentPrompts.System(tools: true, [new SkillListing("weigh", "Weighs\nthings.", "/skills/weigh/SKILL.md")]);

        Assert.That(prompt, Does.Contain("- **weigh**: Weighs things. (`/skills/weigh/SKILL.md`)"));
        Assert.That(AgentPrompts.System(tools: true), Does.Not.Contain("Skills at hand"));
    }

    [Test]
    public void The_tools_schema_is_json_with_the_two_arguments()
    {
        using var schema = System.Text.Json.JsonDocument.Parse(AgentPrompts.ShellToolSchema);

        Assert.That(schema.RootElement.GetProperty("properties").EnumerateObject().Select(property => property.Name), Is.EqualTo((string[])["command", "timeout_sec"]));
    }
}
