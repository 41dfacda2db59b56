using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Activities.Sandbox;

/// <summary>A turn that is made again in another container gets the answers of the first time.</summary>
[Category("Docker")]
public sealed class KeptTurnTests
{
    private SandboxBench _bench = null!;

    [SetUp]
    public void Open() => _bench = new SandboxBench();

    [TearDown]
    public async Task RemoveAsync() => await _bench.DisposeAsync();

    [Test]
    public async Task The_answer_is_the_first_ones_and_the_effects_are_there()
    {
        var (one, two) = ((await _bench.StartAsync()).Container, (await _bench.StartAsync(ordinal: 2)).Container);
        var asked = await _bench.SayAsync(null, ["date +%s%N | tee /tmp/when; echo ran >> /tmp/runs; exit 3"]);

        var first = await _bench.TurnAsync(one, 1, 20, asked);
        var again = await _bench.TurnAsync(two, 1, 20, asked);
        var retried = await _bench.TurnAsync(two, 1, 20, asked);

        Assert.Multiple(async () =>
        {
            Assert.That(again.Reply, Is.EqualTo(first.Reply));
            Assert.That(again.Answers[0].Content, Does.Contain("[exit code 3]"));
            Assert.That(retried.Reply, Is.EqualTo(first.Reply));
            Assert.That(first.Answers[0].Content, Does.StartWith((await ReadAsync(one, "/tmp/when")).Trim()));
            Assert.That(await ReadAsync(two, "/tmp/when"), Is.Not.Empty.And.Not.EqualTo(await ReadAsync(one, "/tmp/when")), "it really ran there");
            Assert.That(await ReadAsync(two, "/tmp/runs"), Is.EqualTo("ran\n"), "once");
        });
    }

    [Test]
    public async Task A_container_that_ended_is_no_answer_to_keep()
    {
        var (one, two) = ((await _bench.StartAsync()).Container, (await _bench.StartAsync(ordinal: 2)).Container);
        var asked = await _bench.SayAsync(null, ["[ -e /tmp/stay ] || kill -9 -1; echo alive"]);

        var first = await _bench.TurnAsync(one, 1, 20, asked);
        await _bench.TurnAsync(two, 1, 20, ["touch /tmp/stay"]);
        var again = await _bench.TurnAsync(two, 2, 20, asked);

        Assert.That((first.Reply.ContainerEnded, again.Reply.ContainerEnded), Is.EqualTo((true, false)), first.Answers[0].Content);
        Assert.That(again.Answers[0].Content, Is.EqualTo("alive\n"));
    }

    [Test]
    public async Task An_answer_that_the_store_lost_is_given_by_the_container()
    {
        var container = (await _bench.StartAsync()).Container;
        var asked = await _bench.SayAsync(null, ["echo here"]);
        var lost = new ArtifactRef(new string('a', 64), 10, MediaTypes.Json);
        await _bench.Store.PutKeyAsync($"turn/{asked.Sha256}", $$"""{"conversation":"{{lost}}","commands":1,"exit_code":0,"duration_ms":1}""", CancellationToken.None);

        var turn = await _bench.TurnAsync(container, 1, 20, asked);

        Assert.That(turn.Answers[0].Content, Is.EqualTo("here\n"));
    }

    private Task<string> ReadAsync(string container, string path) => Probe.RunAsync(_bench.Gateway, container, $"cat {path}");
}
