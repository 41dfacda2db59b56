using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Tests.Domain.Skills;

public sealed class SkillUsesTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [TestCase("cat /skills/count/SKILL.md", true)]
    [TestCase("sed -n 1,40p ~/.claude/skills/count/references/more.md", true)]
    [TestCase("python3 /skills/count/scripts/run.py data.csv", true)]
    [TestCase("cat /skills/*/SKILL.md", true)]
    [TestCase("cd /skills/count && cat SKILL.md", true)]
    [TestCase("ls /skills/count", false)]
    [TestCase("ls -R /skills/count/", false)]
    [TestCase("cat /skills/recount/SKILL.md", false)]
    [TestCase("cat /skills/count-all/SKILL.md", false)]
    [TestCase("cat /data/count.md", false)]
    [TestCase("cat /app/*/SKILL.md", false)]
    public void A_skill_is_opened_by_the_path_of_one_of_its_files(string command, bool opened)
    {
        var use = Of([Said("ls"), Said(command)]);

        Assert.That((use.Opened, use.Turn, use.At), Is.EqualTo((opened, opened ? 2 : (int?)null, opened ? At.UtcDateTime : (DateTime?)null)));
    }

    [Test]
    public void The_folder_of_the_shell_counts_too_and_a_call_that_could_not_run_does_not()
    {
        var there = new ChatMessage { Role = ChatRoles.Tool, Result = new CommandResult("turn-1.1", 0, 1, WorkingDirectory: "/skills/count") };

        Assert.That(Of([Said("cd /skills/count"), there, Said("cat SKILL.md")]).Turn, Is.EqualTo(2));
        Assert.That(Of([Said("cat /skills/count/SKILL.md", problem: "no JSON")]).Opened, Is.False);
    }

    [Test]
    public void A_tool_for_skills_opens_the_one_that_it_names()
    {
        var call = new ToolCall("1", "Skill", """{"skill": "count"}""", null);

        Assert.That(Of([new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [call] }]).Turn, Is.EqualTo(1));
        Assert.That(Of([new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [call with { Name = "Read" }] }]).Opened, Is.False);
        Assert.That(Of([new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [new ToolCall("1", "Read", """{"file_path": "/root/.claude/skills/count/SKILL.md"}""", null)] }]).Opened, Is.True);
    }

    [TestCase(true, true, true)]
    [TestCase(true, false, true)]
    [TestCase(false, false, false)]
    public void What_the_proxy_saw_counts(bool offered, bool opened, bool told)
    {
        var use = Of([new ChatMessage { Role = ChatRoles.Note, Content = SkillUses.Words("codex", "count", offered, opened) }]);

        Assert.That((use.Offered, use.Opened, use.Turn), Is.EqualTo((told, opened, (int?)null)));
    }

    [Test]
    public void A_skill_is_offered_where_the_model_is_told_its_path()
    {
        Assert.That(Of([new ChatMessage { Role = ChatRoles.System, Content = "**count**: Counts. (`/skills/count/SKILL.md`)" }]).Offered, Is.True);
        Assert.That(Of([new ChatMessage { Role = ChatRoles.System, Content = "Count the words in /data." }]).Offered, Is.False);
    }

    private static SkillUse Of(IReadOnlyList<ChatMessage> conversation) => SkillUses.Of("codex", ["count"], conversation).Single();

    private static ChatMessage Said(string command, string? problem = null) =>
        new() { Role = ChatRoles.Assistant, Timestamp = At, ToolCalls = [new ToolCall("1", "shell", "{}", command, Problem: problem)] };
}
