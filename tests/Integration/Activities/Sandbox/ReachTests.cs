using System.Text;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>What an agent or a verifier leaves behind to hold up the worker.</summary>
public sealed class ReachTests
{
    [Test]
    [Category("Docker")]
    public async Task A_file_with_holes_is_named_and_left_out_and_the_verdict_is_given_in_time()
    {
        await using var bench = new SandboxBench(options => (options.FileBytes, options.FolderBytes) = (1024 * 1024, 4 * 1024 * 1024));
        var started = await bench.StartAsync();
        var verifying = bench.VerifyAsync(started.Container, "#!/bin/sh\ntruncate -s 1T /logs/verifier/disk.img\necho 1 > /logs/verifier/reward.txt\n");
        var reply = await verifying.WaitAsync(TimeSpan.FromSeconds(60));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Reward, Is.EqualTo(1));
            Assert.That(reply.Notes, Has.Some.Contains("/logs/verifier/disk.img has 1,099,511,627,776 bytes and was left out"));
        }
    }

    [Test]
    [Category("Docker")]
    public async Task A_name_with_a_new_line_is_named_and_left_out()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        await bench.TurnAsync(started.Container, 1, 20, ["echo x > \"$(printf '/logs/agent/n\\303\\251w\\nline')\"; echo x > \"$(printf '/logs/agent/new\\nline')\"; echo x > /logs/agent/kept"]);
        var reply = await bench.VerifyAsync(started.Container, "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(reply.Reward, Is.EqualTo(1));
            Assert.That(reply.Notes, Has.Some.StartsWith("/logs/agent"));
        }
    }

    [Test]
    public async Task Answers_without_end_break_the_connection_and_do_not_pile_up()
    {
        using var process = new Endless();
        var answers = new ShellAnswers("mark", 1024 * 1024);
        var waiting = answers.ToAsync("done", "turn-1.1");
        await answers.ReadAsync(process, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.That(async () => await waiting, Throws.InstanceOf<IOException>());
        Assert.That(process.Bytes, Is.LessThan(2 * 1024 * 1024));
        Assert.That(process.Ended, Is.True);
    }

    [TestCase("\nmark done\n")]
    [TestCase("\nmark \n")]
    public async Task An_answer_that_is_none_breaks_the_connection(string said)
    {
        using var process = new Endless(said);
        var answers = new ShellAnswers("mark", 1024 * 1024);
        var waiting = answers.ToAsync("done", "turn-1.1");
        await answers.ReadAsync(process, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.That(async () => await waiting, Throws.InstanceOf<IOException>().With.Message.Contains("names no request"));
    }

    private sealed class Endless(string first = "") : IContainerProcess
    {
        private string _first = first;

        public long Bytes { get; private set; }

        public bool Ended { get; private set; }

        public Task WriteAsync(ReadOnlyMemory<byte> input, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<int> ReadAsync(byte[] buffer, CancellationToken cancellationToken)
        {
            var read = _first.Length > 0 ? Encoding.ASCII.GetBytes(_first, buffer) : buffer.Length;
            _first = "";
            Bytes += read;
            return Task.FromResult(read);
        }

        public Task<long> ExitCodeAsync(CancellationToken cancellationToken) => Task.FromResult(0L);

        public void Dispose() => Ended = true;
    }

    [Test]
    [Category("Docker")]
    public async Task Who_stops_whatever_the_engine_starts_gets_no_verdict_and_is_removed()
    {
        await using var bench = new SandboxBench();
        var started = await bench.StartAsync();
        await bench.TurnAsync(started.Container, 1, 5, ["printf 'while :; do kill -STOP -1; done' > /tmp/stop.sh; (setsid sh /tmp/stop.sh > /dev/null 2>&1 < /dev/null &)"]);

        var clock = System.Diagnostics.Stopwatch.StartNew();
        var reply = await bench.VerifyAsync(started.Container, "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n", timeoutSec: 3);
        var removed = await bench.DoAsync(sandbox => sandbox.RemoveAsync(new RemoveRequest(started.Container)));

        Assert.That(reply.Reward, Is.Null.Or.EqualTo(1));
        Assert.That(removed.Removed);
        Assert.That(clock.Elapsed.TotalSeconds, Is.LessThan(90));
    }
}
