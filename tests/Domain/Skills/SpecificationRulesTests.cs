using System.Text.Json;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Skills;

public sealed class SpecificationRulesTests
{
    /// <summary>Files of a skill called <c>a</c> with what the specification's own validator (<c>skills-ref</c> at 69ef37e) said of each.</summary>
    private static readonly IReadOnlyList<(string Case, string Text, bool Valid)> Verdicts = [.. JsonDocument
        .Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Skills", "specification-verdicts.json"))).RootElement.EnumerateArray()
        .Select(one => (one.GetProperty("case").GetString()!, one.GetProperty("text").GetString()!, one.GetProperty("valid").GetBoolean()))];

    /// <summary>What the validator takes and YAML does not: a key of no letters, quotes that go on at the start of a line, half a surrogate pair.</summary>
    private static readonly string[] NotYaml = ["emptykey", "dqml0", "dqsurr"];

    [Test]
    public void Errors_are_what_the_official_validator_refuses()
    {
        using (Assert.EnterMultipleScope())
        {
            foreach (var (name, text, valid) in Verdicts.ExceptBy(NotYaml, one => one.Case))
            {
                var problems = SpecificationRules.Check(text, "a");

                Assert.That(problems.Count == 0, Is.EqualTo(valid), $"{name}: {(problems.Count == 0 ? "no problem" : string.Join("; ", problems))}");
            }
        }
    }

    [Test]
    public void What_we_write_is_valid_by_the_specification_too()
    {
        foreach (var (name, text, _) in Verdicts.Where(one => !one.Valid))
        {
            Assert.That(SkillRules.Check(text, "a"), Is.Not.Empty, name);
        }
    }

    [TestCase("---\nname: a\ndescription: \"x --- y\"\n---\nbody", 3, "'---' ends the front matter here")]
    [TestCase("---\nname: a\ndescription: x\u0007y\n---\nbody", 3, "character U+0007")]
    [TestCase("---\nname:\ta\ndescription: d\n---\nbody", 2, "a tab is not allowed")]
    [TestCase("---\nname: a\ndescription: d\ncompatibility:\n  - x\n---\nbody", 4, "compatibility must be text, not a list")]
    [TestCase("---\nname: a\ndescription:\n  x: y\n---\nbody", 3, "description must be text, not a map")]
    [TestCase("---\nname: a\ndescription: d\nmetadata: {x: y}\n---\nbody", 4, "a map in braces is not allowed")]
    [TestCase("---\nname: a\ndescription: d\nmetadata:\n  a: *x\n---\nbody", 5, "alias")]
    [TestCase("---\nname: b\ndescription: d\n---\nbody", 2, "must be equal to its folder, 'a'")]
    [TestCase("---\nversion: \"1\"\n---\nbody", 2, "unknown key 'version'")]
    public void Errors_say_where_and_why(string text, int line, string reason) => Assert.That(
        SpecificationRules.Check(text, "a").Select(problem => problem.ToString()), Has.Some.StartsWith($"line {line}: ").And.Some.Contains(reason));

    [Test]
    public void Front_matter_of_any_length_is_read_and_brackets_without_end_are_refused_at_once()
    {
        Assert.That(SpecificationRules.Check($"---\nname: a\ndescription: d\nlicense: {new string('x', 20_000)}\n---\nbody", "a"), Is.Empty);
        Assert.That(SpecificationRules.Check($"---\nname: a\ndescription: d\nmetadata: {new string('[', 200_000)}\n---\nbody", "a"), Has.Count.EqualTo(1));
        Assert.That(SpecificationRules.Check($"---\nname: a\ndescription: d\nmetadata:\n{string.Concat(Enumerable.Range(1, 300).Select(level => $"{new string(' ', level)}k:\n"))}---\nbody", "a"), Has.Count.EqualTo(1));
    }

    [TestCase("größe", true)]
    [TestCase("мир-2", true)]
    [TestCase("Größe", false)]
    public void A_name_may_be_of_any_script(string name, bool valid) => Assert.That(
        SpecificationRules.Check($"---\nname: {name}\ndescription: d\n---\n", name).Count == 0, Is.EqualTo(valid));

    [Test]
    public void A_skill_of_people_is_installed_whole_but_for_dot_folders_links_and_records_of_runs()
    {
        var folder = Folder(
            "skill.md", "recalc.py", "examples/", "examples/one.md", ".env", ".cache/", ".cache/x", "scripts/", "scripts/.venv/", "scripts/.venv/y", "attempts.json", "trajectory.jsonl", "ref>");

        var (installed, leftOut) = SkillContents.Whole(folder);

        Assert.That(installed.Select(entry => entry.Path), Is.EqualTo(new[] { ".env", "examples", "examples/one.md", "recalc.py", "scripts", "skill.md" }));
        Assert.That(leftOut, Is.EqualTo(new[] { ".cache/", "attempts.json", "ref (a link)", "scripts/.venv/", "trajectory.jsonl" }));
        Assert.That(SkillContents.Document(folder)!.Path, Is.EqualTo("skill.md"));
        Assert.That(SkillContents.Document(Folder("x/", "x/SKILL.md")), Is.Null);
    }

    [Test]
    public void A_skill_that_we_wrote_is_its_own_parts()
    {
        var folder = Folder("SKILL.md", "attempts.json", "references/", "references/a.md", "references-old/", "references-old/b.md");

        Assert.That(SkillContents.Own(folder).Select(entry => entry.Path), Is.EqualTo(new[] { "SKILL.md", "references", "references/a.md" }));
    }

    private static TaskFolder Folder(params string[] paths) => new(
        "a",
        paths.Select(path => path[^1] switch
        {
            '/' => new TaskEntry(path[..^1], TaskEntryKind.Folder),
            '>' => new TaskEntry(path[..^1], TaskEntryKind.Link, Target: "/etc"),
            _ => new TaskEntry(path, TaskEntryKind.File),
        }),
        _ => Stream.Null);
}
