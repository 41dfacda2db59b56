using System.Text;
using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.Batches;

/// <summary>Which items a batch has, and how they and their results are kept.</summary>
public sealed class BatchPlannerTests
{
    private const int LargestPayload = 64_000;

    private TemporaryFolder _folder = null!;
    private FileArtifactStore _store = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = new TemporaryFolder();
        _store = new FileArtifactStore(_folder["store"]);
    }

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCase("csv-*", null, ExpectedResult = "csv-one csv-two")]
    [TestCase("csv-one Json_One", null, ExpectedResult = "csv-one json-one")]
    [TestCase("", "csv-*", ExpectedResult = "json-one xml-one")]
    [TestCase("@names", null, ExpectedResult = "json-one xml-one")]
    [TestCase("*-one", "@names", ExpectedResult = "csv-one")]
    public async Task<string> Names_choose_by_wildcards_and_files_and_a_block_list_takes_away(string names, string? exclude)
    {
        BatchFiles.Tasks(_folder["tasks"], "csv-one", "csv-two", "Json_One", "xml-one");
        File.WriteAllText(_folder["names"], "# a comment\n\n  xml-one \nJson_One\n");
        string[] Read(string? list) => [.. (list ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => name.Replace("@", $"@{_folder.Path}/", StringComparison.Ordinal))];

        return string.Join(' ', (await ItemsAsync(Source() with { Names = Read(names), Exclude = Read(exclude) })).Select(item => item.Name));
    }

    [TestCase("nothing-like-it", "none of the 2 tasks", "nothing-like-it")]
    [TestCase("thr*", "none of the 2 tasks", "thr*")]
    [TestCase("one thr*", "none of the 2 tasks", "thr*")]
    [TestCase("@/no/such/file", "/no/such/file", "to read names from")]
    [TestCase("@empty", "there are no names in", "empty", "does not mean all")]
    [TestCase("one -one", "all the tasks", "excluded")]
    [TestCase("-*", "all 2 tasks", "excluded")]
    public async Task A_selection_that_gives_nothing_says_why(string names, params string[] words)
    {
        BatchFiles.Tasks(_folder["tasks"], "one", "two");
        File.WriteAllText(_folder["empty"], "# none yet\n\n");
        var given = names.Replace("@empty", $"@{_folder["empty"]}", StringComparison.Ordinal).Split(' ').ToLookup(name => name[0] == '-', name => name.TrimStart('-'));

        var mistake = await Assert.ThrowsAsync<FormatException>(() => ItemsAsync(Source() with { Names = [.. given[false]], Exclude = [.. given[true]] }));

        Assert.That(words.Where(word => !mistake!.Message.Contains(word, StringComparison.Ordinal)), Is.Empty, mistake!.Message);
    }

    [Test]
    public async Task The_same_seed_gives_the_same_order_and_the_limit_counts_in_it()
    {
        BatchFiles.Tasks(_folder["tasks"], Enumerable.Range(0, 40).Select(number => $"task-{number:00}"));

        var first = Names(await ItemsAsync(Source() with { Seed = 7 }));
        var again = Names(await ItemsAsync(Source() with { Seed = 7, Limit = 10 }));
        var other = Names(await ItemsAsync(Source() with { Seed = 8 }));

        Assert.That(first, Is.Not.Ordered.And.Unique);
        Assert.That(again, Is.EqualTo(first.Take(10)));
        Assert.That(other, Is.Not.EqualTo(first).And.EquivalentTo(first));
    }

    /// <summary>A list made with a seed means the same tasks on every machine: sorted by the letters' numbers, whatever a language puts first.</summary>
    [Test]
    public async Task An_order_by_seed_is_that_of_every_machine()
    {
        BatchFiles.Tasks(_folder["tasks"], "aardvark", "Istanbul", "izmir", "zebra", "item-10", "item-9", "item_9a");

        var shuffled = Names(await ItemsAsync(Source() with { Seed = 7 }));
        var sorted = Names(await ItemsAsync(Source()));

        Assert.That(sorted, Is.EqualTo(new[] { "aardvark", "istanbul", "item-10", "item-9", "item-9a", "izmir", "zebra" }));
        Assert.That(shuffled, Is.EqualTo(new[] { "item-9", "izmir", "istanbul", "zebra", "item-9a", "aardvark", "item-10" }));
    }

    [Test]
    public async Task What_is_equal_in_content_and_settings_has_one_digest_and_nothing_else_has()
    {
        BatchFiles.Task(_folder["tasks/one"], "Write it.");
        BatchFiles.Task(_folder["renamed/other"], "Write it.");
        BatchFiles.Task(_folder["changed/one"], "Write it!");
        var settings = Skills().Run;
        async Task<string> DigestAsync(SkillGenerationInput skill, string folder = "tasks") =>
            (await ItemsAsync(new BatchSource { TasksDir = _folder[folder] }, new SkillWork(skill))).Single().Digest!;
        var digest = await DigestAsync(settings);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(await DigestAsync(settings, "renamed"), Is.EqualTo(digest), "another name");
            Assert.That(
                await DigestAsync(settings with { OutDir = "/elsewhere", ResultsRoot = "/skills", Batch = "later", BudgetUsd = 5, BudgetTokens = 1000 }),
                Is.EqualTo(digest),
                "where it goes and what it may cost");
            Assert.That(await DigestAsync(settings, "changed"), Is.Not.EqualTo(digest), "another byte of the task");
            foreach (var other in new[]
            {
                settings with { MaxAttempts = 3 },
                settings with { ModelSlug = "other" },
                settings with { Model = new ModelChoice(Name: "other") },
                settings with { SummaryModel = new ModelChoice("cheap") },
                settings with { Agent = AgentNames.Oracle },
                settings with { AgentKwargs = new Dictionary<string, string> { ["effort"] = "high" } },
                settings with { Pdi = new PdiSettings(ObserveOnly: true) },
                settings with { Limits = new AttemptLimits { TimeoutMultiplier = 2 } },
            })
            {
                Assert.That(await DigestAsync(other), Is.Not.EqualTo(digest), () => $"{other}");
            }
        }
    }

    [Test]
    public async Task Trials_are_every_template_on_every_task_as_often_as_asked_and_arms_stand_side_by_side()
    {
        BatchFiles.Tasks(_folder["tasks"], "one", "two");
        TrialTemplate Arm(string name) => new(name, "none", new AttemptInput { Agent = AgentNames.Nop, Arm = name });

        var items = await ItemsAsync(Source(), new TrialWork([Arm("a"), Arm("b")], 2));

        Assert.That(
            items.Select(item => $"{item.Number} {item.Name} {item.Template} {item.Repeat}"),
            Is.EqualTo(new[] { "1 one a 1", "2 one b 1", "3 two a 1", "4 two b 1", "5 one a 2", "6 one b 2", "7 two a 2", "8 two b 2" }));
        Assert.That(items.Select(item => item.Digest), Is.Unique);
    }

    [Test]
    public async Task What_another_folder_has_done_is_taken_over_also_where_skills_are_to_stand_elsewhere()
    {
        BatchFiles.Tasks(_folder["tasks"], "one", "two");
        var before = await ItemsAsync(Source(), Skills());
        _folder.Write("theirs/skills/one/SKILL.md", "made");
        _folder.Write("theirs/batches/night/results.jsonl", JsonSerializer.Serialize(
            new ItemResult
            {
                Item = before.Single(item => item.Name == "one"),
                State = ItemState.Passed,
                WorkflowId = "skill/night/m/one",
                Skill = new SkillGenerationResult
                {
                    Task = "one", Status = SkillRunStatus.Passed, Outcome = Outcome.Pass, Attempts = 1, SkillPath = _folder["theirs/skills/one/SKILL.md"],
                },
            },
            SparkJson.Options) + "\n");
        var elsewhere = new SkillWork(Skills().Run with { ResultsRoot = _folder["elsewhere"] });

        var alone = await PlanAsync(Source(), elsewhere);
        var plan = await PlanAsync(Source() with { SharedResults = _folder["theirs"] }, elsewhere);
        var again = await PlanAsync(Source(), elsewhere);

        Assert.That((alone.TakenOver, plan.TakenOver, again.TakenOver), Is.EqualTo(("", "1", "1")), "the batch of that name has it now");
    }

    [Test]
    [Category("Slow")]
    public async Task Ten_thousand_items_are_planned_and_travel_in_small_pages()
    {
        const int Items = 10_000;
        BatchFiles.Tasks(_folder["tasks"], Enumerable.Range(1, Items).Select(number => $"task-with-a-name-of-usual-length-{number:00000}"));

        var plan = await PlanAsync(Source(), Skills());

        var pages = new List<BatchPage>();
        for (var first = 0; first < Items; first += pages[^1].Items.Count)
        {
            pages.Add(await new BatchLists(_store).PageAsync(new ReadBatchPageRequest(plan.List, first), default));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Entries, plan.Items), Is.EqualTo((Items, Items)));
            Assert.That(pages.SelectMany(page => page.Items).Select(item => item.Number), Is.EqualTo(Enumerable.Range(1, Items)));
            Assert.That(pages.Max(Size), Is.LessThan(LargestPayload));
            Assert.That(Size(plan), Is.LessThan(2_000), "the plan says nothing of single items");
        }
    }

    [Test]
    public void States_of_ten_thousand_items_fit_into_the_next_run_of_a_batch_at_their_worst()
    {
        var states = new ItemStates();
        states.Grow(10_000);
        for (var number = 1; number <= 10_000; number++)
        {
            states[number] = number % 2 == 0 ? ItemState.Passed : ItemState.Failed;
        }

        var carried = new ItemStates();
        carried.Grow(10_000);
        foreach (var (state, numbers) in states.Ended())
        {
            carried.Set(numbers, state);
        }

        Assert.That(Size(states.Ended()), Is.LessThan(LargestPayload));
        Assert.That(carried.Counts, Is.EqualTo(new BatchCounts(10_000, 0, 0, 5_000, 5_000, 0, 0, 0)));
    }

    [TestCase("", ExpectedResult = "")]
    [TestCase("5", ExpectedResult = "5")]
    [TestCase("1-3,5,7-8", ExpectedResult = "1-3,5,7-8")]
    public string Ranges_are_read_as_they_were_written(string ranges) => NumberRanges.Of(NumberRanges.Parse(ranges));

    [Test]
    public async Task Keeping_results_again_changes_nothing_and_a_file_that_was_taken_away_comes_back()
    {
        var results = new BatchResults(_store);
        RecordItemsRequest Request(BatchRecord? before, params int[] numbers) => new()
        {
            Batch = "batch",
            OutDir = _folder["out"],
            Results = before?.Results,
            Exported = before?.Exported ?? 0,
            Ended = [.. numbers.Select(number => new ItemResult
            {
                Item = new BatchItem { Number = number, Name = $"task-{number}", Source = "/tasks" }, State = ItemState.Passed, WorkflowId = $"skill/{number}",
            })],
        };
        var file = Path.Combine(_folder["out"], "batches", "batch", "results.jsonl");
        var first = await results.AppendAsync(Request(null, 1, 2), default);
        var again = await results.AppendAsync(Request(null, 1, 2), default);
        var second = await results.AppendAsync(Request(first, 3), default);
        await results.AppendAsync(Request(null, 1, 2), default);
        var kept = BatchFiles.Results(file).Select(result => result.Item.Number).ToList();
        File.Delete(file);

        var third = await results.AppendAsync(Request(second, [.. Enumerable.Range(4, 40)]), default);

        Assert.That(again, Is.EqualTo(first));
        Assert.That(kept, Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(BatchFiles.Results(file).Select(result => result.Item.Number), Is.EqualTo(Enumerable.Range(1, 43)));
        Assert.That((await results.ReadAsync(third.Results, default)).Select(result => result.Item.Number), Is.EqualTo(Enumerable.Range(1, 43)));
    }

    private static IEnumerable<string> Names(IEnumerable<BatchItem> items) => items.Select(item => item.Name);

    private static int Size<T>(T value) => Encoding.UTF8.GetByteCount(JsonSerializer.Serialize(value, SparkJson.Options));

    private BatchSource Source() => new() { TasksDir = _folder["tasks"] };

    private SkillWork Skills() => new(new SkillGenerationInput { TaskDir = "", Batch = "", ModelSlug = "fake", OutDir = _folder["out"] });

    private Task<BatchPlan> PlanAsync(BatchSource source, BatchWork work) =>
        new BatchPlanner(_store).PlanAsync(new PlanBatchRequest { Batch = "batch", OutDir = _folder["out"], Work = work, Source = source }, default);

    private async Task<List<BatchItem>> ItemsAsync(BatchSource source, BatchWork? work = null)
    {
        var lists = new BatchLists(_store);
        return await lists.EntriesAsync(await lists.ReadAsync((await PlanAsync(source, work ?? Skills())).List, default), default);
    }
}
