using System.Formats.Tar;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Evaluation;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SkillPackagerTests : IDisposable
{
    private const string Valid = "---\nname: count\ndescription: Counts.\n---\n\nCount.\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task Only_what_a_skill_is_is_packed_and_the_same_content_is_the_same_archive()
    {
        foreach (var root in (string[])["one", "two"])
        {
            _folder.Write($"{root}/gpt/count/SKILL.md", Valid);
            _folder.Write($"{root}/gpt/count/scripts/deep/run.sh", "echo");
            _folder.Write($"{root}/gpt/count/attempts.json", root);
            _folder.Write($"{root}/gpt/count/scripts-old/x", "x");
        }

        File.CreateSymbolicLink(_folder["one/gpt/count/references"], "/etc");
        var (one, two) = (await PackAsync(Generated("one")), await PackAsync(Generated("two")));

        Assert.That(one.Tar, Is.EqualTo(two.Tar));
        Assert.That(await NamesAsync(one), Is.EqualTo(new[] { "count/", "count/SKILL.md", "count/scripts/", "count/scripts/deep/", "count/scripts/deep/run.sh" }));
        Assert.That((one.Names, one.Problem, one.Missing), Is.EqualTo(("count", (string?)null, (string?)null)));
    }

    [Test]
    public async Task A_skill_of_people_is_packed_whole_and_what_is_left_out_is_named()
    {
        const string Skills = "task/environment/skills";
        foreach (var file in (string[])["sheet/SKILL.md", "sheet/recalc.py", "sheet/forms.md", "sheet/examples/one.md", "sheet/scripts/a.sh", "sheet/.env", "low/skill.md"])
        {
            _folder.Write($"{Skills}/{file}", file.EndsWith("SKILL.md", StringComparison.OrdinalIgnoreCase) ? Valid.Replace("count", file.Split('/')[0]) : "x");
        }

        _folder.Write($"{Skills}/sheet/.git/config", "x");
        _folder.Write($"{Skills}/sheet/.cache/x", "x");
        _folder.Write($"{Skills}/README.md", "x");
        File.CreateSymbolicLink(_folder[$"{Skills}/sheet/linked"], "/etc");

        var packed = await PackAsync(new EvaluationArm { Name = "human", Source = SkillSource.Human });
        var arm = await PackAsync(new EvaluationArm { Name = "mine", Source = SkillSource.Folder, Root = _folder[Skills] });

        Assert.That(await NamesAsync(packed), Is.EqualTo(new[]
        {
            "low/", "low/skill.md", "sheet/", "sheet/.env", "sheet/SKILL.md", "sheet/examples/", "sheet/examples/one.md", "sheet/forms.md", "sheet/recalc.py", "sheet/scripts/", "sheet/scripts/a.sh",
        }));
        Assert.That((packed.LeftOut, packed.Problem), Is.EqualTo(("sheet/.git/, sheet/.cache/, sheet/linked (a link), README.md", (string?)null)));
        Assert.That((arm.Tar, arm.LeftOut), Is.EqualTo((packed.Tar, packed.LeftOut)));
    }

    [TestCase("gpt-5.4", "gpt-5-4", "Mesh_Mass", "mesh-mass")]
    [TestCase("all_model_pdi", "all_model_pdi", "count", "count")]
    public async Task Generated_skills_are_found_whatever_way_their_folders_are_spelt(string written, string asked, string task, string slug)
    {
        _folder.Write($"made/{written}/{task}/SKILL.md", Valid);
        var arm = new EvaluationArm { Name = "generated", Source = SkillSource.Generated, Root = _folder["made"], SkillSourceModel = asked };

        var packed = await new SkillPackager(new FileArtifactStore(_folder["store"])).PackAsync(arm, "gpt", slug, _folder["task"], CancellationToken.None);

        Assert.That((packed.Names, packed.Missing), Is.EqualTo((task, (string?)null)));
    }

    [Test]
    public async Task Human_skills_come_from_the_folder_named_and_else_from_the_task_itself()
    {
        _folder.Write("task/environment/skills/own-a/SKILL.md", Valid);
        _folder.Write("task/environment/skills/own-b/SKILL.md", Valid);
        _folder.Write("human/task/count/SKILL.md", Valid);
        var human = new EvaluationArm { Name = "human", Source = SkillSource.Human };

        Assert.That((await PackAsync(human)).Names, Is.EqualTo("own-a, own-b"));
        Assert.That((await PackAsync(human with { Root = _folder["human"] })).Names, Is.EqualTo("count"));
    }

    [Test]
    public async Task One_skill_may_serve_every_task()
    {
        _folder.Write("general/SKILL.md", Valid);

        var packed = await PackAsync(new EvaluationArm { Name = "general", Source = SkillSource.Folder, Root = _folder["general"] });

        Assert.That((packed.Names, packed.Missing), Is.EqualTo(("general", (string?)null)));
        Assert.That(packed.Problem, Does.Contain("must be equal to its folder"), "said, and installed all the same");
    }

    [Test]
    public async Task A_missing_or_empty_skill_is_named_with_the_place()
    {
        _folder.Write("empty/gpt/count/SKILL.md", " \n");

        Assert.That((await PackAsync(Generated("nowhere"))).Missing, Is.EqualTo($"no SKILL.md in {_folder["nowhere"]}/gpt/count"));
        Assert.That((await PackAsync(Generated("empty"))).Missing, Does.EndWith("SKILL.md is empty"));
    }

    [TestCase("FROM x\nCOPY skills /root/.claude/skills\n", true)]
    [TestCase("FROM x\nCOPY data /data\n", false)]
    [TestCase(null, true)]
    public void Images_that_may_bring_skills_are_told_from_those_that_do_not(string? dockerfile, bool brings)
    {
        _folder.Write("task/instruction.md", "Do it.");
        if (dockerfile is not null)
        {
            _folder.Write("task/environment/Dockerfile", dockerfile);
        }

        Assert.That(SkillPackager.ImageBringsSkills(_folder["task"]), Is.EqualTo(brings));
    }

    [Test]
    public void Published_tasks_bring_skills() =>
        Assert.That(SkillPackager.ImageBringsSkills(Requires.SharedData("skillsbench/tasks/3d-scan-calc")), Is.True);

    private EvaluationArm Generated(string root) => new() { Name = "generated", Source = SkillSource.Generated, Root = _folder[root] };

    private Task<ArmSkills> PackAsync(EvaluationArm arm) =>
        new SkillPackager(new FileArtifactStore(_folder["store"])).PackAsync(arm, "gpt", arm.Source == SkillSource.Generated ? "count" : "task", _folder["task"], CancellationToken.None);

    private async Task<List<string>> NamesAsync(ArmSkills skills)
    {
        await using var content = await new FileArtifactStore(_folder["store"]).OpenAsync(skills.Tar!, CancellationToken.None);
        await using var reader = new TarReader(content);
        List<string> names = [];
        while (await reader.GetNextEntryAsync() is { } entry)
        {
            names.Add(entry.Name);
        }

        return names;
    }
}
