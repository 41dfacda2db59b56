using Spark.Temporal.Activities.Evaluation;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

[Category("Docker")]
public sealed class SkillInstallTests
{
    private const string WithUser = "FROM debian:bookworm-slim\nRUN useradd --create-home --home-dir /srv/agent agent\n";

    [SetUp]
    public void NeedsDocker() => Requires.Docker();

    [Test]
    public async Task A_skill_is_in_every_folder_that_agents_read_and_its_scripts_run()
    {
        await using var bench = new SandboxBench();
        var skills = await bench.TarAsync(("count/SKILL.md", "text"), ("count/scripts/run.sh", "#!/bin/sh\r\necho ran\r\n"));

        var started = await bench.StartAsync(shell: false, skills: skills);

        string[] places = [SkillFolders.Default, .. SkillFolders.All.Select(place => place.In("/root"))];
        Assert.That(
            await Probe.RunAsync(bench.Gateway, started.Container, $"for place in {string.Join(' ', places)}; do cat $place/count/SKILL.md && $place/count/scripts/run.sh; done"),
            Is.EqualTo(string.Concat(Enumerable.Repeat("textran\n", places.Length))));
    }

    [Test]
    public async Task A_skill_as_evaluations_pack_it_is_installed_with_its_folders()
    {
        using var folder = new TemporaryFolder();
        folder.Write("human/task/count/SKILL.md", "---\nname: count\ndescription: Counts.\n---\n\nCount.\n");
        folder.Write("human/task/count/scripts/deep/run.sh", "echo ran\n");
        folder.Write("human/task/count/recalc.py", "again\n");
        folder.Write("human/task/count/examples/one.md", "one\n");
        await using var bench = new SandboxBench();
        var arm = new EvaluationArm { Name = "human", Source = SkillSource.Human, Root = folder["human"] };
        var packed = await new SkillPackager(bench.Store).PackAsync(arm, "model", "task", folder["task"], CancellationToken.None);

        var started = await bench.StartAsync(shell: false, skills: packed.Tar, withoutSkills: true);

        Assert.That(
            await Probe.RunAsync(bench.Gateway, started.Container, "sh /skills/count/scripts/deep/run.sh; cat /root/.claude/skills/count/recalc.py /skills/count/examples/one.md; head -n 2 /root/.qwen/skills/count/SKILL.md"),
            Is.EqualTo("ran\nagain\none\n---\nname: count\n"));
    }

    [Test]
    public async Task An_agent_that_is_not_root_has_skills_in_its_own_home_and_may_write_beside_them()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(WithUser);
        var skills = await bench.TarAsync(("count/SKILL.md", "text"));

        var started = await bench.StartAsync(image.Image, new TaskSettings { AgentUser = "agent", SkillsDir = "/opt/skills" }, shell: false, skills: skills);

        Assert.That(
            await Probe.RunAsync(
                bench.Gateway,
                started.Container,
                "su agent -c 'cd && touch .claude/settings && cat .claude/skills/count/SKILL.md .qwen/skills/count/SKILL.md /opt/skills/count/SKILL.md && stat -c %U .codex/skills/count/SKILL.md'; ls /root -A | grep -c skills"),
            Is.EqualTo("texttexttextagent\n0\n"));
    }

    [Test]
    public async Task What_an_image_brings_of_skills_is_taken_away_and_only_the_given_one_is_left()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nRUN mkdir -p /root/.claude/skills/own && echo own > /root/.claude/skills/own/SKILL.md\n");
        var skills = await bench.TarAsync(("given/SKILL.md", "given"));

        var bare = await bench.StartAsync(image.Image, shell: false, withoutSkills: true);
        var given = await bench.StartAsync(image.Image, shell: false, ordinal: 2, skills: skills, withoutSkills: true);

        Assert.That(await Probe.RunAsync(bench.Gateway, bare.Container, "ls -A /root/.claude/skills"), Is.Empty);
        Assert.That(await Probe.RunAsync(bench.Gateway, given.Container, "ls -A /root/.claude/skills"), Is.EqualTo("given\n"));
        Assert.That(bare.Notes, Is.EqualTo(new[] { "skills of the image in /root/.claude/skills were taken away" }));
    }

    [Test]
    public async Task A_context_that_is_copied_whole_brings_no_skills_either()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(
            "FROM debian:bookworm-slim\nCOPY . /app\n", withoutSkills: true, files: [("skills/a/SKILL.md", "x"), ("skillset.txt", "d")]);
        var started = await bench.StartAsync(image.Image, shell: false);

        Assert.That(await Probe.RunAsync(bench.Gateway, started.Container, "find /app -type f | sort"), Is.EqualTo("/app/Dockerfile\n/app/skillset.txt\n"));
    }
}
