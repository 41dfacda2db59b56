using System.Text.Json;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>A task made, proven and used through the commands as a user runs them; made up is the model alone.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
public sealed class TaskConstructionTests
{
    private WorkerRig? _rig;
    private FakeModelServer _model = null!;

    [OneTimeSetUp]
    public async Task StartWorkerAsync()
    {
        Requires.Image(Blueprints.Good.Environment.BaseImage);
        _model = await FakeModelServer.StartAsync();
        _model.Script = request => FakeReply.Text(request.Purpose switch
        {
            LlmPurposes.Blueprint => Blueprints.Json(Blueprints.WrongOutputPath),
            LlmPurposes.Repair => Blueprints.Json(Blueprints.Good),
            _ => """{"findings": []}""",
        });
        _rig = await WorkerRig.StartAsync("construction", _model.BaseUrl);
    }

    [OneTimeTearDown]
    public async Task StopWorkerAsync()
    {
        if (_rig is not null)
        {
            await _rig.DisposeAsync();
        }

        if (_model is not null)
        {
            await _model.DisposeAsync();
        }
    }

    [Test]
    public async Task A_faulty_blueprint_is_repaired_proven_and_the_task_can_be_run()
    {
        var prompt = _rig!.Folder["peaks.json"];
        await File.WriteAllTextAsync(prompt, JsonSerializer.Serialize(Blueprints.Spec, SparkJson.Options));

        var task = (await RunAsync(0, "tasks", "create", "--prompt-file", prompt, "--model", "scripted", "--json"))[0];

        Assert.That(task.GetProperty("status").GetString(), Is.EqualTo("accepted"));
        Assert.That(task.GetProperty("rounds").GetInt32(), Is.EqualTo(1));
        var folder = task.GetProperty("task_dir").GetString()!;
        var repair = _model.Requests.Single(request => request.Purpose == LlmPurposes.Repair);
        var report = JsonDocument.Parse(await File.ReadAllTextAsync(task.GetProperty("report_path").GetString()!)).RootElement;
        var proof = report.GetProperty("proof");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(string.Join('\n', repair.Messages.Select(message => (string?)message["content"])), Does.Contain("output-path-drift"));
            Assert.That(proof.GetProperty("verdict").GetString(), Is.EqualTo("proven"));
            Assert.That(proof.GetProperty("oracle_rewards").EnumerateArray().Select(reward => reward.GetDouble()), Is.EqualTo([1.0, 1.0]));
            Assert.That(proof.GetProperty("nothing_reward").GetDouble(), Is.LessThan(1));
            Assert.That(proof.GetProperty("mutants").GetInt32(), Is.GreaterThan(0));
            Assert.That(proof.GetProperty("mutants_refused").GetInt32(), Is.EqualTo(proof.GetProperty("mutants").GetInt32()));
        }

        var solved = await RunAsync(0, "trial", "run", folder, "--agent", "oracle", "--json");
        var untouched = await RunAsync(3, "trial", "run", folder, "--agent", "nop", "--json");
        var shown = await _rig!.RunAsync(["tasks", "show", "wav-peaks"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(solved.GetProperty("reward").GetDouble(), Is.EqualTo(1));
            Assert.That(untouched.GetProperty("reward").GetDouble(), Is.LessThan(1));
            Assert.That(shown.ExitCode, Is.Zero, shown.Error);
            Assert.That(shown.Output, Does.Contain("output-path-drift"));
        }

        await VaryAsync(proof);
        Directory.CreateDirectory(_rig!.Folder["no-task"]);
        var refuted = await RunAsync(3, "tasks", "prove", _rig!.Folder["no-task"], "--json");
        Assert.That(refuted.GetProperty("verdict").GetString(), Is.EqualTo("refuted"));
    }

    /// <summary>A variant of the task just made, proven in containers of its own, with other data and another answer.</summary>
    private async Task VaryAsync(JsonElement proof)
    {
        var template = _rig!.Folder["family.json"];
        await File.WriteAllTextAsync(template, Blueprints.Template(new FamilyTemplate(
            [new VariationLayer("rate", VariationKind.Size, "8000", ["11025"], ["data_builder_python"])])));

        var family = await RunAsync(0, "tasks", "vary", "wav-peaks", "--count", "1", "--template", template, "--json");

        var name = family.GetProperty("variants")[0].GetProperty("name").GetString()!;
        var report = JsonDocument.Parse(await File.ReadAllTextAsync(_rig!.Folder[$"generated_tasks/_artifacts/{name}/generation_report.json"])).RootElement;
        var own = report.GetProperty("proof");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(report.GetProperty("status").GetString(), Is.EqualTo("accepted"));
            Assert.That(report.GetProperty("variant_of").GetString(), Is.EqualTo("wav-peaks"));
            Assert.That(own.GetProperty("verdict").GetString(), Is.EqualTo("proven"));
            Assert.That(own.GetProperty("data_digest").GetString(), Is.Not.Null.And.Not.EqualTo(proof.GetProperty("data_digest").GetString()));
            Assert.That(own.GetProperty("answer_digest").GetString(), Is.Not.Null.And.Not.EqualTo(proof.GetProperty("answer_digest").GetString()));
            Assert.That(await File.ReadAllTextAsync(_rig!.Folder[$"generated_tasks/{name}/environment/scripts/build_data.py"]), Does.Contain("RATE = 11025"));
        }
    }

    private async Task<JsonElement> RunAsync(int exitCode, params string[] arguments)
    {
        var (code, output, error) = await _rig!.RunAsync(arguments, TimeSpan.FromMinutes(6));
        Assert.That(code, Is.EqualTo(exitCode), $"{output}\n{error}");
        return JsonDocument.Parse(output).RootElement;
    }
}
