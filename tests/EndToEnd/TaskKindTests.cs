using System.Text.Json;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>A task of each kind that public tasks come in, solved by its oracle and left alone, in every place where it can be verified.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
[Parallelizable(ParallelScope.Children)]
public sealed class TaskKindTests
{
    /// <summary>What a model says in the three steps of <c>multi-step</c>.</summary>
    private static readonly FakeReply[] Work =
    [
        FakeReply.Shell("cd /srv; echo one > /app/list.txt"), FakeReply.Text("Written."),
        FakeReply.Shell("pwd; cat /app/given.txt >> /app/list.txt"), FakeReply.Text("Appended."),
        FakeReply.Shell("wc -l < /app/list.txt > /app/count.txt"), FakeReply.Text("Counted."),
    ];

    private WorkerRig? _rig;
    private FakeModelServer _model = null!;

    [OneTimeSetUp]
    public async Task StartWorkerAsync()
    {
        Requires.Docker();
        Requires.Image("debian:bookworm-slim");
        _model = await FakeModelServer.StartAsync();
        _model.Script = request => request.Turn < Work.Length ? Work[request.Turn] : FakeReply.Text("Nothing is left.");
        _rig = await WorkerRig.StartAsync("kinds", _model.BaseUrl);
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

    /// <summary>Both verdicts at once, which must be equal; what a separate verifier judges is its own.</summary>
    [Test]
    public async Task Solved_it_passes_in_the_agents_container_and_in_a_clean_one([ValueSource(nameof(KindsAndSamples))] string kind)
    {
        var (code, output, error) = await _rig!.RunAsync(["trial", "run", PathOf(kind), "--agent", "oracle", "--verdict", "both", "--json"]);

        Assert.That(output, Is.Not.Empty, error);
        var result = JsonDocument.Parse(output).RootElement;
        var (reward, separate) = (kind == "several-rewards" ? 0.5 : 1, kind.StartsWith("separate", StringComparison.Ordinal));
        Assert.That(result.GetProperty("reward").GetDouble(), Is.EqualTo(reward), output);
        Assert.That(code, Is.EqualTo(kind == "several-rewards" ? 3 : 0), error);
        var verdict = result.GetProperty("verdict");
        Assert.That(verdict.GetProperty("mode").GetString(), Is.EqualTo(separate ? "separate" : "both"));
        Assert.That(verdict.GetProperty("differs").GetBoolean(), Is.False);
        if (!separate)
        {
            Assert.That(verdict.GetProperty("shared_reward").GetDouble(), Is.EqualTo(reward));
        }
    }

    [Test]
    public async Task Left_alone_it_fails([ValueSource(nameof(Kinds))] string kind)
    {
        var (code, output, error) = await _rig!.RunAsync(["trial", "run", Path.Combine(Folder, kind), "--agent", "nop", "--json"]);

        Assert.That(output, Is.Not.Empty, error);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.That(result.GetProperty("reward").GetDouble(), Is.Zero, output);
        Assert.That(code, Is.EqualTo(3), error);
    }

    [Test]
    public async Task What_services_and_steps_left_is_in_the_trial_folder()
    {
        var services = await FolderAsync("compose-services");
        var steps = await FolderAsync("multi-step");

        Assert.That(await File.ReadAllTextAsync(Path.Combine(services, "services", "store.log")), Does.Contain("the store holds treasure"));
        Assert.That(Directory.GetDirectories(Path.Combine(steps, "steps")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "write", "extend", "count" }));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(steps, "steps", "count", "artifacts", "app", "count.txt")), Is.EqualTo("3\n"));
        var results = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(steps, "result.json"))).RootElement.GetProperty("step_results");
        Assert.That(results.EnumerateArray().Select(step => step.GetProperty("verifier_result").GetProperty("rewards").GetProperty("reward").GetDouble()), Is.All.EqualTo(1));
    }

    [Test]
    public async Task A_model_gets_one_instruction_after_the_other_and_its_shell_works_after_each_verification()
    {
        var (code, output, error) = await _rig!.RunAsync(["trial", "run", Path.Combine(Folder, "multi-step"), "--model", "default/fake", "--json"]);

        Assert.That(code, Is.Zero, error + output);
        var asked = _model.Requests.Where(request => request.Purpose == "agent").ToList();
        Assert.That(asked, Has.Count.EqualTo(6));
        Assert.That(asked.Select(request => request.Messages.Count(message => (string?)message["role"] == "user")), Is.EqualTo(new[] { 1, 1, 2, 2, 3, 3 }));
        Assert.That(asked[2].LastContent, Does.Contain("Append the lines of /app/given.txt"));
        Assert.That(asked[3].LastContent, Does.Contain("/srv"), "the shell goes on from its saved state");
        Assert.That(JsonDocument.Parse(output).RootElement.GetProperty("turns").GetInt32(), Is.EqualTo(3));
    }

    private async Task<string> FolderAsync(string kind)
    {
        var (_, output, error) = await _rig!.RunAsync(["trial", "run", Path.Combine(Folder, kind), "--agent", "oracle", "--json"]);
        Assert.That(output, Is.Not.Empty, error);
        return JsonDocument.Parse(output).RootElement.GetProperty("trial_dir").GetString()!;
    }

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "TaskKinds");

    private static string PathOf(string kind) =>
        Path.Combine(Folder, kind) is var ours && Directory.Exists(ours) ? ours
        : Path.Combine(DemoSamples.TasksDir, kind) is var sample && Directory.Exists(sample) ? sample
        : Requires.SharedData($"skillsbench/tasks/{kind}");

    private static IEnumerable<string> KindsAndSamples() =>
        [.. Kinds(), .. Directory.GetDirectories(DemoSamples.TasksDir).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal), "3d-scan-calc", "dialogue-parser"];

    private static IEnumerable<string> Kinds() => Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);
}
