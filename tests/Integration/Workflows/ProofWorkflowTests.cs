using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.TaskConstruction;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Workflows;

[Category("Server")]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ProofWorkflowTests
{
    /// <summary>Containers in order: nothing, (data again,) oracle, oracle again. Rounds of the first oracle: verdict, again, three mutants, control.</summary>
    private static async Task<(ProofResult Result, FakeDeployment Deployment)> ProveAsync(
        Func<string, int, double?> reward, bool buildsData = false, Action<FakeWorld>? arrange = null)
    {
        var deployment = await FakeDeployment.StartAsync();
        var world = deployment.World;
        world.BuildsData = buildsData;
        var order = new List<string>();
        world.Verification = request =>
        {
            lock (order)
            {
                if (!order.Contains(request.Container))
                {
                    order.Add(request.Container);
                }

                var value = reward(order.IndexOf(request.Container) switch { 0 => "nothing", 1 => "oracle", _ => "again" }, request.Round);
                return world.VerdictAsync(value, value is >= 1 ? 2 : 0, 2).GetAwaiter().GetResult();
            }
        };
        arrange?.Invoke(world);
        var result = await deployment.Client.ExecuteWorkflowAsync(
            (ProofWorkflow workflow) => workflow.RunAsync(new ProofInput { TaskDir = "/tasks/sample", OutputPath = "/answer", Limits = new AttemptLimits { WaitUnitSec = 0.1 } }), deployment.Options("proof"));
        return (result, deployment);
    }

    private static double? Good(string container, int round) => container switch
    {
        "nothing" => 0,
        "oracle" => round is 3 or 4 or 5 ? 0 : 1,
        _ => 1,
    };

    [Test]
    public async Task Proves_a_task_whose_oracle_alone_passes()
    {
        var (result, deployment) = await ProveAsync(Good, buildsData: true);
        await using var _ = deployment;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Verdict, Is.EqualTo(ProofVerdict.Proven), string.Join('\n', result.Checks));
            Assert.That(result.Checks.Select(check => check.Name), Is.EqualTo((string[])
                ["package", "build", "nothing", "data", "oracle", "verdict-again", "answer-hidden", "mutants", "oracle-again"]));
            Assert.That(result.OracleRewards, Is.EqualTo((double?[])[1, 1]));
            Assert.That(result.NothingReward, Is.Zero);
            Assert.That((result.MutantsRefused, result.Mutants), Is.EqualTo((3, 3)));
            Assert.That(deployment.World.Count("sandbox.start"), Is.EqualTo(4));
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }

    [TestCase("nothing", 1, "nothing")]
    [TestCase("oracle", 2, "verdict-again")]
    [TestCase("oracle", 4, "mutants")]
    [TestCase("again", 1, "oracle-again")]
    public async Task Names_the_check_that_does_not_hold(string container, int round, string check)
    {
        var (result, deployment) = await ProveAsync((where, number) => (where, number) == (container, round) ? 1 - Good(where, number) : Good(where, number));
        await using var _ = deployment;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Verdict, Is.EqualTo(ProofVerdict.Refuted));
            Assert.That(result.Checks.Where(done => done.Status == ProofStatus.Failed).Select(done => done.Name), Is.EqualTo((string[])[check]));
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Refutes_an_oracle_that_never_ends_whatever_its_verdict()
    {
        var (result, deployment) = await ProveAsync(Good, arrange: world => world.OracleNeverEnds = true);
        await using var _ = deployment;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Verdict, Is.EqualTo(ProofVerdict.Refuted));
            Assert.That(result.Checks.Single(check => check.Status == ProofStatus.Failed).Words, Does.StartWith("The oracle did not end within"));
            Assert.That(deployment.World.Count("sandbox.oracle"), Is.EqualTo(1), "once is enough");
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Refutes_a_task_whose_build_was_ended_in_the_builds_words()
    {
        const string words = "environment/Dockerfile does not build: the data builder writes too much: storage_mb gives it 32 MiB";
        var (result, deployment) = await ProveAsync(Good, arrange: world => world.Before = (step, _) => step == "sandbox.prepare"
            ? throw new ApplicationFailureException(words, FailureTypes.BuildFailed, nonRetryable: true)
            : Task.CompletedTask);
        await using var _ = deployment;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Verdict, Is.EqualTo(ProofVerdict.Refuted));
            Assert.That(result.Checks.Where(check => check.Status == ProofStatus.Failed).Select(check => (check.Name, check.Words)), Is.EqualTo([("build", words)]));
            Assert.That(deployment.World.Count("sandbox.start"), Is.Zero);
        }
    }

    [Test]
    public async Task Refutes_data_that_differs_from_build_to_build()
    {
        var builds = 0;
        var (result, deployment) = await ProveAsync(Good, buildsData: true, world => world.Output = _ => $"build {Interlocked.Increment(ref builds) / 2}");
        await using var _ = deployment;

        Assert.That(result.Checks.Single(check => check.Status == ProofStatus.Failed).Name, Is.EqualTo(ProofChecks.Data));
    }

    [Test]
    public async Task Does_the_oracle_again_in_a_new_container_where_one_is_lost_and_blames_nobody()
    {
        var lost = 0;
        var (result, deployment) = await ProveAsync(Good, arrange: world => world.Before = (call, _) =>
            call == "construction.mutants" || !call.StartsWith("sandbox.put", StringComparison.Ordinal) || Interlocked.Increment(ref lost) > 1
                ? Task.CompletedTask
                : throw new ApplicationFailureException("gone", FailureTypes.SandboxLost, nonRetryable: true));
        await using var _ = deployment;

        // The lost container was the first with an oracle; the next one's rounds are judged as "again", which passes all.
        using (Assert.EnterMultipleScope())
        {
            Assert.That(deployment.World.Count("sandbox.oracle"), Is.EqualTo(3));
            Assert.That(result.OracleRewards, Is.EqualTo((double?[])[1, 1]));
            Assert.That(result.Checks.Count(check => check.Name == ProofChecks.Oracle), Is.EqualTo(1));
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }

    [Test]
    public async Task Gives_no_verdict_where_infrastructure_stops_it()
    {
        var (result, deployment) = await ProveAsync(Good, arrange: world => world.Before = (call, _) =>
            call == "sandbox.oracle" ? throw new ApplicationFailureException("engine broke", FailureTypes.SandboxLost, nonRetryable: true) : Task.CompletedTask);
        await using var _ = deployment;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Verdict, Is.EqualTo(ProofVerdict.NoVerdict));
            Assert.That(result.Error, Does.Contain("engine broke"));
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }

    [TestCase(FailureTypes.SandboxUnavailable)]
    [TestCase(FailureTypes.SandboxLost)]
    public async Task An_outage_in_the_middle_starts_the_work_of_its_container_again_in_a_fresh_one(string type)
    {
        var (calls, rounds) = (0, new List<(string Container, int Round)>());
        var (result, deployment) = await ProveAsync(Good, arrange: world =>
        {
            world.Before = (call, _) => call.StartsWith("sandbox.verify", StringComparison.Ordinal) && Interlocked.Increment(ref calls) == 4
                ? throw new ApplicationFailureException("away for a minute", type, nonRetryable: true)
                : Task.CompletedTask;
            world.Verification = request =>
            {
                rounds.Add((request.Container, request.Round));
                var container = rounds.Select(round => round.Container).Distinct().Count() switch { 1 => "nothing", 2 or 3 => "oracle", _ => "again" };
                var value = Good(container, request.Round);
                return world.VerdictAsync(value, value is >= 1 ? 2 : 0, 2).GetAwaiter().GetResult();
            };
        });
        await using var _ = deployment;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Verdict, Is.EqualTo(ProofVerdict.Proven), result.Error);
            Assert.That(rounds, Is.Unique, "no round of a container is asked for twice: it would be given the reward of the first");
            Assert.That(deployment.World.Containers, Is.Empty);
        }
    }
}
