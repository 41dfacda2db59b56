using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>Images that declare volumes, whose content is no part of a container's own layer.</summary>
[Category("Docker")]
public sealed class VolumeTests
{
    private const string Base = """
        FROM debian:bookworm-slim
        RUN mkdir -p /app/sub /app/site-packages && echo old > /app/kept.txt && echo gone > /app/gone.txt && echo same > /app/sub/same && echo lib > /app/site-packages/lib.py
        VOLUME ["/app", "/data"]
        WORKDIR /app

        """;

    private const string Tests = """
        #!/bin/bash
        [ "$(cat kept.txt sub/new sub/same /data/x)" = $'newer\nnew\nsame\ndata' ] && [ ! -e gone.txt ] && [ "$(stat -c '%u:%g %a' sub/new)" = "1234:77 640" ] && echo 1 > /logs/verifier/reward.txt
        [ -e sub/conftest.py ] && echo 0.5 > /logs/verifier/reward.txt
        exit 0
        """;

    private static readonly string[] Work =
        ["echo newer > kept.txt; rm gone.txt; echo new > sub/new; chown 1234:77 sub/new; chmod 640 sub/new; echo data > /data/x"];

    [Test]
    public async Task A_shared_verifier_sees_what_the_agent_left_in_a_volume()
    {
        await using var bench = new SandboxBench();
        var (container, _) = await WorkedAsync(bench, Work);
        var verdict = await bench.VerifyAsync(container, Tests);
        Assert.That(verdict.Reward, Is.EqualTo(1), verdict.RewardProblem);
    }

    [Test]
    public async Task A_clean_verifier_has_it_too_but_nothing_that_acts_on_it()
    {
        await using var bench = new SandboxBench();
        var (container, image) = await WorkedAsync(bench, [.. Work, "echo x > sub/conftest.py; echo evil > site-packages/lib.py"]);
        var clean = await bench.VerifyApartAsync(container, VerdictMode.Clean, image, Tests + "\n[ \"$(cat site-packages/lib.py)\" = lib ] || echo 0 > /logs/verifier/reward.txt");
        var both = await bench.VerifyApartAsync(container, VerdictMode.Both, image, Tests);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(clean.Reward, Is.EqualTo(1), clean.RewardProblem);
            Assert.That(clean.Notes, Has.Some.Contains("stayed behind, among them /app/site-packages/lib.py, /app/sub/conftest.py").And.None.Contains("same"));
            Assert.That((both.Reward, both.SharedReward, both.Differs), Is.EqualTo(((double?)1, (double?)0.5, true)));
            Assert.That(both.Warnings, Has.Some.Contains("/app/sub/conftest.py"));
        }
    }

    [Test]
    public async Task Tests_and_logs_may_be_volumes()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nVOLUME /tests /logs /solution\nWORKDIR /srv\n");
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30, ["echo x > done; echo 1 > /logs/verifier/reward.txt; echo planted > /tests/planted.sh"]);
        const string script = "#!/bin/bash\nls /logs/verifier /tests; [ ! -e /logs/verifier/reward.txt ] && [ -e done ] && . /tests/part.sh\n";
        var part = ("part.sh", "echo 1 > /logs/verifier/reward.txt\n");
        var shared = await bench.VerifyAsync(started.Container, script, files: [part]);
        var clean = await bench.VerifyApartAsync(started.Container, VerdictMode.Clean, image.Image, script, files: [part]);
        Assert.That((shared.Reward, clean.Reward), Is.EqualTo(((double?)1, (double?)1)), $"{shared.RewardProblem} {clean.RewardProblem}");
    }

    [Test]
    public async Task What_an_oracle_writes_into_a_volume_is_kept()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        var solution = await bench.TarAsync(("solve.sh", "#!/bin/sh\necho answer > /app/sub/answer.txt\n"));
        var reply = await bench.DoAsync(sandbox => sandbox.OracleAsync(new OracleRequest { Container = started.Container, Solution = solution, TimeoutSec = 60, KeepChanges = true }));
        await using var tar = await bench.Store.OpenAsync(reply.Changes!, CancellationToken.None);
        Assert.That(await TarPack.TextAsync(tar, "app/sub/answer.txt", CancellationToken.None), Is.EqualTo("answer\n"));
    }

    [Test]
    public async Task Volumes_go_with_their_containers()
    {
        var before = await DanglingAsync();
        await using (var bench = new SandboxBench())
        {
            var (container, image) = await WorkedAsync(bench, Work);
            var volumes = (await DockerAsync("inspect", "--format", "{{range .Mounts}}{{.Name}} {{end}}", container)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            Assert.That(volumes, Has.Length.EqualTo(2));
            await bench.VerifyApartAsync(container, VerdictMode.Clean, image, Tests);
            await bench.Gateway.RemoveAsync(container, CancellationToken.None);
            Assert.That(await DockerAsync("volume", "ls", "--quiet"), Does.Not.Contain(volumes[0]).And.Not.Contain(volumes[1]));

            // One that ends by itself takes its volumes along too.
            var short1 = await bench.StartAsync(image, deadlineSec: 1, ordinal: 2);
            await Eventually.IsTrueAsync(async () => !await bench.ExistsAsync(short1.Container), "its deadline is over", TimeSpan.FromSeconds(30));
        }

        await Eventually.IsTrueAsync(async () => !(await DanglingAsync()).Except(before).Any(), "no volume is left without a container", TimeSpan.FromSeconds(20));
    }

    private static async Task<(string Container, string Image)> WorkedAsync(SandboxBench bench, IReadOnlyList<string> commands)
    {
        var image = await bench.BuildAsync(Base);
        var started = await bench.StartAsync(image.Image);
        await bench.TurnAsync(started.Container, 1, 30, commands);
        return (started.Container, image.Image);
    }

    private static async Task<string[]> DanglingAsync() =>
        (await DockerAsync("volume", "ls", "--quiet", "--filter", "dangling=true")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task<string> DockerAsync(params string[] arguments) =>
        (await ProgramRun.RunAsync("docker", arguments)).Output;
}
