namespace Spark.Temporal.Starter.Worlds;

/// <summary>Instances of the household world.</summary>
internal static class HouseholdTasks
{
    /// <summary>Makes this many tasks, with the kinds of errands in turn; the same seed gives the same tasks.</summary>
    public static IEnumerable<WorldTask> Make(int count, ulong seed, IReadOnlyList<string> kinds) => Enumerable.Range(1, count).Select(number =>
    {
        var kind = kinds[(number - 1) % kinds.Count];
        var (game, solution) = HouseholdGenerator.Make(seed, number, kind);
        return new WorldTask($"household-s{seed}-{number:0000}-{kind}", game.Goal.Text, game, solution, "Household", kind);
    });
}
