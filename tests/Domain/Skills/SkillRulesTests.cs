using FsCheck;
using FsCheck.Fluent;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Skills;

public sealed class SkillRulesTests
{
    private const string Good = "---\nname: mesh-mass\ndescription: Weighs a mesh. Use it for STL files.\n---\n\n# Mesh mass\n\nDo it.\n";

    [TestCase(Good)]
    [TestCase("---\r\nname: mesh-mass\r\ndescription: a\r\n---\r\nbody\r\n")]
    [TestCase("---\n# a comment\nname: \"mesh-mass\"\ndescription: >-\n  folded\n  text: with a colon\nlicense: MIT\ncompatibility: Needs python3\nmetadata:\n  author: me\n  version: \"1.0\"\nallowed-tools: Bash Read\n---\nbody")]
    [TestCase("---\nname: mesh-mass\ndescription: 'it''s [not] a {list}, *really* & !true'\n---\nbody\n---\nname: x\n---\n")]
    public void A_valid_file_has_no_problems(string text) => Assert.That(SkillRules.Check(text, "mesh-mass"), Is.Empty);

    [Test]
    public void Brackets_nested_without_end_are_refused_at_once() => Assert.That(
        SkillRules.Check($"---\nname: mesh-mass\ndescription: a\nmetadata: {new string('[', 200_000)}\n---\nbody", "mesh-mass"),
        Has.Some.Matches<SkillProblem>(problem => problem is { Line: 2 } && problem.Message.Contains("at most 16384 are read", StringComparison.Ordinal)));

    [TestCase("", 1, "the file is empty")]
    [TestCase(" \n\n", 1, "the file is empty")]
    [TestCase("\uFEFF" + Good, 1, "byte-order mark")]
    [TestCase("# Mesh\n\nbody", 1, "it begins with '# Mesh'")]
    [TestCase("\n" + Good, 1, "must begin with a line '---'")]
    [TestCase("```markdown\n" + Good + "```", 1, "it begins with '```markdown'")]
    [TestCase("---\nname: mesh-mass\ndescription: a\n\nbody", 1, "never closed")]
    [TestCase("---\n---\nbody", 1, "'name' is missing")]
    [TestCase("---\nname: mesh-mass\n---\nbody", 1, "'description' is missing")]
    [TestCase("---\ndescription: a\n---\nbody", 1, "'name' is missing")]
    [TestCase("---\njust words\n---\nbody", 2, "must be lines of 'key: value'")]
    [TestCase("---\n- name: mesh-mass\n---\nbody", 2, "must be lines of 'key: value'")]
    [TestCase("---\n{name: mesh-mass, description: a}\n---\nbody", 2, "a map in braces is not allowed")]
    [TestCase("---\nname: mesh-mass\ndescription: a: b\n---\nbody", 3, "not YAML")]
    [TestCase("---\nname: mesh-mass\ndescription: \"a\n---\nbody", 3, "not YAML")]
    [TestCase("---\nname: mesh-mass\n\tdescription: a\n---\nbody", 2, "not YAML")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nname: mesh-mass\n---\nbody", 4, "'name' appears twice")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata:\n  a: b\n  a: c\n---\nbody", 6, "'a' appears twice")]
    [TestCase("---\nname: mesh-mass\ndescription: a\ntags: [a, b]\n---\nbody", 4, "unknown key 'tags'")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nversion: \"1.0\"\n---\nbody", 4, "unknown key 'version'")]
    [TestCase("---\nName: mesh-mass\ndescription: a\n---\nbody", 2, "unknown key 'Name'")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nallowed-tools: [Bash, Read]\n---\nbody", 4, "allowed-tools must be text, not a list in brackets")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nallowed-tools:\n  - Bash\n---\nbody", 4, "allowed-tools must be text, not a list")]
    [TestCase("---\nname: mesh-mass\ndescription:\n  short: a\n---\nbody", 3, "description must be text, not a map")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata: {a: b}\n---\nbody", 4, "metadata: a map in braces")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata: words\n---\nbody", 4, "metadata must be a map")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata:\n  tags: [a]\n---\nbody", 5, "metadata.tags must be text, not a list in brackets")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata:\n  version: 1.0\n---\nbody", 5, "metadata.version is 1.0, which YAML does not read as text")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata:\n  public: yes\n---\nbody", 5, "metadata.public is yes")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata:\n  made: 2025-01-01\n---\nbody", 5, "metadata.made is 2025-01-01")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nmetadata:\n  1: a\n---\nbody", 5, "the key '1' is 1, which YAML does not read as text")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nlicense:\n---\nbody", 4, "license has no value")]
    [TestCase("---\nname: mesh-mass\ndescription: a\nlicense: \" \"\n---\nbody", 4, "license is empty")]
    [TestCase("---\nname: &n mesh-mass\ndescription: a\n---\nbody", 2, "has an anchor")]
    [TestCase("---\nname: mesh-mass\ndescription: &d a\nlicense: *d\n---\nbody", 4, "license must be text, not an alias")]
    [TestCase("---\nname: !!str mesh-mass\ndescription: a\n---\nbody", 2, "has a tag")]
    [TestCase("---\n? [a]\n: b\nname: mesh-mass\ndescription: a\n---\nbody", 2, "a key must be plain text")]
    [TestCase("---\n%YAML 1.2\n--- \nname: mesh-mass\n---\nbody", 3, "not YAML")]
    [TestCase("---\nname: mesh-mass\ndescription: a\n...\nlicense: MIT\n---\nbody", 5, "must be one document")]
    [TestCase("---\n--- # again\nname: mesh-mass\ndescription: a\n---\nbody", 2, "document marks are not allowed")]
    [TestCase("---\nname:\ndescription: a\n---\nbody", 2, "name has no value")]
    [TestCase("---\nname: true\ndescription: a\n---\nbody", 2, "name is true")]
    [TestCase("---\nname: Mesh-Mass\ndescription: a\n---\nbody", 2, "may hold only a-z, 0-9")]
    [TestCase("---\nname: mesh_mass\ndescription: a\n---\nbody", 2, "may hold only a-z, 0-9")]
    [TestCase("---\nname: -mesh-mass\ndescription: a\n---\nbody", 2, "may hold only a-z, 0-9")]
    [TestCase("---\nname: mesh--mass\ndescription: a\n---\nbody", 2, "may hold only a-z, 0-9")]
    [TestCase("---\nname: \"mesh-mass\\n\"\ndescription: a\n---\nbody", 2, "may hold only a-z, 0-9")]
    [TestCase("---\nname: other\ndescription: a\n---\nbody", 2, "must be equal to its folder, 'mesh-mass'")]
    [TestCase("---\nname: mesh-mass\ndescription: \"\"\n---\nbody", 3, "description is empty")]
    [TestCase("---\nname: mesh-mass\ndescription: run <file>\n---\nbody", 3, "may not hold '<' or '>'")]
    [TestCase("---\nname: mesh-mass\ndescription: a\n---\n", 5, "the body is empty")]
    [TestCase("---\nname: mesh-mass\ndescription: a\n---\n \n\n", 5, "the body is empty")]
    public void A_file_that_is_not_valid_is_told_where_and_why(string text, int line, string reason)
    {
        var problems = SkillRules.Check(text, "mesh-mass");

        Assert.That(problems.Select(problem => problem.ToString()), Has.Some.StartsWith($"line {line}: ").And.Some.Contains(reason));
    }

    [TestCase(64, true)]
    [TestCase(65, false)]
    public void A_name_has_at_most_64_characters(int length, bool valid)
    {
        var name = new string('a', length);

        Assert.That(SkillRules.Check(Good.Replace("mesh-mass", name), name).Count == 0, Is.EqualTo(valid));
    }

    [TestCase(1_024, true)]
    [TestCase(1_025, false)]
    public void A_description_has_at_most_1024_code_points(int length, bool valid) => Assert.That(
        SkillRules.Check($"---\nname: mesh-mass\ndescription: {string.Concat(Enumerable.Repeat("😀", length))}\n---\nbody", "mesh-mass").Count == 0, Is.EqualTo(valid));

    [TestCase(500, true)]
    [TestCase(501, false)]
    public void Compatibility_has_at_most_500_characters(int length, bool valid) => Assert.That(
        SkillRules.Check($"---\nname: mesh-mass\ndescription: a\ncompatibility: {new string('c', length)}\n---\nbody", "mesh-mass").Count == 0, Is.EqualTo(valid));

    [TestCase(499, true)]
    [TestCase(500, false)]
    public void A_body_of_fewer_than_500_lines_is_recommended(int lines, bool isShort)
    {
        var text = "---\nname: mesh-mass\ndescription: a\n---\n\n" + string.Join('\n', Enumerable.Repeat("line", lines)) + "\n\n";
        Assert.That(SkillRules.Check(text, "mesh-mass"), Is.Empty);
        Assert.That(SkillRules.Advice(text) is null, Is.EqualTo(isShort));
    }

    [FsCheck.NUnit.Property]
    public Property A_slug_is_always_a_name() => Prop.ForAll(ArbMap.Default.ArbFor<string?>(), text => SkillRules.IsName(PlainText.Slug(text ?? "")));

    [FsCheck.NUnit.Property]
    public Property A_name_is_what_slugging_leaves_alone() => Prop.ForAll(
        Arb.From(Gen.Elements('a', 'z', '0', '9', '-', '-', '_', 'A', 'ä', '\n').ListOf().Select(letters => string.Concat(letters))),
        text => SkillRules.IsName(text) == (text.Length > 0 && PlainText.Slug(text) == text));

    [FsCheck.NUnit.Property(MaxTest = 500)]
    public Property Any_text_is_judged_without_an_exception() => Prop.ForAll(
        Arb.From(Gen.Elements("---\n", "name: ", "description: ", "a", "\n", ": ", "- ", "[", "]", "{", "}", "&x ", "*x", "!t ", "\"", "'", "|", ">", "#", "? ", "  ", "\t", "%", "\0", "\uFEFF", "...\n")
            .ListOf().Select(parts => string.Concat(parts))),
        text => SkillRules.Check("---\n" + text, "a") is not null);

    [Test]
    public void A_reply_is_freed_of_what_stands_around_the_file()
    {
        Assert.That(SkillDocument.FromReply($"<think>hm</think>\nHere is the file:\n\n```markdown\n{Good}```\n"), Is.EqualTo(Good));
        Assert.That(SkillDocument.FromReply("<think>hm</think>"), Is.Empty);
    }

    [Test]
    public void None_of_the_published_skills_is_valid_and_each_learns_why()
    {
        var files = Directory.GetFiles(Requires.SharedData("spark-trajectories"), "SKILL.md", SearchOption.AllDirectories);

        Assert.That(files, Is.Not.Empty);
        foreach (var file in files)
        {
            var problems = SkillRules.Check(File.ReadAllText(file), Path.GetFileName(Path.GetDirectoryName(file)!));
            Assert.That(problems, Is.Not.Empty, file);
            Assert.That(problems.Select(problem => problem.Message), Has.All.Length.GreaterThan(10), file);
        }
    }
}
