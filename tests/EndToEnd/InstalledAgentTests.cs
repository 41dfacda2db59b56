using System.Globalization;
using System.Text.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.EndToEnd.Faults;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>An agent program of our own, installed into real containers by a real worker.</summary>
[Category("Server")]
[Category("Docker")]
[Category("Slow")]
public sealed class InstalledAgentTests
{
    private AgentRig _rig = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _rig = await AgentRig.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_rig is not null)
        {
            await _rig.DisposeAsync();
        }
    }

    [Test]
    public async Task A_budget_in_dollars_on_a_model_that_nobody_knows_the_price_of_is_refused_before_anything_is_built()
    {
        var result = await (await _rig.StartAttemptAsync("own:talker", modelName: "nobody-knows", budgetUsd: 1)).GetResultAsync();

        Assert.That((result.Outcome, result.ModelCalls, result.PhasesMs.Build), Is.EqualTo((Outcome.Error, 0, 0)));
        Assert.That(result.Error, Does.Contain("nobody knows what model 'nobody-knows' costs").And.Contain("Llm:Prices:0:Model=nobody-knows"));
    }

    [Test]
    public async Task It_is_installed_works_and_is_read_back_and_the_key_is_nowhere_in_its_container()
    {
        var mayAnswer = new TaskCompletionSource();
        var before = _rig.Model.Requests.Count;
        _rig.Model.Then(FakeReply.Text("RUN echo 42 | tee /answer") with { Until = mayAnswer.Task });
        var attempt = await _rig.StartAttemptAsync("own:talker", skills: await _rig.SkillAsync(), kwargs: new Dictionary<string, string> { ["mood"] = "good \"; touch /injected; $(touch /injected)" });
        var container = await _rig.ContainerAsync(attempt);
        await Eventually.IsTrueAsync(() => Task.FromResult(_rig.Model.Requests.Count > before), () => $"the agent asks; the worker says:\n{_rig.WorkerLog}", TimeSpan.FromMinutes(1));

        // While it waits for its model: environments, command lines and files of the whole container.
        var processes = AgentRig.In(container, "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'");
        var files = AgentRig.In(container, $"grep -rlF {AgentRig.Key} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev 2>/dev/null; echo looked");
        var arguments = AgentRig.In(container, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'");
        var skill = AgentRig.In(container, "cat /root/.talker/skills/count/SKILL.md /root/.talker/config");
        var inspected = FaultRig.Docker("inspect", container);

        // The line it has printed reaches whoever looks at the pending activity.
        await Eventually.PassesAsync(async () => Assert.That(await LastBeatAsync(attempt.Id), Does.Contain("hello")));
        mayAnswer.SetResult();
        var result = await attempt.GetResultAsync();

        var request = _rig.Model.Requests[^1];
        var history = JsonSerializer.Serialize((await attempt.FetchHistoryAsync()).Events.Select(entry => entry.ToString()));
        var written = string.Join('\n', Directory.GetFiles(_rig.Folder.Path, "*", SearchOption.AllDirectories).Select(File.ReadAllText));
        var trial = AgentRig.Json(result.TrialDir!, "result.json");
        var trajectory = AgentRig.Json(result.TrialDir!, "agent", "trajectory.json");
        Assert.Multiple(() =>
        {
            Assert.That(processes, Does.Contain("sk-spark-").And.Not.Contain(AgentRig.Key));
            Assert.That(arguments, Does.Contain("talker").And.Not.Contain("sk-spark-"));
            Assert.That(files, Is.EqualTo("looked\n"));
            Assert.That(skill, Is.EqualTo("how to countmodel = talkative\n"));
            Assert.That(inspected, Does.Not.Contain(AgentRig.Key));
            Assert.That(history, Does.Not.Contain(AgentRig.Key).And.Not.Contain("sk-spark-"));
            Assert.That(written, Does.Not.Contain(AgentRig.Key).And.Not.Contain("sk-spark-"));

            Assert.That(request.Header("Authorization"), Is.EqualTo($"Bearer {AgentRig.Key}"));
            Assert.That((request.Purpose, request.Run, request.Task), Is.EqualTo(("agent", attempt.Id, "task")));
            Assert.That(request.LastContent, Is.EqualTo("Write 42 to /answer."));

            Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), result.Error);
            Assert.That(result.AgentVersion, Is.EqualTo("talker 1.2.3"));
            Assert.That((result.Usage.PromptTokens, result.Usage.CompletionTokens, result.Usage.CostUsd), Is.EqualTo((100, 10, 0.11)).Within(1e-9));
            Assert.That((result.ModelCalls, result.Turns), Is.EqualTo((1, 1)));
            Assert.That(result.Notes, Has.Some.Contains("says that it used 11 + 3 tokens").And.Some.Contains("exit code 3").And.Some.Contains("(talker 1.2.3) came with its image in"));

            Assert.That(trial.GetProperty("agent_info").GetProperty("version").GetString(), Is.EqualTo("talker 1.2.3"));
            Assert.That(trial.GetProperty("agent_result").GetProperty("cost_usd").GetDouble(), Is.EqualTo(0.11).Within(1e-9));
            Assert.That(trajectory.GetProperty("final_metrics").GetProperty("total_prompt_tokens").GetInt32(), Is.EqualTo(100));
            Assert.That(trajectory.GetProperty("steps")[1].GetProperty("tool_calls")[0].GetProperty("arguments").GetProperty("command").GetString(), Is.EqualTo("echo 42 | tee /answer"));
            Assert.That(trajectory.GetProperty("steps")[2].GetProperty("message").GetString(), Is.EqualTo("I did it."));
            Assert.That(File.ReadAllText(Path.Combine(result.TrialDir!, "agent", "output.txt")), Does.Contain("touch /injected").And.Contain("\"event\":\"said\""));
            Assert.That(File.Exists(Path.Combine(result.TrialDir!, "agent", "talker.json")));
        });
    }

    [Test]
    public async Task A_worker_that_is_killed_finds_its_agent_again_which_starts_once_and_keeps_its_token()
    {
        var mayAnswer = new TaskCompletionSource();
        var before = _rig.Model.Requests.Count;
        _rig.Model.Script = _ => FakeReply.Text("RUN cat /talker-starts > /answer; echo 42 > /answer");
        var attempt = await _rig.StartAttemptAsync("own:talker");
        var container = await _rig.ContainerAsync(attempt);
        await Eventually.IsTrueAsync(() => Task.FromResult(AgentRig.In(container, "cat /talker-starts").Length > 0), "the agent starts", TimeSpan.FromMinutes(1));
        await _rig.KillWorkerAsync();
        _rig.StartWorker();
        var result = await attempt.GetResultAsync();

        Assert.That(result.Losses, Is.Zero);
        Assert.That(result.Notes.Count(note => note.Contains("came with its image", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(result.AgentVersion, Is.EqualTo("talker 1.2.3"));
        Assert.That(_rig.Model.Requests, Has.Count.LessThanOrEqualTo(before + 1));
    }

    [Test]
    public async Task It_is_stopped_at_its_time_and_verified_all_the_same()
    {
        var result = await (await _rig.StartAttemptAsync("own:sleeper", timeoutMultiplier: 0.05)).GetResultAsync();

        Assert.That(result.AgentTimedOut, Is.True);
        Assert.That((result.Outcome, result.Reward), Is.EqualTo((Outcome.Fail, (double?)0)), result.Error);
        Assert.That(File.ReadAllText(Path.Combine(result.TrialDir!, "agent", "output.txt")), Is.EqualTo("asleep\n"));
    }

    [Test]
    public async Task Cancelled_it_is_gone_within_seconds()
    {
        var attempt = await _rig.StartAttemptAsync("own:sleeper");
        var container = await _rig.ContainerAsync(attempt);
        await Eventually.PassesAsync(async () => Assert.That(await LastBeatAsync(attempt.Id), Does.Contain("asleep")));
        await attempt.CancelAsync();

        await Eventually.IsTrueAsync(() => Task.FromResult(FaultRig.Docker("ps", "-aq", "--filter", $"id={container}").Length == 0), "the container is gone", TimeSpan.FromSeconds(15));
        var failure = await Assert.ThrowsAsync<WorkflowFailedException>(() => attempt.GetResultAsync());
        Assert.That(TemporalException.IsCanceledException(failure!.InnerException!), Is.True);
    }

    [Test]
    public async Task A_second_trial_installs_nothing_and_starts_hardly_later_than_one_without_an_agent()
    {
        _rig.Model.Script = _ => FakeReply.Text("RUN echo 42 | tee /answer");
        await (await _rig.StartAttemptAsync("own:talker")).GetResultAsync();
        List<double> nothing = [], agent = [];
        for (var round = 0; round < 3; round++)
        {
            var nop = await (await _rig.StartAttemptAsync("nop")).GetResultAsync();
            nothing.Add(nop.PhasesMs.Build + nop.PhasesMs.Start);
            var second = await (await _rig.StartAttemptAsync("own:talker")).GetResultAsync();
            var came = second.Notes.Single(note => note.Contains("came with its image in ", StringComparison.Ordinal)).Split(' ')[^2];
            agent.Add(second.PhasesMs.Build + second.PhasesMs.Start + (double.Parse(came, CultureInfo.InvariantCulture) * 1000));
            Assert.That(second.Outcome, Is.EqualTo(Outcome.Pass), second.Error);
            Assert.That(second.Notes, Has.None.Contains("was installed"));
        }

        var more = agent.Min() - nothing.Min();
        TestContext.Out.WriteLine($"build, start and installation: {agent.Min():0} ms with an agent, {nothing.Min():0} ms with none");
        Assert.That(more, Is.LessThan(1_000));
    }

    [Test]
    public async Task A_token_is_good_in_its_own_container_alone()
    {
        var mayAnswer = new TaskCompletionSource();
        var before = _rig.Model.Requests.Count;
        _rig.Model.Then(FakeReply.Text("RUN echo 42 | tee /answer") with { Until = mayAnswer.Task });
        var attempt = await _rig.StartAttemptAsync("own:talker");
        var container = await _rig.ContainerAsync(attempt);
        await Eventually.IsTrueAsync(() => Task.FromResult(_rig.Model.Requests.Count == before + 1), () => $"the agent asks; the worker says:\n{_rig.WorkerLog}", TimeSpan.FromMinutes(1));
        var variables = AgentRig.In(container, "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep '^TALKER_' | sort -u").Split('\n');
        var token = variables.Single(line => line.StartsWith("TALKER_TOKEN=", StringComparison.Ordinal))["TALKER_TOKEN=".Length..];
        var url = new Uri(variables.Single(line => line.StartsWith("TALKER_URL=", StringComparison.Ordinal))["TALKER_URL=".Length..]);
        var ask = $"exec 3<> /dev/tcp/{url.Host}/{url.Port}; printf 'GET /openai/v1/models HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer %s\\r\\nConnection: close\\r\\n\\r\\n' {token} >&3; cat <&3";
        var elsewhere = FaultRig.Docker("run", "--rm", "debian:bookworm-slim", "bash", "-c", ask);
        var here = FaultRig.Docker("exec", container, "bash", "-c", ask);
        var fromHost = FaultRig.Docker("run", "--rm", "--network", "host", "debian:bookworm-slim", "bash", "-c", ask);
        mayAnswer.SetResult();
        var result = await attempt.GetResultAsync();

        // The stand-in has no list of models: its 404 is what the container gets.
        Assert.That(here, Does.StartWith("HTTP/1.1 404"));
        Assert.That(elsewhere, Does.StartWith("HTTP/1.1 401").And.Contain("its own container alone"));
        Assert.That(fromHost, Does.StartWith("HTTP/1.1 401").And.Contain("its own container alone"));
        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), result.Error);
    }

    [Test]
    public async Task An_agent_whose_model_answers_nothing_waits_and_runs_again()
    {
        _rig.Model.Then(FakeReply.Error(401, $"Incorrect API key provided: {AgentRig.Key}"), FakeReply.Error(503, "overloaded"));
        _rig.Model.Script = _ => FakeReply.Text("RUN echo 42 | tee /answer");
        var attempt = await _rig.StartAttemptAsync("own:talker", waitUnitSec: 2);
        await Eventually.PassesAsync(
            async () => Assert.That((await attempt.DescribeAsync()).TypedSearchAttributes.Get(SearchAttributes.State), Is.EqualTo(RunStates.ModelEndpoint), _rig.WorkerLog),
            TimeSpan.FromMinutes(1));
        var result = await attempt.GetResultAsync();

        var replies = string.Concat((await attempt.FetchHistoryAsync()).Events
            .SelectMany(entry => entry.ActivityTaskCompletedEventAttributes?.Result?.Payloads_.Select(payload => payload.Data.ToStringUtf8()) ?? []));
        Assert.That(result.Outcome, Is.EqualTo(Outcome.Pass), result.Error);
        Assert.That(result.Notes, Has.Some.EqualTo("own:talker ran 2 times in vain before: its model's endpoint answered nothing"));
        Assert.That((result.ModelCalls, result.Losses, result.Usage.PromptTokens), Is.EqualTo((1, 0, 100L)));
        Assert.That(replies, Does.Contain("got status 401").And.Contain("Check the key: OPENAI_API_KEY").And.Not.Contain(AgentRig.Key));
    }

    [Test]
    public async Task An_installation_that_fails_is_no_score()
    {
        var result = await (await _rig.StartAttemptAsync("own:broken")).GetResultAsync();

        Assert.That((result.Outcome, result.ErrorType), Is.EqualTo((Outcome.Infrastructure, FailureTypes.AgentNotInstalled)));
        Assert.That(result.Error, Does.Contain("exit code 9").And.Contain("no such package"));
        Assert.That(result.Losses, Is.Zero);
    }

    [Test]
    public async Task What_cannot_work_is_refused_before_anything_is_built()
    {
        var unknown = await (await _rig.StartAttemptAsync("own:talkr")).GetResultAsync();
        var kwarg = await (await _rig.StartAttemptAsync("own:talker", kwargs: new Dictionary<string, string> { ["mod"] = "x" })).GetResultAsync();

        Assert.That((unknown.Outcome, unknown.ErrorType), Is.EqualTo((Outcome.Error, FailureTypes.InvalidInput)));
        Assert.That(unknown.Error, Does.Contain("did you mean 'talker'?"));
        Assert.That(kwarg.Error, Does.Contain("did you mean 'mood'?"));
        Assert.That(unknown.PhasesMs, Is.EqualTo(new PhaseDurations()));
    }

    [Test]
    public async Task An_unknown_name_starts_nothing()
    {
        var (code, _, error) = await SparkProcess.RunAsync(["trial", "run", _rig.Folder["task"], "--agent", "codx"], _rig.Folder.Path, _rig.Variables);

        Assert.That(code, Is.EqualTo(2), error);
        Assert.That(error, Does.Contain("did you mean 'codex'?").And.Contain("own:NAME"));
    }

    private async Task<string> LastBeatAsync(string workflow) => (await PendingActivities.OfAsync(_rig.Client, workflow))
        .Where(pending => pending.State == PendingActivityState.Started && pending.HeartbeatDetails is not null)
        .SelectMany(pending => pending.HeartbeatDetails.Payloads_).Select(payload => payload.Data.ToStringUtf8()).FirstOrDefault("");
}
