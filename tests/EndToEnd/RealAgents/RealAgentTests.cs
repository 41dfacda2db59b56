using System.Diagnostics;
using System.Globalization;
using System.Text;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Tests.EndToEnd.RealAgents;

/// <summary>
/// The real command-line agents, installed from npm, each solving a task in a container through our proxy against a stand-in for its model. Two of
/// them run with all other tests; <c>infra/agents.sh</c> runs all.
/// </summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
public sealed class RealAgentTests
{
    private static readonly string[] Commands = ["cat /skills/house-numbers/SKILL.md", "echo 42 > /answer"];

    private RealAgentRig _rig = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _rig = await RealAgentRig.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_rig is not null)
        {
            await _rig.DisposeAsync();
        }
    }

    [TestCase("codex", "gpt-5.1-codex", "responses")]
    [TestCase("qwen-coder", "qwen3-coder-plus", "chat")]
    public async Task It_solves_a_task_through_our_proxy(string agent, string model, string api)
    {
        var row = await SolveAsync(agent, model, api);

        TestContext.Out.WriteLine(row.Line);
    }

    /// <summary>What <c>infra/agents.sh</c> runs: every agent, its outage, and what its start costs.</summary>
    [Test]
    [Explicit]
    [Category("RealAgents")]
    public async Task All_of_them()
    {
        var table = new StringBuilder(Row.Head);
        List<string> failed = [];
        var chosen = (Environment.GetEnvironmentVariable("SPARK_AGENTS") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var (agent, model, api) in new[]
        {
            ("codex", "gpt-5.1-codex", "responses"), ("claude-code", "claude-sonnet-4-5", "messages"), ("opencode", "house-model", "chat"),
            ("qwen-coder", "qwen3-coder-plus", "chat"), ("gemini-cli", "gemini-2.5-pro", "gemini"),
        }.Where(one => chosen.Length == 0 || chosen.Contains(one.Item1)))
        {
            try
            {
                var row = await SolveAsync(agent, model, api);
                var waits = await OutlastAsync(agent, model);
                table.Append(CultureInfo.InvariantCulture, $"{row.Line}{waits,14}\n");
            }
            catch (Exception wrong)
            {
                failed.Add($"{agent}: {wrong.Message}");
                table.Append(CultureInfo.InvariantCulture, $"{agent,-12} FAILED\n");
            }

            TestContext.Progress.WriteLine(table.ToString());
        }

        if (Environment.GetEnvironmentVariable("SPARK_BENCH_OUT") is { Length: > 0 } folder)
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "agents.txt"), table.ToString());
        }

        Assert.That(failed, Is.Empty);
    }

    private async Task<Row> SolveAsync(string agent, string model, string api)
    {
        _rig.Model.Clear();
        (_rig.Model.Refuse, _rig.Model.Commands) = (null, Commands);
        var clock = Stopwatch.StartNew();
        var result = await (await _rig.StartAsync(agent, model)).GetResultAsync();
        var calls = _rig.Model.Calls;
        var said = $"{result.Error}\n{string.Join('\n', result.Notes)}\n{Output(result)}\n{_rig.WorkerLog}";
        var trajectory = AgentRig.Json(result.TrialDir!, "agent", "trajectory.json").GetRawText();
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), said);
            Assert.That(result.AgentVersion, Does.Match(@"\d+\.\d+\.\d+"), said);
            Assert.That(result.Turns, Is.EqualTo(Commands.Length), said);
            Assert.That(trajectory, Does.Contain("echo 42").And.Contain(RealAgentRig.SkillLine).And.Contain("skill house-numbers was offered").And.Contain("and opened"));
            Assert.That(calls.Where(call => call.Api.Length > 0).Select(call => call.Api).Distinct(), Is.EqualTo(new[] { api }));
            Assert.That(calls.Select(call => call.Status).Distinct(), Is.EqualTo(new[] { 200 }), string.Join('\n', calls.Select(call => $"{call.Status} {call.Path}")));
            Assert.That(result.ModelCalls, Is.EqualTo(calls.Count), said);
            Assert.That(result.Usage.TotalTokens, Is.EqualTo(calls.Count * (AgentStandIn.PromptTokens + AgentStandIn.CompletionTokens)), said);
            Assert.That(result.Usage.CostUsd, Is.EqualTo(calls.Count * (AgentStandIn.PromptTokens + (10 * AgentStandIn.CompletionTokens)) / 1e6).Within(1e-9), said);
            Assert.That(calls.SelectMany(call => call.Headers.Values), Has.None.Contain("sk-spark-"));
        });
        return new Row(agent, result, calls.Count, clock.Elapsed);
    }

    /// <summary>How often it waited for a model whose endpoint refuses its key at first.</summary>
    private async Task<int> OutlastAsync(string agent, string model)
    {
        _rig.Model.Clear();
        _rig.Model.Refuse = 401;
        var clock = Stopwatch.StartNew();
        var attempt = await _rig.StartAsync(agent, model, skills: false, waitUnitSec: 3);
        await Eventually.PassesAsync(
            async () =>
            {
                var details = await attempt.DescribeAsync();
                Assert.That(details.TypedSearchAttributes.Get(SearchAttributes.State), Is.EqualTo(RunStates.ModelEndpoint), _rig.WorkerLog);
            },
            TimeSpan.FromMinutes(2));
        TestContext.Progress.WriteLine($"{agent} gave up on a refused key after {clock.Elapsed.TotalSeconds:0} s");
        _rig.Model.Refuse = null;
        var result = await attempt.GetResultAsync();

        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), $"{result.Error}\n{Output(result)}\n{_rig.WorkerLog}");
        var note = result.Notes.SingleOrDefault(note => note.Contains("times in vain", StringComparison.Ordinal));
        Assert.That(note, Is.Not.Null);
        return int.Parse(note!.Split(' ')[2], CultureInfo.InvariantCulture);
    }

    private static string Output(AttemptResult result) =>
        result.TrialDir is { } folder && File.Exists(Path.Combine(folder, "agent", "output.txt")) ? File.ReadAllText(Path.Combine(folder, "agent", "output.txt")) : "";

    private sealed record Row(string Agent, AttemptResult Result, int Calls, TimeSpan Took)
    {
        public static readonly string Head =
            $"{"agent",-12} {"version",-28} solved  commands  calls  tokens   cost USD  skill              build s  start s  agent s  outage waits\n";

        public string Line => string.Create(
            CultureInfo.InvariantCulture,
            $"{Agent,-12} {Result.AgentVersion,-28} {(Result.Reward == 1 ? "yes" : "no"),-7} {Result.Turns,8} {Calls,6} {Result.Usage.TotalTokens,7} {Result.Usage.CostUsd,10:0.0000}  "
            + $"{(Result.Notes.Any(note => note.Contains("and opened", StringComparison.Ordinal)) ? "offered, opened" : "-"),-18} {Result.PhasesMs.Build / 1000.0,7:0.0} {Result.PhasesMs.Start / 1000.0,8:0.0} {Result.PhasesMs.Agent / 1000.0,8:0.0}");
    }
}
