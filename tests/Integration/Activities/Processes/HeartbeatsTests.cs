using Spark.Temporal.Activities.Processes;

namespace Spark.Temporal.Tests.Activities.Processes;

public sealed class HeartbeatsTests
{
    [Test]
    public async Task Beats_now_and_then_and_never_after_its_end()
    {
        var time = new ManualTime();
        List<string?> beats = [];
        var heartbeats = Heartbeats.Start(beats.Add, time);
        heartbeats.Beat();
        Assert.That(beats, Is.Empty, "a quick activity needs no heartbeat");

        time.Pass(TimeSpan.FromSeconds(1.2));
        heartbeats.Beat();
        heartbeats.Beat();
        heartbeats.Show("line");
        time.Pass(TimeSpan.FromSeconds(2));
        time.Fire();
        Assert.That(beats, Is.EqualTo((string?[])[null, "line"]));

        time.Pass(TimeSpan.FromSeconds(2));
        await heartbeats.DisposeAsync();
        heartbeats.Beat();
        Assert.That(beats, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Ends_when_its_last_beat_has_been_recorded()
    {
        var time = new ManualTime();
        var beats = 0;
        var heartbeats = Heartbeats.Start(_ => beats++, time);
        time.Pass(TimeSpan.FromSeconds(2));
        time.Fire();
        var ending = heartbeats.DisposeAsync().AsTask();
        Assert.That((beats, ending.IsCompleted), Is.EqualTo((1, false)));
        time.Pass(TimeSpan.FromSeconds(1));
        time.Fire();
        await ending;
        Assert.That(beats, Is.EqualTo(1));
    }

    /// <summary>Time that passes when it is told to; its timers fire when they are told to.</summary>
    private sealed class ManualTime : TimeProvider
    {
        private readonly List<Timer> _timers = [];
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(() => callback(state));
            _timers.Add(timer);
            return timer;
        }

        public void Pass(TimeSpan time) => _now += time.Ticks;

        public void Fire()
        {
            foreach (var timer in _timers.Where(timer => !timer.Ended).ToList())
            {
                timer.Fire();
            }
        }

        private sealed class Timer(Action fire) : ITimer
        {
            public bool Ended { get; private set; }

            public Action Fire => fire;

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => Ended = true;

            public ValueTask DisposeAsync()
            {
                Ended = true;
                return ValueTask.CompletedTask;
            }
        }
    }
}
