using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.Activities.TaskPackages;

/// <summary>Which of several variants gets its place when they end.</summary>
public sealed class ConstructionWriterTests
{
    private TemporaryFolder _folder = null!;
    private FileArtifactStore _store = null!;

    private string Generated => Path.Combine(_folder.Path, "out", "generated_tasks");

    private IEnumerable<string> Tasks => Directory.EnumerateDirectories(Generated).Select(folder => Path.GetFileName(folder)!).Where(name => name != "_artifacts");

    [SetUp]
    public void Open()
    {
        _folder = new TemporaryFolder();
        _store = new FileArtifactStore(_folder["store"]);
    }

    [TearDown]
    public void Close() => _folder.Dispose();

    [Test]
    public async Task Of_variants_with_the_same_data_that_end_at_once_one_is_taken()
    {
        var ends = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => Task.Run(() => EndAsync($"peaks-v{number:00}", data: "same", answer: $"{number}"))));

        var taken = ends.Single(end => end.Duplicate is null);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Tasks, Is.EqualTo((string[])[Path.GetFileName(taken.TaskDir!)]));
            Assert.That(ends.Where(end => end.Duplicate is not null).Select(end => end.TaskDir), Is.All.Null);
            Assert.That(ends.Select(Status).Order(), Is.EqualTo(Enumerable.Repeat("rejected", 7).Prepend("accepted")));
        }
    }

    [Test]
    public async Task Another_task_with_the_same_answer_is_refused_and_says_whose_it_is()
    {
        await EndAsync("peaks-v01", data: "a", answer: "same");
        var other = await EndAsync("peaks-v02", data: "b", answer: "same");
        var third = await EndAsync("peaks-v03", data: "c", answer: "its own");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((other.TaskDir, other.Duplicate), Is.EqualTo((default(string), "Its answer is that of peaks-v01, byte for byte.")));
            Assert.That(third.Duplicate, Is.Null);
            Assert.That(Tasks.Order(), Is.EqualTo((string[])["peaks-v01", "peaks-v03"]));
        }
    }

    [Test]
    public async Task Tasks_of_one_name_that_end_at_once_get_a_folder_each()
    {
        var ends = await Task.WhenAll(Enumerable.Range(1, 4).Select(number => Task.Run(() => EndAsync("peaks", $"{number}", $"{number}", workflow: $"run-{number}"))));
        Assert.That(ends.Select(end => Path.GetFileName(end.TaskDir)).Order(), Is.EqualTo((string[])["peaks", "peaks-2", "peaks-3", "peaks-4"]));
        Assert.That(Tasks.Order(), Is.EqualTo((string[])["peaks", "peaks-2", "peaks-3", "peaks-4"]));
    }

    [Test]
    public async Task Ending_again_is_ending_once_also_under_another_name()
    {
        await EndAsync("peaks", "other", "other", workflow: "first");
        var once = await EndAsync("peaks", "a", "b", workflow: "second");
        var again = await EndAsync("peaks", "a", "b", workflow: "second");
        Assert.That(again, Is.EqualTo(once));
        Assert.That(Tasks.Order(), Is.EqualTo((string[])["peaks", "peaks-2"]));
    }

    private static string? Status(FinishReply end) =>
        JsonDocument.Parse(File.ReadAllText(end.ReportPath)).RootElement.GetProperty("status").GetString();

    private async Task<FinishReply> EndAsync(string name, string data, string answer, string? workflow = null)
    {
        var blueprint = await _store.PutJsonAsync(Blueprints.Good with { TaskId = name }, CancellationToken.None);
        var spec = await _store.PutJsonAsync(Blueprints.Spec, CancellationToken.None);
        var request = new FinishRequest
        {
            Input = new ReportedConstruction
            {
                ModelSlug = "none",
                OutDir = Path.Combine(_folder.Path, "out"),
                Given = new GivenBlueprint { Spec = spec, Blueprint = blueprint, TaskId = name, OutputPath = Blueprints.Good.OutputPath, VariantOf = "peaks-of-all", Choices = "seed = 1" },
            },
            Spec = spec,
            Versions =
            [
                new BlueprintVersion
                {
                    Number = 1,
                    Blueprint = blueprint,
                    OutputPath = Blueprints.Good.OutputPath,
                    Proof = new ProofResult { Task = name, Verdict = ProofVerdict.Proven, Checks = [], OracleRewards = [1, 1], DataDigest = data, AnswerDigest = answer },
                },
            ],
            Accepted = "rendered",
            Result = new ConstructionResult { Name = name, Status = ConstructionStatus.Accepted, TaskId = name },
        };
        return await new ConstructionWriter(_store).WriteAsync(request, workflow ?? name, CancellationToken.None);
    }
}
