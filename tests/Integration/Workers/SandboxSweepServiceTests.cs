using Microsoft.Extensions.Logging.Abstractions;
using Spark.Temporal.Activities.Sandbox;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workers;

namespace Spark.Temporal.Tests.Workers;

[Category("Server")]
public sealed class SandboxSweepServiceTests
{
    [Test]
    public async Task Asks_the_server_whether_a_workflow_is_closed()
    {
        var client = await TemporalServer.ClientAsync();
        var id = $"sweep-{Guid.NewGuid()}";
        var run = await client.StartWorkflowAsync("Unknown", [], new(id, "nobody"));
        using var service = new SandboxSweepService(new NoSweeper(), new NoImages(), new SandboxOptions(), client, NullLogger<SandboxSweepService>.Instance);

        Assert.That(await service.IsClosedAsync(id, CancellationToken.None), Is.False);
        await run.TerminateAsync();
        Assert.That(await service.IsClosedAsync(id, CancellationToken.None), Is.True);
        Assert.That(await service.IsClosedAsync("of another server", CancellationToken.None), Is.Null);
    }

    private sealed class NoImages : IImageCollector
    {
        public Task<IReadOnlyList<string>> CollectAsync(CancellationToken cancellationToken) => throw new AssertionException("nothing is collected here");
    }

    private sealed class NoSweeper : ISandboxSweeper
    {
        public Task<IReadOnlyList<string>> SweepAsync(WorkflowClosed isClosed, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>([]);
    }
}
