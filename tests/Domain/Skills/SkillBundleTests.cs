using Spark.Temporal.Domain.Skills;

namespace Spark.Temporal.Tests.Domain.Skills;

/// <summary>Skills of several files, and what is mended by rule.</summary>
public sealed class SkillBundleTests
{
    private const string Front = "---\nname: count\ndescription: \"Counts.\"\n---\n\n";

    [TestCase("---\nname: x\n---\nbody", "---\nname: x\n---\nbody\n", "")]
    [TestCase("=== SKILL.md ===\n---\nname: x\n---\nbody\n=== references/a.md ===\none\n\n=== scripts/b.sh ===\n```bash\n#!/bin/sh\n```\n", "---\nname: x\n---\nbody\n", "references/a.md:one\n|scripts/b.sh:#!/bin/sh\n")]
    [TestCase("Here it is.\n=== SKILL.md ===\nbody", "body\n", "")]
    [TestCase("```markdown\n---\nname: x\n---\nbody\n```\n", "---\nname: x\n---\nbody\n", "")]
    [TestCase("a\n=== references/a.md ===\n1\n=== references/a.md ===\n2\n", "a\n", "references/a.md:2\n")]
    [TestCase("a\n=== other/a.md ===\n=== heading ===\n", "a\n=== other/a.md ===\n=== heading ===\n", "")]
    [TestCase(null, "", "")]
    public void A_reply_is_read(string? reply, string text, string files)
    {
        var skill = SkillBundle.FromReply(reply);
        Assert.That((skill.Text, string.Join('|', skill.Files.Select(file => $"{file.Path}:{file.Text}"))), Is.EqualTo((text, files)));
    }

    [Test]
    public void What_is_written_is_read_again()
    {
        var skill = new SkillBundle($"{Front}See references/a.md.\n", [new("references/a.md", "# A\n\n```sh\nls\n```\nx\n"), new("scripts/b.sh", "#!/bin/sh\nls\n")]);
        var read = SkillBundle.FromReply(skill.ToString());
        Assert.That((read.Text, read.Files), Is.EqualTo((skill.Text, skill.Files)).Using<(string, IReadOnlyList<SkillFile>)>((one, other) => one.Item1 == other.Item1 && one.Item2.SequenceEqual(other.Item2)));
    }

    [TestCase("See references/a.md.", "references/a.md", "text", "")]
    [TestCase("See references/a.md and references/b.md.", "references/a.md", "text", "SKILL.md names references/b.md, which is not among the files: write it below a line '=== references/b.md ===', or do not name it")]
    [TestCase("Run /app/references/x.md.", "references/a.md", "text", "")]
    [TestCase("x", "references/../a.md", "text", "references/../a.md: the path must be plain, below references/, scripts/ or assets/, of letters, digits, '.', '-' and '_'")]
    [TestCase("x", "references/.a", "text", "references/.a: the path must be plain, below references/, scripts/ or assets/, of letters, digits, '.', '-' and '_'")]
    [TestCase("x", "references/a.md", " ", "references/a.md: the file is empty")]
    [TestCase("x", "references/a.md", "a\u0007", "references/a.md: the file has control characters")]
    [TestCase("x", "scripts/a.sh", "ls", "scripts/a.sh: a script begins with a line such as '#!/bin/bash'")]
    public void Each_file_is_checked(string body, string path, string content, string problem) =>
        Assert.That(string.Join('|', SkillBundleRules.Check(new($"{Front}{body}\n", [new(path, content)]), "count")), Is.EqualTo(problem));

    [Test]
    public void Too_much_is_refused()
    {
        var many = Enumerable.Range(0, 21).Select(at => new SkillFile($"references/{at}.md", "x")).ToList();
        Assert.That(SkillBundleRules.Check(new($"{Front}x\n", many), "count").Single(), Is.EqualTo("there are 21 files beside SKILL.md; at most 20 are kept"));
        Assert.That(SkillBundleRules.Check(new($"{Front}x\n", [new("references/a.md", new string('x', 100_001))]), "count").Single(), Does.Contain("at most 100,000 are kept"));
    }

    [TestCase("# Title\n\nDo it.\n", "Task words <b>.", "---\nname: count\ndescription: \"Task words b.\"\n---\n\n# Title\n\nDo it.\n")]
    [TestCase("---\nname: other\ndescription: Counts.\ntags: [a]\nlicense: MIT\n---\nDo it.\n", "", "---\nname: count\ndescription: \"Counts.\"\nlicense: MIT\n---\n\nDo it.\n")]
    [TestCase("---\nname: count\ndescription: a: b\n---\nDo it.\n", "", "---\nname: count\ndescription: \"a: b\"\n---\n\nDo it.\n")]
    [TestCase("---\nname: count\ndescription: >\n  two\n  lines: \"x\"\nmetadata:\n  a: \"b\"\nmore: x\n---\nDo it.\n", "", "---\nname: count\ndescription: \"two lines: \\\"x\\\"\"\nmetadata:\n  a: \"b\"\n---\n\nDo it.\n")]
    [TestCase("---\nname: count\ndescription: Counts.\n# Count\n\nDo it.\n", "", "---\nname: count\ndescription: \"Counts.\"\n---\n\n# Count\n\nDo it.\n")]
    [TestCase("Sure, here is it.\n\n---\nname: count\ndescription: Counts.\n---\nDo it.\n", "", "---\nname: count\ndescription: \"Counts.\"\n---\n\nDo it.\n")]
    [TestCase("---\nname: count\n---\nDo it.\n", "", "---\nname: count\ndescription: \"What was verified about count.\"\n---\n\nDo it.\n")]
    public void Front_matter_is_rebuilt_around_a_good_body(string text, string purpose, string expected)
    {
        var (skill, done) = SkillMender.Mend(new(text, []), "count", purpose);
        Assert.That(skill.Text, Is.EqualTo(expected));
        Assert.That(SkillRules.Check(skill.Text, "count"), Is.Empty);
        Assert.That(done, Is.Not.Empty.And.All.StartsWith("mended by rule: "));
    }

    [Test]
    public void A_long_description_is_cut_and_a_file_that_nobody_names_is_named()
    {
        var (skill, done) = SkillMender.Mend(new("# Count\n\nDo it.\n", [new("references/a.md", "x\n")]), "count", string.Concat(Enumerable.Repeat("words ", 400)));
        Assert.That(SkillBundleRules.Check(skill, "count"), Is.Empty);
        Assert.That(skill.Text, Does.EndWith("Do it.\n\n## Further files\n\n- `references/a.md`\n"));
        Assert.That(done, Has.Count.EqualTo(2));
    }

    [TestCase("")]
    [TestCase("I cannot do that.\n")]
    [TestCase("I cannot do that.\nReally not.\n")]
    [TestCase("---\nname: count\ndescription: x\n---\n")]
    public void Without_a_body_there_is_nothing_to_mend(string text)
    {
        var (skill, done) = SkillMender.Mend(new(text, []), "count", "words");
        Assert.That((skill.Text, done.Count), Is.EqualTo((text, 0)));
    }

    [Test]
    public void A_valid_skill_stays_as_it_is() =>
        Assert.That(SkillMender.Mend(new($"{Front}Do it.\n", []), "count", "x").Done, Is.Empty);

    [Test]
    public void A_skill_can_be_made_of_a_body() =>
        Assert.That(SkillRules.Check(SkillMender.Make("count", "Says \"x\\y\" <z>", "# A\n"), "count"), Is.Empty);
}
