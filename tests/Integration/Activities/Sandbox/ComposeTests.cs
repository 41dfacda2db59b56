using Microsoft.Extensions.DependencyInjection;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Temporalio.Exceptions;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>Tasks with several services, on the engine's own compose.</summary>
[Category("Docker")]
public sealed class ComposeTests
{
    private const string Image = "debian:bookworm-slim";

    private const string Database = """
        services:
          main:
            depends_on:
              db: {condition: service_healthy}
            environment: {PLACE: db}
            volumes: ["shared:/shared:ro"]
          db:
            image: debian:bookworm-slim
            command: ["sh", "-c", "echo the database starts; echo said > /shared/made; sleep 1000"]
            healthcheck: {test: ["CMD-SHELL", "test -e /shared/made"], interval: 1s, retries: 20}
            volumes: ["shared:/shared"]
            ports: ["80:80"]
        volumes: {shared: {}}
        """;

    [SetUp]
    public void Needed()
    {
        Requires.Docker();
        if (Requires.FindOnPath("docker-compose") is null)
        {
            Requires.Missing("docker-compose");
        }
    }

    [Test]
    public async Task Services_run_beside_the_agent_and_all_of_them_goes_with_the_trial()
    {
        await using var bench = new SandboxBench();
        var started = await StartAsync(bench, Database);
        var project = Project(bench);
        var (_, answers) = await bench.TurnAsync(started.Container, 1, 30, ["cat /shared/made; getent hosts db >/dev/null && echo found $PLACE; touch /shared/x"]);
        var services = await bench.Gateway.ListAsync($"com.docker.compose.project={project}", CancellationToken.None);
        var verdict = await bench.VerifyAsync(started.Container, "#!/bin/sh\ngetent hosts db >/dev/null && echo 1 > /logs/verifier/reward.txt\n");
        await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container, 1, All: true)));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(answers[0].Content, Does.StartWith("said\nfound db\n").And.Contains("Read-only file system"));
            Assert.That(started.Notes, Has.Some.Contains("db"));
            Assert.That(services, Has.Count.EqualTo(2));
            Assert.That(services, Has.All.Matches<ContainerFacts>(one => one!.Labels[SandboxLabels.Worker] == bench.Host && one.Labels.ContainsKey(SandboxLabels.Deadline)));
            Assert.That(verdict.Reward, Is.EqualTo(1));
            Assert.That(await LeftAsync(bench, project), Is.Empty);
        }
    }

    [Test]
    public async Task A_worker_that_died_leaves_nothing_that_the_sweep_does_not_find()
    {
        await using var bench = new SandboxBench();
        await StartAsync(bench, Database);
        bench.RestartWorker();
        await bench.Services.GetRequiredService<ISandboxSweeper>().SweepAsync((id, _) => Task.FromResult<bool?>(id == bench.WorkflowId), CancellationToken.None);
        Assert.That(await LeftAsync(bench, Project(bench)), Is.Empty);
    }

    [TestCase("services: {main: {depends_on: {db: {condition: service_healthy}}}, db: {image: debian:bookworm-slim, command: [sleep, '1000'], healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 2}}}", "service 'db'", "unhealthy")]
    [TestCase("services: {main: {}, db: {image: 'localhost:1/nobody/has:this', command: [sleep, '1000']}}", "service 'db'", "image localhost:1/nobody/has:this cannot be had")]
    [TestCase("services: {main: {}, db: {image: debian:bookworm-slim, privileged: true}}", "service 'db'", "privileged")]
    [TestCase("services: {main: {}, db: {image: debian:bookworm-slim, volumes: ['/etc:/host']}}", "service 'db'", "/etc")]
    [TestCase("services: {main: {}, db: {image: [}}", "environment/docker-compose.yaml", "not understood")]
    [TestCase("services: {main: {}, db: {imag: x}}", "environment/docker-compose.yaml", "imag")]
    public async Task What_cannot_run_ends_with_one_line_that_names_file_and_service(string file, string service, string what)
    {
        await using var bench = new SandboxBench();
        var failure = (await Assert.ThrowsAsync<ApplicationFailureException>(() => StartAsync(bench, file)))!;
        await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest("", 1, All: true)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(failure.ErrorType, Is.EqualTo("StartFailed"));
            Assert.That(failure.Message, Does.StartWith("environment/docker-compose.yaml").And.Contains(service).And.Contains(what));
            Assert.That(failure.Message, Does.Not.Contain('\n'));
            Assert.That(await LeftAsync(bench, Project(bench)), Is.Empty);
        }
    }

    [Test]
    public async Task No_variable_of_the_worker_reaches_a_compose_file()
    {
        await using var bench = new SandboxBench();
        Environment.SetEnvironmentVariable("COMPOSE_TEST_SECRET", "hidden-value");
        try
        {
            var started = await StartAsync(bench, "services: {main: {environment: {GOT: '${COMPOSE_TEST_SECRET:-nothing}'}}, db: {image: debian:bookworm-slim, command: [sleep, '1000']}}");
            var (_, answers) = await bench.TurnAsync(started.Container, 1, 30, ["echo $GOT"]);
            Assert.That(answers[0].Content, Is.EqualTo("nothing\n"));
            await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container, 1, All: true)));
        }
        finally
        {
            Environment.SetEnvironmentVariable("COMPOSE_TEST_SECRET", null);
        }
    }

    private static async Task<StartedSandbox> StartAsync(SandboxBench bench, string file)
    {
        var environment = await bench.TarAsync(("docker-compose.yaml", file));
        return await bench.DoAsync(sandbox => sandbox.StartAsync(new StartRequest
        {
            Image = Image, Task = "test", DeadlineSec = 600, Shell = true, Run = bench.WorkflowId, Environment = environment,
            Settings = new TaskSettings { BuildTimeoutSec = 60, Compose = new ComposeSettings { Services = ["db"] } },
        }));
    }

    private static string Project(SandboxBench bench) => SandboxLabels.ContainerName(bench.WorkflowId, "run-of-test", 1);

    private static async Task<IReadOnlyList<string>> LeftAsync(SandboxBench bench, string project) =>
    [
        .. (await bench.Gateway.ListAsync($"com.docker.compose.project={project}", CancellationToken.None)).Select(container => container.Name),
        .. (await bench.Gateway.ListProjectsAsync($"com.docker.compose.project={project}", CancellationToken.None)).Keys,
    ];
}
