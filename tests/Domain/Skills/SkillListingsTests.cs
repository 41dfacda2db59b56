using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Tests.Domain.Skills;

public class SkillListingsTests
{
    [TestCase("---\nname: weigh\ndescription: Weighs a mesh.\n---\n\n# Weigh\n", "Weighs a mesh.")]
    [TestCase("\uFEFF---\nname: weigh\ndescription: Weighs a mesh.\n---\n\n# Weigh\n", "Weighs a mesh.")]
    [TestCase("---\nname: weigh\n---\n\n## Weigh a mesh\nThen…\n", "Weigh a mesh")]
    [TestCase("---\nname: weigh\ndescription: ' '\n---\n\ntext\n", "text")]
    [TestCase("\n\n# Weigh\n", "Weigh")]
    [TestCase("", "")]
    public void A_skill_is_listed_by_its_description_or_its_first_words(string text, string description) =>
        Assert.That(SkillListings.Of("weigh", text, "/skills/weigh/SKILL.md"), Is.EqualTo(new SkillListing("weigh", description, "/skills/weigh/SKILL.md")));

    [TestCase("/root", "/root/.claude/skills")]
    [TestCase("/root/", "/root/.claude/skills")]
    public void A_place_is_below_the_agents_home(string home, string path) =>
        Assert.That(SkillFolders.All.Single(place => place.ReadBy == "claude-code").In(home), Is.EqualTo(path));

    [Test]
    public void An_absolute_place_does_not_depend_on_the_home() =>
        Assert.That(SkillFolders.All.Where(place => place.Path.StartsWith('/')).Select(place => place.In("/root")), Is.EqualTo(["/etc/claude-code/.claude/skills"]));

    [Test]
    public void No_place_is_named_twice() => Assert.That(SkillFolders.All.Select(place => place.Path), Is.Unique);
}
