using Spark.Temporal.Activities.Llm;

namespace Spark.Temporal.Tests.Activities.Llm;

public sealed class CallGateTests
{
    private static async Task<List<CallGate.Place>> EnterAsync(CallGate gate, int calls)
    {
        var places = new List<CallGate.Place>();
        for (var i = 0; i < calls; i++)
        {
            places.Add(await gate.EnterAsync(CancellationToken.None));
        }

        return places;
    }

    private static void End(IEnumerable<CallGate.Place> places, bool throttled)
    {
        foreach (var place in places)
        {
            place.Answered(throttled);
            place.Dispose();
        }
    }

    [Test]
    public async Task Without_trouble_nothing_is_held_back()
    {
        var gate = new CallGate(null);

        var places = await EnterAsync(gate, 500);
        End(places, throttled: false);

        Assert.That(gate.Limit, Is.Null);
    }

    [Test]
    public async Task Calls_refused_together_halve_it_once_and_the_next_round_again()
    {
        var gate = new CallGate(null);
        End(await EnterAsync(gate, 16), throttled: true);
        var first = gate.Limit;
        End(await EnterAsync(gate, 8), throttled: true);
        var second = gate.Limit;
        for (var round = 0; round < 10; round++)
        {
            End(await EnterAsync(gate, 1), throttled: true);
        }

        Assert.That((first, second, gate.Limit), Is.EqualTo((8, 4, 1)), "one call is always let through");
    }

    [Test]
    public async Task It_grows_back_by_one_a_round_of_answers_up_to_the_settings()
    {
        var gate = new CallGate(4);
        End(await EnterAsync(gate, 4), throttled: true);
        var limits = new List<int?>();
        for (var round = 0; round < 6; round++)
        {
            limits.Add(gate.Limit);
            End(await EnterAsync(gate, gate.Limit!.Value), throttled: false);
        }

        Assert.That(limits[0], Is.EqualTo(2));
        Assert.That(limits.Zip(limits.Skip(1)).Select(pair => pair.Second - pair.First), Is.All.InRange(0, 1));
        Assert.That(gate.Limit, Is.EqualTo(4));
    }

    [Test]
    public async Task Who_waits_comes_in_in_order_and_who_gives_up_takes_no_place()
    {
        var gate = new CallGate(1);
        var inside = await gate.EnterAsync(CancellationToken.None);
        using var impatient = new CancellationTokenSource();
        var (first, second) = (gate.EnterAsync(impatient.Token), gate.EnterAsync(CancellationToken.None));

        await impatient.CancelAsync();
        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(second.IsCompleted, Is.False);
        inside.Dispose();
        inside.Dispose();

        (await second).Dispose();
        using var alone = await gate.EnterAsync(CancellationToken.None);
        Assert.That(gate.EnterAsync(CancellationToken.None).IsCompleted, Is.False, "a place given back twice is one place");
    }
}
