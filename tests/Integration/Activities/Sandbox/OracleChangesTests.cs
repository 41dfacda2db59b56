using System.Formats.Tar;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

public sealed class OracleChangesTests
{
    [Test]
    public void Names_what_may_be_an_answer_likeliest_first()
    {
        var found = OracleChanges.Candidates(
            ["/usr", "/usr/bin", "/usr/bin/tool", "/app", "/app/out", "/app/out/a.json", "/tmp", "/tmp/scratch", "/solution/solve.sh", "/app/__pycache__/x.pyc", "/logs"]);

        Assert.That(found, Is.EqualTo((string[])["/app/out/a.json", "/usr/bin/tool"]));
    }

    [Test]
    [Category("Docker")]
    public async Task Brings_home_what_the_oracle_made_and_changed_and_said()
    {
        await using var bench = new SandboxBench();
        var image = await bench.BuildAsync("FROM debian:bookworm-slim\nWORKDIR /work\nRUN echo old > changed.txt; echo kept > kept.txt; mkdir -p made; chmod 700 made\n");
        var started = await bench.StartAsync(image.Image, shell: false);
        var solution = await bench.TarAsync(("solve.sh", "#!/bin/bash\necho new > changed.txt\necho 42 > made/answer.txt\necho scratch > /tmp/x\nrm kept.txt\necho done\n"));

        var oracle = await bench.DoAsync(sandbox => sandbox.OracleAsync(
            new OracleRequest { Container = started.Container, Solution = solution, TimeoutSec = 30, KeepChanges = true }));

        Assert.That(oracle.Changes, Is.Not.Null);
        var files = await FilesAsync(bench.Store, oracle.Changes!);
        Assert.That(files, Is.EqualTo(new Dictionary<string, string>
        {
            ["spark-oracle-stdout.txt"] = "done\n", ["work/changed.txt"] = "new\n", ["work/made/answer.txt"] = "42\n",
        }));
    }

    [Test]
    [Category("Docker")]
    public async Task Verifies_the_same_container_again_and_sees_files_put_into_it()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync(shell: false);
        var tests = await bench.TarAsync(("test.sh", "#!/bin/bash\ngrep -q right /answer.txt && echo 1 > /logs/verifier/reward.txt || echo 0 > /logs/verifier/reward.txt\n"));
        Task<VerifyReply> VerifyAsync(int round) => bench.DoAsync(sandbox => sandbox.VerifyAsync(
            new VerifyRequest { Container = started.Container, Tests = tests, Settings = new TaskSettings(), TimeoutSec = 30, Round = round }));

        var without = await VerifyAsync(1);
        var put = await bench.DoAsync(async sandbox => await sandbox.PutAsync(new PutRequest(started.Container, await bench.TarAsync(("answer.txt", "right")))));
        var same = await VerifyAsync(1);
        var again = await VerifyAsync(2);
        var listed = await bench.DoAsync(sandbox => sandbox.ExecAsync(
            new ExecRequest { Container = started.Container, Id = "look", Command = ["sh", "-c", "cat /answer.txt; exit 4"], TimeoutSec = 10 }));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(without.Reward, Is.Zero);
            Assert.That(put.Files, Is.EqualTo(1));
            Assert.That(same.Reward, Is.Zero, "a verification is carried out once");
            Assert.That(again.Reward, Is.EqualTo(1));
            Assert.That(listed.ExitCode, Is.EqualTo(4));
            Assert.That(listed.Tail, Is.EqualTo("right"));
        }
    }

    private static async Task<Dictionary<string, string>> FilesAsync(IArtifactStore store, ArtifactRef archive)
    {
        await using var stream = await store.OpenAsync(archive, CancellationToken.None);
        await using var reader = new TarReader(stream);
        var files = new Dictionary<string, string>();
        while (await reader.GetNextEntryAsync(copyData: true) is { } entry)
        {
            using var text = new StreamReader(entry.DataStream ?? Stream.Null);
            files[entry.Name] = await text.ReadToEndAsync();
        }

        return files;
    }
}
