using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Kinds of work and of results in the form that recorded histories and <c>results.jsonl</c> have.</summary>
public sealed class BatchWorkJsonTests
{
    private static readonly (BatchWork Work, string Json)[] Kinds =
    [
        (new SkillWork(new SkillGenerationInput { TaskDir = "/t", ModelSlug = "m", Batch = "b", OutDir = "/o" }), """{"skill":{"task_dir":"/t","""),
        (new ConstructionWork(new ConstructionInput { PromptFile = "/p", Name = "n", ModelSlug = "m", Batch = "b", OutDir = "/o" }), """{"construction":{"prompt_file":"/p","""),
        (new TrialWork([new TrialTemplate("k", "m", new AttemptInput { Agent = "nop" })], 3), """{"trials":[{"key":"k","""),
    ];

    [TestCase(0, "\"trials\":[],\"repeats\":1}")]
    [TestCase(1, "\"trials\":[],\"repeats\":1}")]
    [TestCase(2, "\"repeats\":3}")]
    public void Work_keeps_its_form_and_comes_back_as_its_kind(int kind, string end)
    {
        var (work, start) = Kinds[kind];
        var json = JsonSerializer.Serialize(work, SparkJson.Options);

        Assert.That(json, Does.StartWith(start).And.EndsWith(end));
        var back = JsonSerializer.Deserialize<BatchWork>(json, SparkJson.Options)!;
        Assert.That((back.GetType(), back.Kind), Is.EqualTo((work.GetType(), work.Kind)));
        Assert.That(JsonSerializer.Serialize(back, SparkJson.Options), Is.EqualTo(json));
    }

    [Test]
    public void A_place_in_a_batch_is_still_called_seat()
    {
        var json = JsonSerializer.Serialize(new AttemptInput { Agent = "nop", Parent = new ParentBatch("batch/one") }, SparkJson.Options);

        Assert.That(json, Does.Contain("""{"batch":"batch/one"}""").And.Contain("\"seat\":"));
        Assert.That(JsonSerializer.Deserialize<AttemptInput>(json, SparkJson.Options)!.Parent, Is.EqualTo(new ParentBatch("batch/one")));
    }

    [Test]
    public void A_result_is_written_once_under_the_name_of_its_kind()
    {
        var trial = new AttemptResult { Task = "t", Agent = "nop", Outcome = Outcome.Pass, Reward = 1 };
        var json = JsonSerializer.SerializeToElement(ItemReport.Of("eval/one", "run", trial), SparkJson.Options);

        Assert.That(
            json.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "workflow_id", "run_id", "state", "usage", "words", "trial" }));
        var back = json.Deserialize<ItemReport>(SparkJson.Options)!;
        Assert.That((back.Result as AttemptResult)?.Reward, Is.EqualTo(1));
        Assert.That((back.State, back.Words, back.Skill), Is.EqualTo((ItemState.Passed, "pass, reward 1", (SkillGenerationResult?)null)));
    }
}
