using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Demo;

/// <summary>The scripts that come with the demo, held against the rules that a run holds them against.</summary>
public sealed class ScriptedStoryTests
{
    private static readonly IReadOnlyDictionary<string, ScriptedStory> Demo = ScriptedStory.LoadAll(DemoSamples.ScriptsDir);

    private static readonly IReadOnlyDictionary<string, ScriptedStory> Stories = Demo.Values
        .Concat(ScriptedStory.LoadAll(TestScripts.Dir).Values)
        .ToDictionary(story => story.Task);

    private static IEnumerable<string> Tasks => Stories.Keys.Order();

    [Test]
    public void Every_sample_task_has_its_script() =>
        Assert.That(
            Demo.Values.Where(story => story.Construction is null).Select(story => story.Task),
            Is.EquivalentTo(Directory.EnumerateDirectories(DemoSamples.TasksDir).Select(Path.GetFileName)));

    [Test]
    public void The_task_that_the_demo_makes_is_the_one_of_its_prompt()
    {
        var name = Path.GetFileNameWithoutExtension(DemoSamples.Prompt);
        var spec = PromptSpecReader.Parse(File.ReadAllText(DemoSamples.Prompt), name);
        var construction = Demo[name].Construction!;
        var (first, repaired) = (BlueprintReader.Read(construction.First).Blueprint!, BlueprintReader.Read(construction.Repaired).Blueprint!);

        Assert.Multiple(() =>
        {
            Assert.That(repaired.TaskId, Is.EqualTo(name), "so that the agent's story is found by the task's name");
            Assert.That(CritiqueRules.Check(repaired, spec, null), Is.Empty);
            Assert.That(first, Is.Not.EqualTo(repaired));
            Assert.That(Reply(LlmPurposes.Blueprint, name, [("user", "Write.")]), Does.Contain(ScriptedModel.Mark));
            Assert.That(BlueprintReader.Read(Reply(LlmPurposes.Repair, name, [("user", "Mend.")])).Errors, Is.Empty, "the mark around it is passed over");
            Assert.That(CritiqueReader.Read(Reply(LlmPurposes.Critique, name, [("user", "Judge.")])).Findings!.Select(finding => finding.Severity), Has.None.EqualTo(CritiqueSeverity.Blocking));
        });
    }

    [TestCase("  blueprint: {task_id: x}", "$.title: is missing")]
    [TestCase("  blueprint: {title: A title}\n  faults: [{field: title, right: another, wrong: b}]", "construction.faults[0]: 'another' is not in the blueprint's title")]
    public void A_script_whose_blueprint_breaks_the_schema_is_refused(string construction, string says)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("made.yaml", $"construction:\n{construction}\nattempts:\n  - turns:\n      - run: ls\n");

        Assert.That(() => ScriptedStory.Load(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(says));
    }

    [TestCaseSource(nameof(Tasks))]
    public void Memos_are_kept_at_the_first_asking(string task)
    {
        var story = Stories[task];
        string? memo = null;
        for (var attempt = 0; attempt < story.Attempts.Count; attempt++)
        {
            var verdict = MemoRules.Check(memo, Reflect(story, attempt, memo), attempt + 1);
            Assert.That(verdict.Refusals, Is.Empty, $"memo of attempt {attempt + 1}");
            memo = verdict.Memo!.Render();
        }
    }

    [TestCaseSource(nameof(Tasks))]
    public void The_first_memo_says_that_it_is_scripted(string task) =>
        Assert.That(MemoRules.Check(null, Reflect(Stories[task], 0, null), 1).Memo!.Render(), Does.Contain(ScriptedModel.Mark));

    [TestCaseSource(nameof(Tasks))]
    public void The_last_skill_is_valid(string task)
    {
        var skill = ReplyText.Strip(Distill(task, replies: Stories[task].Skill.Count - 1), line => line == "---");

        Assert.That(SkillRules.Check(skill, task), Is.Empty);
    }

    [Test]
    public void One_skill_is_refused_first_so_that_asking_again_is_seen() =>
        Assert.That(SkillRules.Check(ReplyText.Strip(Distill("decode-probe-log", replies: 0), line => line == "---"), "decode-probe-log"), Is.Not.Empty);

    [TestCase(PdiMethod.TokenOverlap)]
    [TestCase(PdiMethod.JsDivergence)]
    public void Stagnation_on_the_recorders_dump_is_met_softly_and_then_strongly(PdiMethod method)
    {
        // The verifier names the same two tests each time; the Docker test of the sample tasks holds that.
        string[] failed = ["test_outputs.py::test_moments", "test_outputs.py::test_temperatures"];

        Assert.That(
            Levels(Stories["decode-probe-log"], method, failed, failed, failed),
            Is.EqualTo(new[] { InterventionLevel.None, InterventionLevel.Soft, InterventionLevel.Strong }));
    }

    [Test]
    public void A_script_whose_attempts_cannot_be_told_apart_is_refused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("twins.yaml", "attempts:\n  - turns:\n      - run: ls\n  - turns:\n      - run: ls\n");

        Assert.That(() => ScriptedStory.Load(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("attempts[0]"));
    }

    [TestCase("attempts: []", "'attempts' is missing or empty")]
    [TestCase("attempts:\n  - turn: []", "line 2")]
    public void A_broken_script_is_refused_by_file_and_place(string text, string says)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("broken.yaml", text);

        Assert.That(
            () => ScriptedStory.Load(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path).And.Message.Contains(says));
    }

    private static List<InterventionLevel> Levels(ScriptedStory story, PdiMethod method, params string[][] failedTests)
    {
        var tracker = new PdiTracker(method);
        string? memo = null;
        List<InterventionLevel> levels = [];
        for (var attempt = 0; attempt < failedTests.Length; attempt++)
        {
            var after = MemoRules.Check(memo, Reflect(story, attempt, memo), attempt + 1).Memo!.Render();
            levels.Add(tracker.Observe(new PdiObservation
            {
                Attempt = attempt,
                Commands = Commands(story, attempt),
                MemoBefore = memo ?? "",
                MemoAfter = after,
                FailedTests = failedTests[attempt],
                PreviousFailedTests = attempt == 0 ? null : failedTests[attempt - 1],
            }).Level);
            memo = after;
        }

        return levels;
    }

    private static string Commands(ScriptedStory story, int attempt) => AttemptCommands.Join(story.Attempts[attempt].Turns.Select(turn => turn.Run));

    /// <summary>The reply to the product's own request for a memo.</summary>
    private static string Reflect(ScriptedStory story, int attempt, string? memo) => Reply(LlmPurposes.Reflect, story.Task, [.. ReflectPrompts.Messages(new ReflectInput
    {
        Task = story.Task,
        Memo = memo,
        Outcome = "fail",
        Attempt = attempt + 1,
        FailedAttempts = attempt + 1,
        Commands = Commands(story, attempt),
    }).Select(message => (message.Role, message.Content))]);

    private static string Distill(string task, int replies) =>
        Reply(LlmPurposes.Distill, task, [("user", "Write the skill."), .. Enumerable.Repeat(("assistant", "…"), replies)]);

    private static string Reply(string purpose, string task, (string Role, string Text)[] messages) => new ScriptedModel(Stories)
        .Reply(purpose, task, new ChatRequest([.. messages.Select(message => new ChatTurn(message.Role, message.Text, message.Text.Length))], null))
        .Text;
}
