using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

/// <summary>How tasks are counted by what was found in them.</summary>
public sealed class TaskCensusTests
{
    [TestCase("task.toml", "[environment] memory is the older spelling of memory_mb = 2048", "task.toml: [environment] memory is the older spelling of memory_mb = …")]
    [TestCase("task.toml", "[environment] cpus = -1.5 is not possible", "task.toml: [environment] cpus = … is not possible")]
    [TestCase("task.toml", "[environment] network_mode = \"lan\" is not known", "task.toml: [environment] network_mode = \"…\" is not known")]
    [TestCase("task.toml", "[environment] image is not a known key; it is ignored", "task.toml: [environment] image is not a known key; it is ignored")]
    [TestCase("tests/Dockerfile", "is not built: the verifier runs in the agent's container", "tests/Dockerfile: is not built: the verifier runs in the agent's container")]
    [TestCase("environment/data/x", "is a link that leads out of the task's folder, to ../../etc", "environment/…: is a link that leads out of the task's folder, to …")]
    [TestCase("steps/first/tests/test.sh", "is missing", "steps/…/tests/test.sh: is missing")]
    [TestCase("environment/docker-compose.yaml", "service 'db': volumes: /var/run/docker.sock is refused", "environment/docker-compose.yaml: service '…': volumes: … is refused")]
    [TestCase("task.toml", "is longer than 1 MiB", "task.toml: is longer than 1 MiB")]
    public void A_kind_of_finding_has_nothing_of_a_single_task(string file, string message, string expected) =>
        Assert.That(FindingKind.Of(new TaskFinding(FindingSeverity.Note, file, 3, message)), Is.EqualTo(expected));

    [Test]
    public void Files_that_do_not_parse_are_one_kind_whatever_the_parser_says()
    {
        var first = TaskFolders.Complete("cpus = \n").Read();
        var second = TaskFolders.Complete("[[x\n\ny = 1").Read();

        Assert.That(first.Errors.Single().Message, Is.Not.EqualTo(second.Errors.Single().Message));
        Assert.That(FindingKind.Of(first.Errors.Single()), Is.EqualTo(FindingKind.Of(second.Errors.Single())).And.EqualTo("task.toml: does not parse as TOML"));
    }

    [Test]
    public void Every_task_counts_once_by_its_first_error_and_each_kind_of_note_once_a_task()
    {
        var census = new TaskCensus();
        census.Add("good", Read("[environment]\nmemory = \"1G\"\nimage = \"x\"\n"));
        census.Add("big", Read("[environment]\nmemory = \"2G\"\ngpus = 1\n", without: "tests/test.sh"));
        census.Add("huge", Read("[environment]\nmemory = \"4G\"\ngpus = 8\n"));
        census.Add("empty", Read("", without: "instruction.md"));
        census.Add("broken", Read("= ="));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((census.Checked, census.Ready), Is.EqualTo((5, 1)));
            Assert.That(
                census.Refused.Select(tasks => $"{tasks.Class} {tasks.Count} {string.Join('+', tasks.Names)}"),
                Is.EqualTo(new[] { "unreadable 1 broken", "incomplete 1 empty", "unsupported 2 big+huge" }));
            Assert.That(census.Refused[^1].Reason, Does.Contain("a task that needs GPUs").And.EndsWith("or set gpus = 0"), "the reason and what to do");
            Assert.That(
                census.Notes.Select(note => (note.Severity, note.Count, string.Join('+', note.Examples))),
                Is.EqualTo(new[] { (FindingSeverity.Note, 3, "good+big+huge"), (FindingSeverity.Note, 1, "good") }));
        }
    }

    [Test]
    public void The_size_of_a_kind_does_not_grow_with_the_tasks()
    {
        var census = new TaskCensus();
        foreach (var number in Enumerable.Range(1, 500))
        {
            census.Add($"task-{number}", Read($"[environment]\nmemory = \"{number + 10}M\"\n"));
        }

        Assert.That(census.Notes.Single().Count, Is.EqualTo(500));
        Assert.That(census.Notes.Single().Examples, Is.EqualTo(new[] { "task-1", "task-2", "task-3" }));
    }

    [Test]
    public void What_is_left_out_is_told_short_and_its_counts_stay()
    {
        var tasks = Enumerable.Range(0, 600).Select(number => ($"task-{number:000}", new TaskFinding(FindingSeverity.Error, "task.toml", 1, $"key-{number % 30} is wrong") { Refusal = TaskRefusal.Invalid }));
        var all = LeftOutTasks.Of(tasks.Append(("other", new TaskFinding(FindingSeverity.Error, ".", 0, "no") { Refusal = TaskRefusal.SameName })));

        var shortened = LeftOutTasks.Shortened(all)!;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(all, Has.Count.EqualTo(31));
            Assert.That(all.Select(left => left.Names.Count), Is.EqualTo(all.Select(left => left.Count)), "all names");
            Assert.That(shortened, Has.Count.EqualTo(20));
            Assert.That(shortened.Sum(left => left.Count), Is.EqualTo(601));
            Assert.That(shortened.Select(left => left.Names.Count), Is.All.AtMost(10));
            Assert.That(shortened[^1].Class, Is.EqualTo("other"));
            Assert.That(LeftOutTasks.Words(all), Is.EqualTo("601 tasks cannot run: 600 invalid, 1 same name"));
            Assert.That(all[0].ToString(), Does.StartWith("20 invalid: task.toml: key-").And.EndsWith(" and 10 more"));
            Assert.That(LeftOutTasks.Shortened([]), Is.Null);
        }
    }

    [Test]
    public void What_is_left_out_later_is_counted_with_what_was_before()
    {
        var finding = new TaskFinding(FindingSeverity.Error, "task.toml", 1, "no");
        var joined = LeftOutTasks.Joined(LeftOutTasks.Of([("b", finding), ("c", finding)]), LeftOutTasks.Of([("a", finding), ("b", finding), ("d", finding with { Refusal = TaskRefusal.Forbidden })]));

        Assert.That(joined.Select(left => $"{left.Class} {left.Count} {string.Join('+', left.Names)}"), Is.EqualTo(new[] { "invalid 3 a+b+c", "forbidden 1 d" }));
    }

    [TestCase("[environment]\ngpus = 1\n", null, TaskRefusal.Unsupported)]
    [TestCase("[agent]\ntimeout_sec = -1\n", null, TaskRefusal.Invalid)]
    [TestCase("", "environment/Dockerfile", TaskRefusal.Incomplete)]
    [TestCase("", "tests/test.sh", TaskRefusal.Incomplete)]
    public void An_error_says_its_class(string toml, string? without, TaskRefusal expected) =>
        Assert.That(Read(toml, without).Errors.First().Refusal, Is.EqualTo(expected));

    [Test]
    public void What_leads_out_of_the_folder_is_forbidden_and_what_is_of_another_tool_no_task()
    {
        var link = TaskFolders.Complete().WithLink("environment/x", "/etc/passwd").Read();
        var foreign = new TaskFolders().With("task.toml", "[template]\nname = \"x\"\n").Read();

        Assert.That(link.Errors.Single().Refusal, Is.EqualTo(TaskRefusal.Forbidden));
        Assert.That(foreign.Errors.Single().Refusal, Is.EqualTo(TaskRefusal.NotATask));
        Assert.That(Read("").Findings.Select(finding => finding.Refusal), Is.All.Null, "no error");
    }

    private static TaskReadResult Read(string toml, string? without = null)
    {
        var folders = TaskFolders.Complete(toml);
        return (without is null ? folders : folders.Without(without)).Read();
    }
}
