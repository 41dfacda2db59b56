using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Domain.Evaluation;

/// <summary>One trial of a plan, by the places of its parts in the input.</summary>
/// <param name="Task">Place of the task.</param>
/// <param name="Student">Place of the student model.</param>
/// <param name="Arm">Place of the arm.</param>
/// <param name="Repeat">From 1.</param>
public readonly record struct PlannedTrial(int Task, int Student, int Arm, int Repeat);

/// <summary>
/// The order of an evaluation's trials. All trials of one task are next to each other, so that a slow hour or a broken host
/// hits all arms equally. Within a task their order is random, so that no arm is always first.
/// </summary>
/// <param name="tasks">How many tasks.</param>
/// <param name="students">How many models.</param>
/// <param name="arms">How many arms.</param>
/// <param name="repeats">How often each is tried.</param>
/// <param name="seed">The same seed gives the same order.</param>
public sealed class EvaluationPlan(int tasks, int students, int arms, int repeats, ulong seed)
{
    private readonly Dictionary<int, int[]> _orders = [];

    /// <summary>Trials of one task.</summary>
    public int PerTask { get; } = students * arms * repeats;

    /// <summary>Trials in all.</summary>
    public int Count => tasks * PerTask;

    /// <summary>The trial at a place of the order, from 0.</summary>
    public PlannedTrial this[int place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(place, Count);
            var task = place / PerTask;
            var at = Order(task)[place % PerTask];
            return new PlannedTrial(task, at / (arms * repeats), at / repeats % arms, (at % repeats) + 1);
        }
    }

    private int[] Order(int task)
    {
        if (!_orders.TryGetValue(task, out var order))
        {
            order = [.. Enumerable.Range(0, PerTask)];
            new SplitMix(seed + ((ulong)task * 0x9E3779B9)).Shuffle<int>(order);
            _orders[task] = order;
        }

        return order;
    }
}
