namespace Spark.Temporal.Starter.Worlds;

/// <summary>One game of the household world, as its world reads it, with a solution.</summary>
public sealed record HouseholdGame
{
    public required HouseholdGoal Goal { get; init; }

    /// <summary>Room in which the player starts.</summary>
    public required string Start { get; init; }

    public required int MaxSteps { get; init; }

    /// <summary>Rooms with the rooms that their doors lead to.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Rooms { get; init; }

    public required IReadOnlyList<Furniture> Furniture { get; init; }

    public required IReadOnlyList<Thing> Things { get; init; }
}

/// <param name="Kind">One of <see cref="HouseholdGenerator.Kinds"/>.</param>
/// <param name="Thing">What it is about, without number.</param>
/// <param name="Target">Furniture it belongs to, without number; null for an errand that only looks at the thing.</param>
/// <param name="Count">How many.</param>
/// <param name="State"><c>clean</c>, <c>warm</c>, <c>cold</c>; null for any.</param>
/// <param name="Text">The errand in words.</param>
public sealed record HouseholdGoal(string Kind, string Thing, string? Target, int Count, string? State, string Text);

/// <summary>A piece of furniture.</summary>
/// <param name="Name">Kind and number.</param>
/// <param name="Room">Room that it is in.</param>
/// <param name="Closes">Whether it is closed until it is opened.</param>
/// <param name="Washes">Whether things can be washed there.</param>
/// <param name="Warms">Whether they can be warmed there.</param>
/// <param name="Chills">Whether they can be chilled there.</param>
/// <param name="Lamp">Whether it gives light.</param>
public sealed record Furniture(
    string Name, string Room, bool Closes = false, bool Washes = false, bool Warms = false, bool Chills = false, bool Lamp = false)
{
    /// <summary>The name without its number.</summary>
    public string Kind => Name[..Name.LastIndexOf(' ')];
}

/// <param name="Name">Kind and number.</param>
/// <param name="At">Furniture in or on which it lies.</param>
public sealed record Thing(string Name, string At);
