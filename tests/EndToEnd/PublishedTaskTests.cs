using System.Text.Json;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>Two published tasks, unchanged, through the commands as a user runs them.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
public sealed class PublishedTaskTests
{
    private WorkerRig? _rig;
    private ScriptedModelServer _model = null!;

    [OneTimeSetUp]
    public async Task StartWorkerAsync()
    {
        Requires.Docker();
        Requires.Image("python:3.12.8-slim");
        _model = ScriptedModelServer.Start(TestScripts.Dir);
        _rig = await WorkerRig.StartAsync("published", _model.BaseAddress.ToString());
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

    [TestCase("3d-scan-calc", "oracle", 1.0, "pass", 0)]
    [TestCase("3d-scan-calc", "nop", 0.0, "fail", 3)]
    [TestCase("dialogue-parser", "oracle", 1.0, "pass", 0)]
    [TestCase("dialogue-parser", "nop", 0.0, "fail", 3)]
    public async Task Solved_it_passes_and_left_alone_it_fails(string task, string agent, double reward, string outcome, int exitCode)
    {
        var (code, output, error) = await _rig!.RunAsync(["trial", "run", Requires.SharedData($"skillsbench/tasks/{task}"), "--agent", agent, "--json"]);

        Assert.That(code, Is.EqualTo(exitCode), error);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(result.GetProperty("task").GetString(), Is.EqualTo(task));
            Assert.That(result.GetProperty("reward").GetDouble(), Is.EqualTo(reward));
            Assert.That(result.GetProperty("outcome").GetString(), Is.EqualTo(outcome));
            Assert.That(result.GetProperty("tests_total").GetInt32(), Is.GreaterThan(0));
            Assert.That(result.GetProperty("phases_ms").EnumerateObject().Select(phase => phase.Name), Is.EqualTo(new[] { "build", "start", "agent", "verify", "remove" }));
            Assert.That(File.Exists(Path.Combine(result.GetProperty("trial_dir").GetString()!, "verifier", "ctrf.json")), Is.True);
        });
    }

    [Test]
    public async Task A_whole_skill_run_on_3d_scan_calc()
    {
        var (code, output, error) = await _rig!.RunAsync(
            ["skills", "run", "--tasks-dir", Requires.SharedData("skillsbench/tasks/3d-scan-calc"), "--model", "scripted-demo", "--max-retries", "3", "--json"]);

        Assert.That(code, Is.Zero, error);
        var run = JsonDocument.Parse(output).RootElement[0];
        Assert.That(run.GetProperty("outcome").GetString(), Is.EqualTo("pass"));
        Assert.That(run.GetProperty("attempts").GetInt32(), Is.EqualTo(2));
        var skill = run.GetProperty("skill_path").GetString()!;
        var check = await SparkProcess.RunAsync(["skills", "check", Path.GetDirectoryName(skill)!]);
        Assert.That(check.ExitCode, Is.Zero, check.Output);
        var replay = await SparkProcess.RunAsync(["pdi", "replay", Path.Combine(Path.GetDirectoryName(skill)!, "trajectory.jsonl")]);
        Assert.That(replay.ExitCode, Is.Zero, replay.Output);

        // What the verifier expects must not have been shown to the agent: the densities stand in its helper.
        var trajectory = File.ReadAllText(Path.Combine(Path.GetDirectoryName(skill)!, "trajectory.jsonl"));
        var injections = trajectory.Split('\n').Where(line => line.Contains("\"execution_result\""))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("retry_injection").GetString()!).ToList();
        Assert.That(injections, Has.All.Contains("test_values_correct"));
        Assert.That(injections, Has.None.Contains("11.34"));
    }
}
