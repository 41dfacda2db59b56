using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Made up are the containers and what the rules find; choosing, rendering and the reports are the real ones.</summary>
[Category("Server")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FamilyWorkflowTests
{
    private static readonly FamilyTemplate Template = new(
    [
        new VariationLayer("rate", VariationKind.Size, "8000", ["8000", "11025", "16000"], ["data_builder_python"]),
        new VariationLayer("place", VariationKind.File, "north", ["north", "attic", "cellar"], []),
    ]);

    private FakeDeployment _deployment = null!;
    private int _data;

    private string Generated => Path.Combine(_deployment.OutDir, "generated_tasks");

    private FakeWorld World => _deployment.World;

    [SetUp]
    public async Task MakeATaskAsync()
    {
        _deployment = await FakeDeployment.StartAsync();
        World.BuildsData = true;
        World.Output = _ => $"data {(_data - 1) / 2}";
        World.Before = (call, _) =>
        {
            _data += call == "sandbox.exec:hash" ? 1 : 0;
            return Task.CompletedTask;
        };

        // Four containers a proof: nothing, data again, oracle, oracle again. The rounds of the oracle: verdict, again, three mutants, control.
        World.Verification = request => World.VerdictAsync(
            (int.Parse(request.Container.Split('-')[1]) % 4) switch { 1 => 0, 3 => request.Round is 3 or 4 or 5 ? 0 : 1, _ => 1 }, 1, 2).GetAwaiter().GetResult();
        World.Reply = (purpose, _, _) => purpose == LlmPurposes.Critique ? """{"findings": []}""" : Blueprints.Json(Blueprints.Good);
        Directory.CreateDirectory(_deployment.OutDir);
        var prompt = Path.Combine(_deployment.OutDir, "peaks.json");
        await File.WriteAllTextAsync(prompt, JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options));
        var input = new ConstructionInput { PromptFile = prompt, Name = "peaks", Batch = "batch", ModelSlug = "fake", OutDir = _deployment.OutDir };
        var made = await _deployment.Client.ExecuteWorkflowAsync((TaskConstructionWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("construction"));
        Assert.That(made.Status, Is.EqualTo(ConstructionStatus.Accepted), made.Error);
    }

    [TearDown]
    public ValueTask StopAsync() => _deployment.DisposeAsync();

    [Test]
    public async Task Makes_as_many_unlike_variants_as_asked_for_each_proven_and_pays_nobody()
    {
        var paid = World.Count("llm:");

        var result = await VaryAsync(3);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Error, Is.Null);
            Assert.That(result.Variants.Select(variant => (variant.Name, variant.Status)), Is.EqualTo((IEnumerable<(string, ConstructionStatus)>)
                [("wav-peaks-v01", ConstructionStatus.Accepted), ("wav-peaks-v02", ConstructionStatus.Accepted), ("wav-peaks-v03", ConstructionStatus.Accepted)]));
            Assert.That(Tasks.Select(task => File.ReadAllText(Path.Combine(Generated, task, "environment/scripts/build_data.py"))), Is.Unique);
            Assert.That(File.ReadAllText(Path.Combine(Generated, "wav-peaks-v02", "task.toml")), Does.Contain("spark/wav-peaks-v02").And.Contain("[metadata.proof]"));
            Assert.That(Report("wav-peaks-v02").GetProperty("variant_of").GetString(), Is.EqualTo("wav-peaks"));
            Assert.That(World.Count("llm:"), Is.EqualTo(paid));
            Assert.That(World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task A_second_run_makes_others()
    {
        await VaryAsync(2);
        var result = await VaryAsync(2, "second");

        Assert.That(result.Variants.Select(variant => variant.Name), Is.EqualTo((string[])["wav-peaks-v03", "wav-peaks-v04"]));
        Assert.That(
            Tasks.Select(task => Variation.Digest(BlueprintReader.Read(File.ReadAllText(Path.Combine(Generated, "_artifacts", task, "blueprint.json"))).Blueprint!)), Is.Unique);
    }

    [Test]
    public async Task A_variant_whose_data_turns_out_to_be_the_same_is_refused_and_the_next_is_tried()
    {
        var hashed = _data;
        World.Output = _ => _data - hashed <= 2 ? "data 0" : $"data {(_data - 1) / 2}";

        var result = await VaryAsync(2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Error, Is.Null);
            Assert.That(result.Variants.Select(variant => variant.Status), Is.EqualTo((ConstructionStatus[])
                [ConstructionStatus.Rejected, ConstructionStatus.Accepted, ConstructionStatus.Accepted]));
            Assert.That(result.Variants[0].Error, Does.Contain("Its data is that of wav-peaks"));
            Assert.That(Tasks, Is.EquivalentTo((string[])["wav-peaks", "wav-peaks-v02", "wav-peaks-v03"]));
            Assert.That(Report("wav-peaks-v01").GetProperty("status").GetString(), Is.EqualTo("rejected"));
        }
    }

    [Test]
    public async Task Says_why_there_are_fewer()
    {
        World.Findings = _ => [new CritiqueFinding("field-too-long", CritiqueSeverity.Blocking, "instruction_md", "It is too long.")];
        var result = await VaryAsync(2);
        var unknown = await _deployment.Client.ExecuteWorkflowAsync(
            (FamilyWorkflow workflow) => workflow.RunAsync(new FamilyInput { Task = "other", Count = 1, Batch = "b", OutDir = _deployment.OutDir }), _deployment.Options("unknown"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Accepted, Is.Zero);
            Assert.That(result.Error, Does.StartWith("0 of 2 variants are proven"));
            Assert.That(result.Variants[0].Error, Does.Contain("It is too long."));
            Assert.That(Tasks, Is.EqualTo((string[])["wav-peaks"]));
            Assert.That(unknown.Error, Does.Contain("'other' must be a task that spark tasks create made"));
        }
    }

    private IEnumerable<string> Tasks => Directory.EnumerateDirectories(Generated).Select(folder => Path.GetFileName(folder)!).Where(name => name != "_artifacts");

    private JsonElement Report(string task) => JsonDocument.Parse(File.ReadAllText(Path.Combine(Generated, "_artifacts", task, "generation_report.json"))).RootElement;

    private async Task<FamilyResult> VaryAsync(int count, string id = "family")
    {
        var template = Path.Combine(_deployment.OutDir, "family.json");
        await File.WriteAllTextAsync(template, Blueprints.Template(Template));
        var input = new FamilyInput { Task = "wav-peaks", Count = count, TemplateFile = template, Batch = id, Parallelism = 1, OutDir = _deployment.OutDir };
        return await _deployment.Client.ExecuteWorkflowAsync((FamilyWorkflow workflow) => workflow.RunAsync(input), _deployment.Options(id));
    }
}
