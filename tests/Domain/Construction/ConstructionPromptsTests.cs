using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Domain.Construction;

public class ConstructionPromptsTests
{
    private static readonly ReferenceTask Reference = new()
    {
        Name = "audio-level", Instruction = new string('a', 1_500) + "b", Tags = ["audio"], Files = ["tests/test_outputs.py"], Digest = "1",
    };

    private static readonly CritiqueFinding Note = new("model", CritiqueSeverity.Note, "title", "a note");
    private static readonly CritiqueFinding Blocking = new("model", CritiqueSeverity.Blocking, "oracle_python", "wrong unit");

    [Test]
    public void An_author_is_told_all_that_was_asked_for()
    {
        var spec = Blueprints.Spec with
        {
            EnvironmentHints = ["It has a slow disk."],
            Constraints = ["No network."],
            StructureTemplate = JsonSerializer.SerializeToElement(new { goal = "one sentence" }),
            ContentOverrides = new Dictionary<string, JsonElement> { ["difficulty"] = JsonSerializer.SerializeToElement("hard") },
        };
        var tools = ToolCatalogue.Resolve(["jq", "numpy"]);

        var messages = ConstructionPrompts.Blueprint(spec, tools, [new RankedTask(Reference, 1)]);

        Assert.That(messages.Select(message => message.Role), Is.EqualTo([ChatRoles.System, ChatRoles.User]));
        foreach (var said in (string[])[spec.Prompt, "wav-peaks", "python3", "- It has a slow disk.", "- No network.", "one sentence", "\"difficulty\": \"hard\"", "audio-level", .. tools.Packages.Apt, .. tools.Packages.Pip, BlueprintSchema.Json.Trim()])
        {
            Assert.That(messages[1].Content, Does.Contain(said));
        }

        Assert.That(messages[1].Content, Does.Contain("aaa…").And.Not.Contain("aaab"), "a reference is cut where it is long");
    }

    [Test]
    public void What_is_not_given_is_not_asked_for()
    {
        var bare = new PromptSpec { Prompt = "Sum the till." };

        var text = ConstructionPrompts.Blueprint(bare, ToolCatalogue.Resolve([]), [])[1].Content;

        Assert.That(text, Does.Contain("```\nSum the till.\n```\n\n# ").And.Contain(": none.").And.Not.Contain("audio-level"));
    }

    [Test]
    public void A_critic_sees_the_blueprint_and_what_is_known_with_the_worst_first()
    {
        var text = ConstructionPrompts.Critique(Blueprints.Good, Blueprints.Spec, [Note, Blocking])[1].Content;

        Assert.That(text, Does.Contain("\"task_id\": \"wav-peaks\"").And.Contain(BlueprintSchema.CritiqueJson.Trim()));
        Assert.That(text.IndexOf("wrong unit", StringComparison.Ordinal), Is.Positive.And.LessThan(text.IndexOf("a note", StringComparison.Ordinal)));
    }

    [TestCase(null)]
    [TestCase(" \n")]
    [TestCase("The oracle gets 0.")]
    public void A_repair_is_told_what_the_proof_showed(string? evidence)
    {
        var text = ConstructionPrompts.Repair(Blueprints.Good, Blueprints.Spec, [], evidence)[1].Content;
        Assert.That(text.Contains("The oracle gets 0.", StringComparison.Ordinal), Is.EqualTo(evidence?.Length > 5));
    }

    [Test]
    public void Of_long_evidence_the_end_is_kept()
    {
        var evidence = "first line\n" + string.Concat(Enumerable.Repeat("a line of the proof\n", 1_000)) + "last line";
        var text = ConstructionPrompts.Repair(Blueprints.Good, Blueprints.Spec, [Blocking], evidence)[1].Content;
        Assert.That(text, Does.Contain("last line").And.Not.Contain("first line"));
    }

    [Test]
    public void A_reply_that_cannot_be_read_is_sent_back_with_its_errors()
    {
        string[] errors = ["$.title: is missing", "$.tags[1]: must be a text"];
        Assert.That(ConstructionPrompts.BlueprintReask(errors), Does.Contain("- $.title: is missing\n- $.tags[1]: must be a text"));
        Assert.That(ConstructionPrompts.CritiqueReask(errors), Does.Contain("- $.title: is missing\n- $.tags[1]: must be a text").And.Contain("{\"findings\": [...]}"));
    }
}
