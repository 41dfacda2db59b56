using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Batches;

/// <summary>Which tasks of a folder a batch leaves out, and what it keeps of them.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LeftOutPlanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FileArtifactStore _store;

    public LeftOutPlanTests() => _store = new FileArtifactStore(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task What_cannot_run_is_left_out_by_class_and_the_limit_counts_what_can()
    {
        BatchFiles.Tasks(_folder["tasks"], "a", "b", "c", "d", "e");
        Gpus("a");
        Gpus("e");
        File.Delete(_folder["tasks/c/tests/test.sh"]);

        var plan = await PlanAsync(Source());
        var limited = await PlanAsync(Source() with { Limit = 1 });
        var named = await PlanAsync(Source() with { Names = ["c", "d"] });

        var kept = (await new BatchLists(_store).ReadAsync(plan.List, default)).LeftOut!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That((await ItemsAsync(Source())).Select(item => item.Name), Is.EqualTo(new[] { "b", "d" }));
            Assert.That(kept.Select(left => $"{left.Class} {left.Count} {string.Join('+', left.Names)}"), Is.EqualTo(new[] { "incomplete 1 c", "unsupported 2 a+e" }));
            Assert.That(plan.Notes, Is.EqualTo(new[] { "3 tasks cannot run: 1 incomplete, 2 unsupported" }));
            Assert.That(plan.LeftOut!.Sum(left => left.Count), Is.EqualTo(3));
            Assert.That((limited.Items, limited.LeftOut!.Single().Names), Is.EqualTo((1, (string[])["a"])), "what comes behind the last that runs is not told");
            Assert.That(named.LeftOut!.Single().Names, Is.EqualTo(new[] { "c" }));
        }
    }

    [Test]
    public async Task A_folder_in_which_nothing_can_run_is_refused_with_every_error()
    {
        BatchFiles.Tasks(_folder["tasks"], "a", "b");
        Gpus("a");
        Gpus("b");

        var mistake = await Assert.ThrowsAsync<FormatException>(() => ItemsAsync(Source()));

        Assert.That(mistake!.Message, Does.Contain("tasks/a cannot run:\n  task.toml:3: error: a task that needs GPUs").And.Contain("tasks/b cannot run:"));
    }

    [Test]
    public async Task Of_two_tasks_of_one_name_the_first_by_path_runs_whatever_the_order_is()
    {
        BatchFiles.Tasks(_folder["tasks/first"], "The Task");
        BatchFiles.Tasks(_folder["tasks/second"], "the-task", "other");
        foreach (var seed in Enumerable.Range(0, 5))
        {
            var items = await ItemsAsync(Source() with { Seed = (ulong)seed });

            Assert.That(items.Select(item => item.Source), Is.EquivalentTo(new[] { _folder["tasks/first/The Task"], _folder["tasks/second/other"] }));
        }

        Assert.That((await PlanAsync(Source())).LeftOut!.Single().Class, Is.EqualTo("same_name"));
    }

    [Test]
    public async Task What_is_added_later_keeps_what_was_left_out_before()
    {
        BatchFiles.Tasks(_folder["tasks"], "a", "b");
        Gpus("a");
        var plan = await PlanAsync(Source());
        BatchFiles.Tasks(_folder["more"], "x", "y");
        File.WriteAllText(_folder["more/x/task.toml"], "= =");

        var added = await PlanAsync(new BatchSource { TasksDir = _folder["more"] }, plan.List);

        var list = await new BatchLists(_store).ReadAsync(added.List, default);
        Assert.That(list.Items, Is.EqualTo(2));
        Assert.That(added.LeftOut!.Single().Names, Is.EqualTo(new[] { "x" }));
        Assert.That(list.LeftOut!.Select(left => string.Join('+', left.Names)), Is.EqualTo(new[] { "a", "x" }));
    }

    private void Gpus(string task) => File.WriteAllText(_folder[$"tasks/{task}/task.toml"], "version = \"1.0\"\n[environment]\ngpus = 1\n");

    private BatchSource Source() => new() { TasksDir = _folder["tasks"] };

    private Task<BatchPlan> PlanAsync(BatchSource source, ArtifactRef? list = null)
    {
        var work = new SkillWork(new SkillGenerationInput { TaskDir = "", Batch = "", ModelSlug = "fake", OutDir = _folder["out"] });
        return new BatchPlanner(_store).PlanAsync(new PlanBatchRequest { Batch = "batch", OutDir = _folder["out"], Work = work, Source = source, List = list }, default);
    }

    private async Task<List<BatchItem>> ItemsAsync(BatchSource source)
    {
        var lists = new BatchLists(_store);
        return await lists.EntriesAsync(await lists.ReadAsync((await PlanAsync(source)).List, default), default);
    }
}
