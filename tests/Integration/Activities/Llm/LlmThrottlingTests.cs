using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Testing;

namespace Spark.Temporal.Tests.Activities.Llm;

/// <summary>Calls at once at an endpoint that throttles.</summary>
public sealed class LlmThrottlingTests : LlmTestBase
{
    [Test]
    public async Task After_a_429_fewer_calls_are_sent_at_once_and_those_that_wait_beat_and_can_be_cancelled()
    {
        var activities = Activities(("HeartbeatSec", "0.02"));
        var gate = new TaskCompletionSource();
        Server.Script = _ => FakeReply.Text("Done.") with { Until = gate.Task };

        // Four at once are refused together: two at once from now on.
        var together = new TaskCompletionSource();
        Server.Then([.. Enumerable.Range(0, 4).Select(_ => FakeReply.Error(429, "slow down") with { Until = together.Task })]);
        var refused = await StartAsync(activities, 4, 1);
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 4), "all four are under way");
        together.SetResult();
        foreach (var call in refused)
        {
            var failure = await Assert.ThrowsAsync<ApplicationFailureException>(() => call.Task);
            Assert.That(failure!.ErrorType, Is.EqualTo(FailureTypes.ModelUnavailable));
        }

        var calls = await StartAsync(activities, 2, 11);
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 6), "two are under way");
        calls.AddRange(await StartAsync(activities, 2, 13));
        await Eventually.IsTrueAsync(() => Task.FromResult(calls.All(call => call.Beats > 3)), "also those that wait beat");
        Assert.That(Server.Requests, Has.Count.EqualTo(6), "the other two wait");
        Assert.That(Logs.Lines, Has.Some.Contains("at most 2 calls at once"));

        calls[3].Environment.Cancel();
        Assert.That(async () => await calls[3].Task, Throws.InstanceOf<OperationCanceledException>());
        gate.SetResult();
        await Task.WhenAll(calls.Take(3).Select(call => call.Task));
        Assert.That(Server.Requests, Has.Count.EqualTo(7), "what was cancelled while it waited was never sent");
    }

    [Test]
    public async Task The_settings_limit_calls_at_once_from_the_start()
    {
        var activities = Activities(("Profiles:default:ConcurrentCalls", "1"));
        var gate = new TaskCompletionSource();
        Server.Script = _ => FakeReply.Text("Done.") with { Until = gate.Task };

        var calls = await StartAsync(activities, 3, 1);
        await Eventually.IsTrueAsync(() => Task.FromResult(Server.Requests.Count == 1), "one is under way");
        gate.SetResult();
        var replies = await Task.WhenAll(calls.Select(call => call.Task));

        Assert.That(Server.Requests, Has.Count.EqualTo(3));
        Assert.That(replies.Sum(reply => reply.ResentInFlight), Is.Zero);
    }

    private async Task<List<Call>> StartAsync(ILlmActivities activities, int calls, int firstNumber)
    {
        var started = new List<Call>();
        for (var i = 0; i < calls; i++)
        {
            started.Add(new Call(activities, await RequestAsync() with { Call = firstNumber + i }));
        }

        return started;
    }

    private sealed class Call
    {
        private int _beats;

        public Call(ILlmActivities activities, LlmRequest request)
        {
            Environment = NewEnvironment() with { Heartbeater = _ => Interlocked.Increment(ref _beats) };
            Task = CallAsync(activities, request, Environment);
        }

        public ActivityEnvironment Environment { get; }

        public Task<LlmReply> Task { get; }

        public int Beats => Volatile.Read(ref _beats);
    }
}
