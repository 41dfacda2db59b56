using System.Text.Json;
using Spark.Temporal.Starter;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Skills;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SkillsCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    [Test]
    public async Task A_valid_skill_is_silent()
    {
        Skill("set/weigh");

        Assert.That(await RunAsync(_folder["set/weigh"]), Is.EqualTo(ExitCodes.Good));
        Assert.That(_out.ToString(), Is.Empty);
    }

    [Test]
    public async Task A_folder_of_skills_is_checked_whole()
    {
        Skill("set/weigh");
        Skill("set/measure", name: "other");
        _folder.Write("set/notes/README.md", "no skill");

        Assert.That(await RunAsync(_folder["set"]), Is.EqualTo(ExitCodes.Failed));
        Assert.That(_out.ToString(), Is.EqualTo($"{_folder["set/measure/SKILL.md"]}:2: name 'other' must be equal to its folder, 'measure'\n"));
    }

    [Test]
    public async Task A_file_is_checked_by_its_folders_name()
    {
        Skill("weigh");

        Assert.That(await RunAsync(_folder["weigh/SKILL.md"]), Is.EqualTo(ExitCodes.Good));
    }

    [Test]
    public async Task What_is_not_installed_with_a_skill_is_a_warning()
    {
        Skill("weigh");
        _folder.Write("weigh/scripts/run.py", "");
        _folder.Write("weigh/notes.txt", "");
        _folder.Write("weigh/.git/config", "");
        _folder.Write("weigh/scripts/.cache/x", "");

        Assert.That(await RunAsync(_folder["weigh"]), Is.EqualTo(ExitCodes.Good));
        Assert.That(_out.ToString(), Is.EqualTo($"{_folder["weigh/SKILL.md"]}:1: warning: not installed with the skill: .git/, scripts/.cache/\n"));
    }

    [Test]
    public async Task What_the_specification_only_advises_against_is_a_warning()
    {
        _folder.Write("set/weigh/SKILL.md", $"---\nname: weigh\ndescription: <a>\nallowed-tools:\n  - Bash\n---\n{string.Concat(Enumerable.Repeat("line\n", 500))}");
        _folder.Write("set/low/skill.md", "---\nname: low\ndescription: a\n---\nbody\n");

        Assert.That(await RunAsync(_folder["set"]), Is.EqualTo(ExitCodes.Good));
        Assert.That(_out.ToString().TrimEnd().Split('\n'), Has.Length.EqualTo(3).And.All.Contain("weigh/SKILL.md").And.All.Contain(": warning: "));
        Assert.That(_out.ToString(), Does.Contain("the body has 500 lines; fewer than 500 are recommended"));
    }

    [Test]
    public async Task What_the_official_validator_refuses_is_an_error()
    {
        _folder.Write("weigh/SKILL.md", "---\nname: weigh\ndescription: \"Splits --- joins.\"\n---\nbody\n");

        Assert.That(await RunAsync(_folder["weigh"]), Is.EqualTo(ExitCodes.Failed));
        Assert.That(_out.ToString(), Does.Contain(":3: '---' ends the front matter here"));
    }

    [Test]
    public async Task A_folder_without_a_skill_is_not_passed_over()
    {
        _folder.Write("weigh/README.md", "");

        Assert.That(await RunAsync(_folder["weigh"]), Is.EqualTo(ExitCodes.Failed));
        Assert.That(_out.ToString(), Does.StartWith($"{_folder["weigh/SKILL.md"]}:1: the file is missing"));
    }

    [Test]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        _folder.Write("weigh/SKILL.md", "");
        await File.WriteAllBytesAsync(_folder["weigh/SKILL.md"], [0x2d, 0xff, 0xfe]);

        Assert.That(await RunAsync(_folder["weigh"]), Is.EqualTo(ExitCodes.Failed));
        Assert.That(_out.ToString(), Does.Contain("not UTF-8"));
    }

    [Test]
    public async Task With_json_there_is_one_document_and_nothing_else()
    {
        Skill("weigh", name: "other");

        Assert.That(await RunAsync(_folder["weigh"], "--json"), Is.EqualTo(ExitCodes.Failed));
        var json = JsonDocument.Parse(_out.ToString()).RootElement;
        Assert.That(json.GetProperty("valid").GetBoolean(), Is.False);
        var skill = json.GetProperty("skills")[0];
        Assert.That(skill.GetProperty("name").GetString(), Is.EqualTo("weigh"));
        Assert.That(skill.GetProperty("findings")[0].GetProperty("line").GetInt32(), Is.EqualTo(2));
    }

    [TestCase("missing")]
    [TestCase("other.md")]
    public async Task A_path_that_cannot_be_a_skill_is_wrong_usage(string path)
    {
        _folder.Write("other.md", "");

        Assert.That(await RunAsync(_folder[path]), Is.EqualTo(ExitCodes.Usage));
        Assert.That(_error.ToString(), Does.Contain(_folder[path]));
    }

    [Test]
    public async Task Without_a_path_it_is_wrong_usage() => Assert.That(await RunAsync(), Is.EqualTo(ExitCodes.Usage));

    [Test]
    public async Task Help_shows_an_example()
    {
        await RunAsync("--help");

        Assert.That(_out.ToString(), Does.Contain("spark skills check skills_gen_result"));
    }

    public void Dispose() => _folder.Dispose();

    private void Skill(string folder, string? name = null) =>
        _folder.Write($"{folder}/SKILL.md", $"---\nname: {name ?? Path.GetFileName(folder)}\ndescription: a\n---\nbody\n");

    private Task<int> RunAsync(params string[] arguments) =>
        RootCommands.RunAsync(["skills", "check", .. arguments], new CliOutput(_out, _error), CancellationToken.None);
}
