using System.Collections.Concurrent;
using System.Text.Json;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

[Category("Server")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EvaluationWorkflowTests : DeploymentFixture
{
    private EvaluationFixture _fixture = null!;

    private protected override void Prepare() => _fixture = new EvaluationFixture(_deployment);

    [Test]
    public async Task Three_arms_are_tried_side_by_side_and_summed_up_with_what_is_missing_left_out()
    {
        _fixture.Skill("generated/fake/a", "a").Skill("generated/fake/b", "b").Skill("human/a", "a");
        // b passes without a skill and fails with the generated one.
        await _fixture.RewardAsync(id => id.Contains("/generated/a/", StringComparison.Ordinal) || id.Contains("/baseline/b/", StringComparison.Ordinal) ? 1 : 0);

        var result = await (await _fixture.StartAsync(_fixture.Input("a", "b") with { Repeats = 2 })).GetResultAsync();

        var summary = _fixture.Summary();
        Assert.Multiple(() =>
        {
            Assert.That(summary.Complete, Is.True);
            Assert.That(summary.Sums.Select(sums => (sums.Arm, sums.Passed, sums.Scored, sums.Skipped)), Is.EqualTo(new[]
            {
                ("baseline", 2, 4, 0), ("generated", 2, 4, 0), ("human", 0, 2, 2),
            }));
            Assert.That(summary.Comparisons[0].Harmed, Is.EqualTo(new[] { "b" }));
            Assert.That(summary.Comparisons.Select(pair => $"{pair.Arm}-{pair.Against}"), Is.EqualTo(new[] { "generated-baseline", "human-baseline", "generated-human" }));
            Assert.That(summary.Trials.Where(trial => trial.Outcome == Outcome.Skipped).Select(trial => trial.Error), Is.All.StartsWith("no SKILL.md in "));
            Assert.That(summary.Trials.Where(trial => trial.Arm == "generated").Select(trial => trial.Skills), Is.EqualTo(new[] { "a", "a", "b", "b" }));
            Assert.That(result.Students[0].SummaryPath, Is.EqualTo(_fixture.SummaryPath()));
            Assert.That(result.Students[0].Comparisons[0].Harmed, Is.EqualTo(new[] { "b" }));
            Assert.That(World.Count("sandbox.start"), Is.EqualTo(10), "two skipped trials start no container");
        });
        foreach (var report in (string[])["report.md", "report.html"])
        {
            Assert.That(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(_fixture.SummaryPath())!, report)), Does.Contain("generated"));
        }
    }

    [Test]
    public async Task Trials_say_which_skills_were_offered_and_opened_and_summaries_what_that_was_worth()
    {
        _fixture.Skill("generated/fake/a", "a").Skill("human/a", "a");
        await _fixture.RewardAsync(id => id.Contains("/generated/", StringComparison.Ordinal) ? 1 : 0);
        World.Reply = (_, _, request) => request.Call > 1 ? "finished"
            : ActivityExecutionContext.Current.Info.WorkflowId!.Contains("/generated/", StringComparison.Ordinal) ? "$ cat /skills/a/SKILL.md" : "$ ls";

        await (await _fixture.StartAsync(_fixture.Input("a"))).GetResultAsync();

        var summary = _fixture.Summary();
        Assert.Multiple(() =>
        {
            Assert.That(
                summary.Trials.Select(trial => (trial.Arm, trial.SkillUses?.Single().Offered, trial.SkillUses?.Single().Opened, trial.SkillUses?.Single().Turn)),
                Is.EqualTo(new (string, bool?, bool?, int?)[] { ("baseline", null, null, null), ("generated", true, true, 1), ("human", true, false, null) }));
            Assert.That(summary.Sums.Select(sums => (sums.SkillsOpened, sums.SkillsKnown)), Is.EqualTo(new (int?, int?)[] { (null, null), (1, 1), (0, 1) }));
            Assert.That(summary.Comparisons[0].DeltaROpened, Is.EqualTo(1));
        });
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(_fixture.SummaryPath())!, "report.md")), Does.Contain("## Skills opened"));
    }

    [Test]
    public async Task A_verifier_that_ran_out_of_time_gives_no_verdict_which_no_mean_counts()
    {
        var cut = (await World.VerdictAsync(null, 0, 0)) with { TimedOut = true, RewardProblem = "the verifier did not end within 600 s ([verifier] timeout_sec)" };
        var passed = await World.VerdictAsync(1, 1, 1);
        var number = 0;
        World.Verdict = _ => Interlocked.Increment(ref number) == 1 ? cut : passed;
        var input = _fixture.Input("a") with { Arms = [new EvaluationArm { Name = "baseline" }], Repeats = 2, Parallelism = 1 };

        var result = await (await _fixture.StartAsync(input)).GetResultAsync();

        var summary = _fixture.Summary();
        var sums = summary.Sums.Single();
        Assert.Multiple(() =>
        {
            Assert.That((sums.Scored, sums.NoVerdict, sums.Infrastructure, sums.MeanReward), Is.EqualTo((1, 1, 0, (double?)1)));
            Assert.That(summary.Trials.Single(trial => trial.NoVerdict).Reward, Is.Null);
            Assert.That(result.Students[0].Arms[0].NoVerdict, Is.EqualTo(1));
        });
        Assert.That(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(_fixture.SummaryPath())!, "report.md")), Does.Contain("no verdict: the verifier ran out of time"));
    }

    [Test]
    public async Task All_trials_of_a_task_start_before_any_of_the_next_and_their_order_is_drawn()
    {
        var started = new ConcurrentQueue<string>();
        World.Before = (call, _) =>
        {
            if (call == "packages.read")
            {
                started.Enqueue(ActivityExecutionContext.Current.Info.WorkflowId!);
            }

            return Task.CompletedTask;
        };
        _fixture.Skill("generated/fake/a", "a").Skill("generated/fake/b", "b").Skill("human/a", "a").Skill("human/b", "b");

        await (await _fixture.StartAsync(_fixture.Input("a", "b") with { Repeats = 3, Parallelism = 1 })).GetResultAsync();

        var ids = started.ToList();
        var arms = ids.Take(9).Select(id => id.Split('/')[^3]).ToList();
        Assert.That(ids.Select(id => id.Split('/')[^2]), Is.EqualTo(Enumerable.Repeat("a", 9).Concat(Enumerable.Repeat("b", 9))));
        Assert.That(arms, Is.Not.Ordered, "no arm comes first as a whole");
        Assert.That(ids, Is.Unique);
    }

    [Test]
    public async Task What_the_infrastructure_ends_is_run_again_twice_and_then_reported_apart()
    {
        World.Before = (call, _) => call == "sandbox.verify:container-1" || Id().Contains("/baseline/b/", StringComparison.Ordinal) && call == "sandbox.prepare"
            ? throw new ApplicationFailureException("The disk is full.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;

        await (await _fixture.StartAsync(_fixture.Input("a", "b") with { Arms = [_fixture.Baseline], Parallelism = 1 })).GetResultAsync();

        var summary = _fixture.Summary();
        var trials = summary.Trials.ToDictionary(trial => trial.Task);
        Assert.Multiple(() =>
        {
            Assert.That((trials["b"].Outcome, trials["b"].Reruns), Is.EqualTo((Outcome.Infrastructure, 2)));
            Assert.That(trials["b"].Error, Does.Contain("The disk is full."));
            Assert.That(summary.Sums[0].Scored, Is.EqualTo(1));
            Assert.That(summary.Sums[0].Infrastructure, Is.EqualTo(1));
            Assert.That(summary.Sums[0].PassRate, Is.EqualTo(1), "it is no zero");
            Assert.That(File.ReadAllText(Path.Combine(Path.GetDirectoryName(_fixture.SummaryPath())!, "report.md")), Does.Contain("infrastructure, run 3 times"));
        });
    }

    [Test]
    public async Task Paused_it_starts_nothing_more_and_resumed_it_ends()
    {
        var gate = new TaskCompletionSource();
        World.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) ? gate.Task : Task.CompletedTask;
        var run = await _fixture.StartAsync(_fixture.Input("a", "b", "c") with { Arms = [_fixture.Baseline], Parallelism = 1 });
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.verify") == 1), "the first trial is verified");
        await run.ExecuteUpdateAsync(workflow => workflow.PauseAsync());
        gate.SetResult();
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).Window.Counts.Ended == 1, "the first trial ended");
        var paused = await run.QueryAsync(workflow => workflow.GetProgress());

        Assert.That((paused.Window.State, paused.Window.Open.Count, World.Count("packages.read")), Is.EqualTo(("paused", 0, 1)));
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await run.GetResultAsync();
        Assert.That(_fixture.Summary().Sums[0].Passed, Is.EqualTo(3));
    }

    [Test]
    public async Task When_everything_fails_it_waits_to_be_mended()
    {
        var broken = true;
        World.Before = (call, _) => broken && call == "sandbox.prepare"
            ? throw new ApplicationFailureException("The container was lost.", FailureTypes.SandboxLost, nonRetryable: true)
            : Task.CompletedTask;
        var input = _fixture.Input("a", "b", "c", "d") with { Arms = [_fixture.Baseline], Parallelism = 1 };
        var run = await _fixture.StartAsync(input with { Rules = input.Rules with { FailuresInARow = 2, Reruns = 0 } });
        await Eventually.IsTrueAsync(
            async () => (await run.QueryAsync(workflow => workflow.GetProgress())).Window.State == RunStates.Infrastructure, "it waits");

        broken = false;
        await run.ExecuteUpdateAsync(workflow => workflow.ResumeAsync());
        await run.GetResultAsync();

        Assert.That((_fixture.Summary().Sums[0].Infrastructure, _fixture.Summary().Sums[0].Passed), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task Out_of_budget_it_waits_until_the_budget_is_raised()
    {
        World.CostPerCall = 1;
        var run = await _fixture.StartAsync(_fixture.Input("a", "b", "c") with { Arms = [_fixture.Baseline], Parallelism = 1, Budget = new(Usd: 2) });
        await Eventually.IsTrueAsync(async () => (await run.QueryAsync(workflow => workflow.GetProgress())).Window.State == RunStates.Budget, "it waits");
        var calls = World.Count("llm:");

        await run.ExecuteUpdateAsync(workflow => workflow.RaiseBudgetAsync(new BudgetRequest(10)));
        await run.GetResultAsync();

        Assert.That((calls, World.Count("llm:")), Is.EqualTo((2, 3)));
    }

    [Test]
    public async Task Cancelled_it_removes_its_containers_keeps_what_it_has_and_a_second_run_pays_for_the_rest_only()
    {
        var hold = true;
        World.Before = async (call, cancelled) =>
        {
            if (hold && call == "sandbox.prepare" && Id().Contains("/b/", StringComparison.Ordinal))
            {
                ActivityExecutionContext.Current.Heartbeat();
                await Task.Delay(Timeout.Infinite, cancelled);
            }
        };
        var input = _fixture.Input("a", "b") with { Arms = [_fixture.Baseline], Repeats = 2, Parallelism = 1 };
        var run = await _fixture.StartAsync(input);
        await Eventually.IsTrueAsync(() => Task.FromResult(World.Count("sandbox.prepare") == 3), "the third trial builds");
        await run.CancelAsync();
        Assert.That(async () => await run.GetResultAsync(), Throws.InstanceOf<WorkflowFailedException>().With.InnerException.InstanceOf<CanceledFailureException>());
        var partial = _fixture.Summary();

        hold = false;
        await (await _fixture.StartAsync(input with { Resume = true })).GetResultAsync();

        Assert.Multiple(() =>
        {
            Assert.That((partial.Complete, partial.Trials.Count), Is.EqualTo((false, 2)));
            Assert.That(_fixture.Summary().Complete, Is.True);
            Assert.That(_fixture.Summary().Trials.Take(2), Is.EqualTo(partial.Trials), "what was scored stays as it was");
            Assert.That(World.Count("sandbox.verify"), Is.EqualTo(4));
            Assert.That(World.Containers, Is.Empty);
        });
    }

    [Test]
    public async Task Continued_as_new_it_gives_the_same_summary()
    {
        await _fixture.RewardAsync(id => id.EndsWith("/1", StringComparison.Ordinal) ? 1 : 0.25);
        var input = _fixture.Input("a", "b", "c") with { Arms = [_fixture.Baseline], Repeats = 2, Parallelism = 2 };
        await (await _fixture.StartAsync(input)).GetResultAsync();
        var whole = _fixture.Summary();

        var run = await _fixture.StartAsync(input with { Rules = input.Rules with { HistoryLimit = 30, PageTrials = 2 } });
        await run.GetResultAsync();

        var parts = _fixture.Summary();
        Assert.That((await run.DescribeAsync()).RunId, Is.Not.EqualTo(run.FirstExecutionRunId), "it did continue");
        Assert.That(Comparable(parts), Is.EqualTo(Comparable(whole)));
    }

    [Test]
    public async Task Summaries_stand_in_the_folder_that_was_named_for_them()
    {
        await _fixture.RewardAsync(_ => 1);
        var root = Path.Combine(_deployment.OutDir, "elsewhere");
        var run = await _fixture.StartAsync(_fixture.Input("a") with { Arms = [_fixture.Baseline], ResultsRoot = root });

        var result = await run.GetResultAsync();

        Assert.That(result.Students[0].SummaryPath, Does.StartWith($"{root}/fake/"));
        Assert.That((File.Exists(result.Students[0].SummaryPath), File.Exists(_fixture.SummaryPath())), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task Several_students_give_a_transfer_matrix()
    {
        _fixture.Skill("generated/teacher/a", "a");
        await _fixture.RewardAsync(id => id.Contains("/large/", StringComparison.Ordinal) || id.Contains("/generated/", StringComparison.Ordinal) ? 1 : 0);
        var input = _fixture.Input("a") with
        {
            Students = [new("small", new ModelChoice()), new("large", new ModelChoice())],
            Arms = [_fixture.Baseline, _fixture.Generated with { SkillSourceModel = "teacher" }],
        };

        var result = await (await _fixture.StartAsync(input)).GetResultAsync();

        var transfer = _fixture.Summary("small").Transfer!;
        Assert.That(transfer.Select(row => (row.Model, row.Cells[0].MeanReward, row.Cells[1].MeanReward, row.Cells[1].DeltaR)), Is.EqualTo(new[]
        {
            ("small", (double?)0, (double?)1, (double?)1), ("large", 1, 1, 0),
        }));
        Assert.That(await File.ReadAllTextAsync(result.TransferReport!), Does.Contain("| small | 0.0, 0 % | 100.0 (+100.0), 100 % |"));
        Assert.That(_fixture.Summary("large").SkillSourceModel, Is.EqualTo("teacher"));
    }

    private static string Id() => ActivityExecutionContext.Current.Info.WorkflowId!;

    /// <summary>A summary without what is another's every time: times and trial folders.</summary>
    private static string Comparable(EvaluationSummary summary) => JsonSerializer.Serialize(
        summary with
        {
            StartedAt = default,
            FinishedAt = default,
            Sums = [.. summary.Sums.Select(sums => sums with { MedianDurationMs = 0 })],
            Trials = [.. summary.Trials.Select(trial => trial with { StartedAt = default, FinishedAt = default, AgentMs = 0, DurationMs = 0, TrialDir = null })],
        },
        SparkJson.Options);
}
