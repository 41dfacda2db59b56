using Spark.Temporal.Domain.Statistics;

namespace Spark.Temporal.Starter.Worlds;

/// <summary>Makes games of the household world: the same seed, number and kind give the same game everywhere.</summary>
public static class HouseholdGenerator
{
    public const string Place = "place";
    public const string PlaceTwo = "place-two";
    public const string UnderLamp = "examine-under-lamp";
    public const string Wash = "wash-then-place";
    public const string Warm = "warm-then-place";
    public const string Chill = "chill-then-place";

    /// <summary>Kinds of errands.</summary>
    public static readonly IReadOnlyList<string> Kinds = [Place, PlaceTwo, UnderLamp, Wash, Warm, Chill];

    private const string Hallway = "hallway";
    private const int LeastSteps = 40;

    private static readonly string[] OtherRooms = ["living room", "bedroom", "bathroom", "study"];

    private static readonly Dictionary<string, Furniture[]> Catalogue = new()
    {
        ["kitchen"] =
        [
            new("counter", ""), new("table", ""), new("sink", "", Washes: true), new("stove", "", Warms: true), new("microwave", "", Closes: true, Warms: true),
            new("fridge", "", Closes: true, Chills: true), new("cupboard", "", Closes: true), new("cupboard", "", Closes: true), new("drawer", "", Closes: true),
        ],
        ["living room"] = [new("sofa", ""), new("coffee table", ""), new("shelf", ""), new("floor lamp", "", Lamp: true), new("cabinet", "", Closes: true)],
        ["bedroom"] = [new("bed", ""), new("desk", ""), new("desk lamp", "", Lamp: true), new("drawer", "", Closes: true), new("wardrobe", "", Closes: true)],
        ["bathroom"] = [new("sink", "", Washes: true), new("towel rack", ""), new("basket", ""), new("cabinet", "", Closes: true)],
        ["study"] = [new("desk", ""), new("desk lamp", "", Lamp: true), new("shelf", ""), new("safe", "", Closes: true), new("armchair", "")],
        [Hallway] = [new("shoe rack", ""), new("side table", ""), new("chest", "", Closes: true), new("floor lamp", "", Lamp: true)],
    };

    private static readonly Dictionary<string, string[]> ThingsOf = new()
    {
        [Wash] = ["plate", "cup", "spoon", "cloth", "apple", "pan"],
        [Warm] = ["potato", "egg", "soup bowl", "bread", "cup"],
        [Chill] = ["bottle", "egg", "tomato", "lettuce", "cup"],
        [Place] = ["book", "key", "pen", "watch", "candle", "newspaper", "remote control", "vase", "plate"],
    };

    /// <summary>A game and its solution.</summary>
    public static (HouseholdGame Game, IReadOnlyList<string> Solution) Make(ulong seed, int number, string kind)
    {
        var random = new SplitMix(seed * 0x9E3779B97F4A7C15 + ((ulong)number << 8) + (ulong)IndexOf(kind));
        var rooms = Rooms(random);
        var furniture = Furnish(random, rooms.Keys);
        var goal = Goal(random, kind, furniture);
        var things = Scatter(random, goal, furniture);
        var game = new HouseholdGame { Goal = goal, Start = Pick(random, [.. rooms.Keys]), MaxSteps = 0, Rooms = rooms, Furniture = furniture, Things = things };
        var solution = HouseholdPlan.Solve(game);
        return (game with { MaxSteps = Math.Max(LeastSteps, solution.Count * 3) }, solution);
    }

    private static int IndexOf(string kind) => Kinds.ToList().IndexOf(kind) is >= 0 and var index ? index
        : throw new ArgumentException($"'{kind}' is not a kind of errand; choose one of {string.Join(", ", Kinds)}");

    private static SortedDictionary<string, IReadOnlyList<string>> Rooms(SplitMix random)
    {
        var others = OtherRooms.ToArray();
        random.Shuffle<string>(others);
        string[] chosen = ["kitchen", .. others[..(2 + random.NextBelow(3))]];
        var doors = new SortedDictionary<string, List<string>>(StringComparer.Ordinal) { [Hallway] = [] };
        var first = chosen[1 + random.NextBelow(chosen.Length - 1)];
        foreach (var room in chosen)
        {
            // One room lies behind the kitchen, the others along the hallway.
            var behind = room == first ? "kitchen" : Hallway;
            doors.TryAdd(room, []);
            doors.TryAdd(behind, []);
            doors[room].Add(behind);
            doors[behind].Add(room);
        }

        var made = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (room, leads) in doors)
        {
            made[room] = [.. leads.Order(StringComparer.Ordinal)];
        }

        return made;
    }

    private static List<Furniture> Furnish(SplitMix random, IEnumerable<string> rooms)
    {
        var counts = new Dictionary<string, int>();
        var placed = new List<Furniture>();
        foreach (var room in rooms)
        {
            foreach (var piece in Catalogue[room])
            {
                // Furniture that errands need is always there; a fifth of the rest is missing, so that homes differ.
                if (piece is { Washes: false, Warms: false, Chills: false, Lamp: false } && random.NextBelow(5) == 0)
                {
                    continue;
                }

                counts[piece.Name] = counts.GetValueOrDefault(piece.Name) + 1;
                placed.Add(piece with { Name = $"{piece.Name} {counts[piece.Name]}", Room = room });
            }
        }

        return placed;
    }

    private static HouseholdGoal Goal(SplitMix random, string kind, List<Furniture> furniture)
    {
        var thing = Pick(random, ThingsOf.GetValueOrDefault(kind) ?? ThingsOf[Place]);
        if (kind == UnderLamp)
        {
            return new(kind, thing, null, 1, null, $"Find {A(thing)}, take it to a lamp, switch the lamp on, and examine the {thing} there while you carry it.");
        }

        var targets = furniture.Where(piece => piece is { Washes: false, Warms: false, Chills: false, Lamp: false }).Select(piece => piece.Kind).Distinct().ToList();
        var target = Pick(random, targets);
        var state = kind switch { Wash => "clean", Warm => "warm", Chill => "cold", _ => null };
        var text = kind switch
        {
            PlaceTwo => $"Put two of the things called {thing} in or on one and the same {target}.",
            _ when state is not null => $"Put {A(thing)} that is {state} in or on {A(target)}; none of them is {state} yet.",
            _ => $"Put {A(thing)} in or on {A(target)}.",
        };
        return new(kind, thing, target, kind == PlaceTwo ? 2 : 1, state, text);
    }

    private static List<Thing> Scatter(SplitMix random, HouseholdGoal goal, List<Furniture> furniture)
    {
        var things = new List<Thing>();
        var counts = new Dictionary<string, int>();
        var wanted = furniture.Where(piece => piece.Kind != goal.Target && !piece.Lamp).ToList();
        for (var i = 0; i < goal.Count + random.NextBelow(2); i++)
        {
            Add(goal.Thing, wanted);
        }

        var others = ThingsOf.Values.SelectMany(kinds => kinds).Distinct().Where(kind => kind != goal.Thing).ToArray();
        random.Shuffle<string>(others);
        foreach (var kind in others[..(8 + random.NextBelow(5))])
        {
            Add(kind, furniture.Where(piece => !piece.Lamp).ToList());
        }

        return [.. things.OrderBy(thing => thing.Name, StringComparer.Ordinal)];

        void Add(string kind, List<Furniture> places)
        {
            counts[kind] = counts.GetValueOrDefault(kind) + 1;
            things.Add(new Thing($"{kind} {counts[kind]}", Pick(random, places).Name));
        }
    }

    private static T Pick<T>(SplitMix random, IReadOnlyList<T> from) => from[random.NextBelow(from.Count)];

    private static string A(string noun) => noun[0] is 'a' or 'e' or 'i' or 'o' or 'u' ? $"an {noun}" : $"a {noun}";
}
