namespace Spark.Temporal.Starter.Worlds;

/// <summary>The shortest way through the rooms with the actions on it: the task's own solution.</summary>
internal sealed class HouseholdPlan
{
    private readonly HouseholdGame _game;
    private readonly List<string> _actions = [];
    private readonly HashSet<string> _opened = [];
    private string _room;
    private string? _near;

    private HouseholdPlan(HouseholdGame game) => (_game, _room) = (game, game.Start);

    public static IReadOnlyList<string> Solve(HouseholdGame game)
    {
        var plan = new HouseholdPlan(game);
        plan.Work();
        return plan._actions;
    }

    private void Work()
    {
        var goal = _game.Goal;
        var target = goal.Target is null ? null : _game.Furniture.First(piece => piece.Kind == goal.Target);
        foreach (var thing in _game.Things.Where(thing => thing.Name[..thing.Name.LastIndexOf(' ')] == goal.Thing).Take(goal.Count))
        {
            At(_game.Furniture.Single(piece => piece.Name == thing.At));
            _actions.Add($"take {thing.Name} from {thing.At}");
            if (goal.Kind == HouseholdGenerator.UnderLamp)
            {
                var lamp = _game.Furniture.First(piece => piece.Lamp);
                At(lamp);
                _actions.Add($"switch on {lamp.Name}");
                _actions.Add($"examine {thing.Name}");
                return;
            }

            if (Treatment(goal.State) is var (verb, serves))
            {
                var place = _game.Furniture.First(serves);
                At(place);
                _actions.Add($"{verb} {thing.Name} in {place.Name}");
            }

            At(target!);
            _actions.Add($"put {thing.Name} in {target!.Name}");
        }
    }

    private static (string Verb, Func<Furniture, bool> Serves)? Treatment(string? state) => state switch
    {
        "clean" => ("wash", piece => piece.Washes),
        "warm" => ("warm", piece => piece.Warms),
        "cold" => ("chill", piece => piece.Chills),
        _ => null,
    };

    private void At(Furniture piece)
    {
        foreach (var room in Way(piece.Room))
        {
            _actions.Add($"go to {room}");
            (_room, _near) = (room, null);
        }

        if (_near != piece.Name)
        {
            _actions.Add($"go to {piece.Name}");
            _near = piece.Name;
        }

        if (piece.Closes && _opened.Add(piece.Name))
        {
            _actions.Add($"open {piece.Name}");
        }
    }

    /// <summary>Rooms on the way, without the first one; found breadth first.</summary>
    private List<string> Way(string room)
    {
        var from = new Dictionary<string, string?> { [_room] = null };
        var ahead = new Queue<string>([_room]);
        while (!from.ContainsKey(room))
        {
            var here = ahead.Dequeue();
            foreach (var next in _game.Rooms[here].Where(next => from.TryAdd(next, here)))
            {
                ahead.Enqueue(next);
            }
        }

        var way = new List<string>();
        for (var at = room; at != _room; at = from[at]!)
        {
            way.Insert(0, at);
        }

        return way;
    }
}
