using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.Faults;

/// <summary>Whatever is killed, a run ends as it would have ended, and nothing is paid for twice: what holds for every kind of run.</summary>
/// <typeparam name="TRun">Handle of a run.</typeparam>
public abstract class FaultFixture<TRun>
{
    /// <summary>The call during which workers are killed, and its reply.</summary>
    private protected abstract (Func<FakeModelRequest, bool> IsIt, FakeReply Reply) Held { get; }

    /// <summary>The model, with replies of a test's own where it gives some.</summary>
    private protected abstract Func<FakeModelRequest, FakeReply> Model(Func<FakeModelRequest, FakeReply?>? instead = null);

    private protected abstract Task<TRun> StartAsync(FaultRig rig);

    /// <summary>Waits until the run is at work in a container.</summary>
    private protected abstract Task AtWorkAsync(FaultRig rig);

    /// <summary>Waits for the end, and holds it against an end without faults.</summary>
    /// <param name="rig">Where it runs.</param>
    /// <param name="run">The run.</param>
    /// <param name="resent">How many requests were sent again.</param>
    private protected abstract Task EndsWellAsync(FaultRig rig, TRun run, int resent);

    [Test]
    public Task The_worker_is_killed_during_a_model_call() => KilledInCallAsync(Held.IsIt, Held.Reply);

    [Test]
    public async Task The_worker_is_killed_between_a_reply_and_its_completion()
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = Model(request => Held.IsIt(request) ? Held.Reply with { Until = held.Task } : null);
        var gate = rig.StartWorker(gated: true)!;
        var run = await StartAsync(rig);
        await AskedAsync(rig, Held.IsIt);

        // From here the worker can receive and keep the reply, but not say so.
        gate.Close();
        var kept = rig.RepliesKept;
        held.SetResult();
        await Eventually.IsTrueAsync(() => Task.FromResult(rig.RepliesKept > kept), "the reply is kept");
        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    [Test]
    public async Task The_server_is_killed_and_comes_back()
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();
        var run = await StartAsync(rig);
        await AtWorkAsync(rig);

        await rig.KillAndRestartServerAsync();

        await EndsWellAsync(rig, run, resent: 0);
    }

    /// <summary>The worker is killed while the model is at a reply, which another worker asks for again.</summary>
    private protected async Task KilledInCallAsync(Func<FakeModelRequest, bool> isIt, FakeReply reply)
    {
        await using var rig = await FaultRig.StartAsync();
        var held = new TaskCompletionSource();
        rig.Model.Script = Model(request => isIt(request) && !held.Task.IsCompleted ? reply with { Until = held.Task } : null);
        rig.StartWorker();
        var run = await StartAsync(rig);
        await AskedAsync(rig, isIt);

        await rig.KillWorkerAsync();
        held.SetResult();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 1);
    }

    /// <summary>The worker is killed at a moment in which no request is under way.</summary>
    private protected async Task KilledAsync(Func<FaultRig, Task> moment, Func<FaultRig, Task<TRun>>? start = null)
    {
        await using var rig = await FaultRig.StartAsync();
        rig.Model.Script = Model();
        rig.StartWorker();
        var run = await (start ?? StartAsync)(rig);
        await moment(rig);

        await rig.KillWorkerAsync();
        rig.StartWorker();

        await EndsWellAsync(rig, run, resent: 0);
    }

    private static Task AskedAsync(FaultRig rig, Func<FakeModelRequest, bool> isIt) => Eventually.IsTrueAsync(
        () => Task.FromResult(rig.Model.Requests.Any(isIt)), $"the model is asked; the worker says:\n{rig.WorkerLog}", TimeSpan.FromMinutes(2));
}
