using System.Text.Json;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>Made up are the model, the containers and what the rules find; reading, rendering and the report are the real ones.</summary>
[Category("Server")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class TaskConstructionWorkflowTests
{
    private const string NoFindings = """{"findings": []}""";

    private FakeDeployment _deployment = null!;

    private string Generated => Path.Combine(_deployment.OutDir, "generated_tasks");

    private FakeWorld World => _deployment.World;

    [SetUp]
    public async Task StartAsync()
    {
        _deployment = await FakeDeployment.StartAsync();
        World.Reply = (purpose, _, _) => purpose == LlmPurposes.Critique ? NoFindings : Blueprints.Json(Blueprints.Good);
        World.Verification = Proving(_ => false);
    }

    [TearDown]
    public ValueTask StopAsync() => _deployment.DisposeAsync();

    [Test]
    public async Task Accepts_a_good_blueprint_and_puts_its_task_in_place()
    {
        var result = await ConstructAsync();

        Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), result.Error);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.TaskDir, Is.EqualTo(Path.Combine(Generated, "wav-peaks")));
            Assert.That(result.Rounds, Is.Zero);
            Assert.That(result.ModelCalls, Is.EqualTo(2), "a blueprint and a critique");
            Assert.That(File.ReadAllText(Path.Combine(result.TaskDir!, "instruction.md")), Does.Contain("/app/out/peaks.json"));
            Assert.That(Directory.EnumerateFiles(result.TaskDir!, "test_outputs.py", SearchOption.AllDirectories), Is.Not.Empty);
            Assert.That(Report(result).GetProperty("status").GetString(), Is.EqualTo("accepted"));
            Assert.That(Report(result).GetProperty("proof").GetProperty("verdict").GetString(), Is.EqualTo("proven"));
            Assert.That(Unfinished, Is.Empty);
            Assert.That(World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Sends_a_blocking_fault_to_repair_and_accepts_the_mended_one()
    {
        var asked = "";
        World.Reply = (purpose, _, request) =>
        {
            asked = purpose == LlmPurposes.Repair ? Said(request) : asked;
            return purpose switch
            {
                LlmPurposes.Critique => NoFindings,
                LlmPurposes.Repair => Blueprints.Json(Blueprints.Good),
                _ => Blueprints.Json(Blueprints.WrongOutputPath),
            };
        };
        World.Findings = number => number == 1 ? [new CritiqueFinding("output-path-drift", CritiqueSeverity.Blocking, "oracle_python", "It writes elsewhere.")] : [];

        var result = await ConstructAsync();

        Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), result.Error);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Rounds, Is.EqualTo(1));
            Assert.That(asked, Does.Contain("output-path-drift").And.Contain("It writes elsewhere."));
            Assert.That(World.Count("llm:critique"), Is.EqualTo(1), "what the rules refuse is not paid for twice");
            Assert.That(
                string.Concat(Directory.EnumerateFiles(Path.Combine(result.TaskDir!, "solution")).Select(file => File.ReadAllText(file))),
                Does.Contain("peaks.json").And.Not.Contain("report.json"));
            Assert.That(Report(result).GetProperty("versions").GetArrayLength(), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Asks_again_for_a_reply_that_breaks_the_schema_and_says_what_is_wrong()
    {
        var asked = "";
        World.Reply = (purpose, number, request) =>
        {
            asked = (purpose, number) == (LlmPurposes.Blueprint, 2) ? Said(request) : asked;
            return (purpose, number) switch
            {
                (LlmPurposes.Blueprint, 1) => """{"task_id": "wav-peaks"}""",
                (LlmPurposes.Critique, 1) => "It looks fine to me.",
                (LlmPurposes.Critique, _) => NoFindings,
                _ => Blueprints.Json(Blueprints.Good),
            };
        };

        var result = await ConstructAsync();

        Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), result.Error);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(asked, Does.Contain("instruction_md"));
            Assert.That(World.Count("llm:blueprint"), Is.EqualTo(2));
            Assert.That(World.Count("llm:critique"), Is.EqualTo(2));
            Assert.That(result.Rounds, Is.Zero, "asking again is no repair");
        }
    }

    [Test]
    public async Task Sends_a_task_whose_proof_does_not_hold_to_repair_with_its_evidence()
    {
        var asked = "";
        World.Verification = Proving(proof => proof == 1);
        World.Reply = (purpose, _, request) =>
        {
            asked = purpose == LlmPurposes.Repair ? Said(request) : asked;
            return purpose == LlmPurposes.Critique ? NoFindings : Blueprints.Json(Blueprints.Good);
        };

        var result = await ConstructAsync();

        Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Accepted), result.Error);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Rounds, Is.EqualTo(1));
            Assert.That(asked, Does.Contain("test_1"), "the output of the tests");
            Assert.That(Unfinished, Is.Empty);
            Assert.That(World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Rejects_what_never_becomes_good_with_a_report_and_leaves_no_task()
    {
        World.Findings = _ => [new CritiqueFinding("verifier-vacuous", CritiqueSeverity.Blocking, "verifier.test_code", "Any file passes.")];

        var result = await ConstructAsync(maxRevisions: 2);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Rejected));
            Assert.That((result.Rounds, result.TaskDir), Is.EqualTo((2, default(string))));
            Assert.That(result.Error, Does.Contain("verifier-vacuous"));
            Assert.That(Tasks, Is.Empty);
            Assert.That(Unfinished, Is.Empty);
            Assert.That(Report(result).GetProperty("status").GetString(), Is.EqualTo("rejected"));
            Assert.That(Report(result).GetProperty("versions").GetArrayLength(), Is.EqualTo(3));
            Assert.That(File.ReadAllText(Path.Combine(Path.GetDirectoryName(result.ReportPath)!, "report.md")), Does.Contain("Any file passes."));
            Assert.That(World.Count("sandbox."), Is.Zero);
        }
    }

    [Test]
    public async Task Rejects_a_task_whose_proof_never_holds()
    {
        World.Verification = Proving(_ => true);

        var result = await ConstructAsync(maxRevisions: 1);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Rejected));
            Assert.That(result.Error, Does.Contain("The proof does not hold").And.Contain("Doing nothing gets 1"));
            Assert.That(Tasks, Is.Empty);
            Assert.That(World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Rejects_a_model_that_never_writes_a_blueprint()
    {
        World.Reply = (_, _, _) => "I would rather not.";

        var result = await ConstructAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Status, Is.EqualTo(ConstructionStatus.Rejected));
            Assert.That(World.Count("llm:blueprint"), Is.EqualTo(3));
            Assert.That(File.Exists(result.ReportPath), Is.True);
        }
    }

    [Test]
    public async Task A_batch_makes_a_task_of_each_prompt_and_one_refused_stops_no_other()
    {
        ConstructionInput[] items = [Input(JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options), "good"), Input("""{"promt": "Peaks."}""", "bad")];
        var input = new BatchInput
        {
            Batch = PlainText.Slug(_deployment.Prefix + "batch"),
            Work = new ConstructionWork(items[0]),
            Source = new BatchSource { Files = [.. items.Select(item => item.PromptFile)] },
            OutDir = _deployment.OutDir,
            Parallelism = 2,
        };

        var result = await _deployment.Client.ExecuteWorkflowAsync((BatchWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("batch"));

        var ended = BatchFiles.Results(result).Select(item => item.Construction!).ToList();
        Assert.That(
            ended.Select(task => (task.Name, task.Status)),
            Is.EquivalentTo([("good", ConstructionStatus.Accepted), ("bad", ConstructionStatus.PromptRefused)]));
        Assert.That(ended.Single(task => task.Name == "bad").Error, Does.Contain("$.promt"));
    }

    private IEnumerable<string> Tasks =>
        Directory.Exists(Generated) ? Directory.EnumerateDirectories(Generated).Where(folder => Path.GetFileName(folder) != "_artifacts") : [];

    private IEnumerable<string> Unfinished =>
        Path.Combine(_deployment.OutDir, ".spark-construction") is var staging && Directory.Exists(staging) ? Directory.EnumerateFileSystemEntries(staging) : [];

    private Task<ConstructionResult> ConstructAsync(int maxRevisions = 3, string? prompt = null)
    {
        var input = Input(prompt ?? JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options), "peaks") with { MaxRevisions = maxRevisions };
        return _deployment.Client.ExecuteWorkflowAsync((TaskConstructionWorkflow workflow) => workflow.RunAsync(input), _deployment.Options("construction"));
    }

    private ConstructionInput Input(string prompt, string name)
    {
        Directory.CreateDirectory(_deployment.OutDir);
        var file = Path.Combine(_deployment.OutDir, $"{name}.json");
        File.WriteAllText(file, prompt);
        return new ConstructionInput { PromptFile = file, Name = name, Batch = "batch", ModelSlug = "fake", OutDir = _deployment.OutDir };
    }

    /// <summary>Verdicts of proofs in order, three containers each: nothing, oracle, oracle again. Where refuted, doing nothing passes.</summary>
    private Func<VerifyRequest, VerifyReply?> Proving(Func<int, bool> refuted)
    {
        var (proof, step, current) = (1, 0, "");
        var gate = new Lock();
        return request =>
        {
            lock (gate)
            {
                if (current != request.Container)
                {
                    current = request.Container;
                    (proof, step) = step == 3 ? (proof + 1, 1) : (proof, step + 1);
                }

                var passes = step switch { 1 => refuted(proof), 2 => request.Round is not (3 or 4 or 5), _ => true };
                return World.VerdictAsync(passes ? 1 : 0, passes ? 2 : 0, 2).GetAwaiter().GetResult();
            }
        };
    }

    private string Said(LlmRequest request) => string.Join(
        '\n', _deployment.Store.ReadConversationAsync(request.Conversation, CancellationToken.None).GetAwaiter().GetResult().Select(message => message.Content));

    private static JsonElement Report(ConstructionResult result) => JsonDocument.Parse(File.ReadAllText(result.ReportPath!)).RootElement;
}
