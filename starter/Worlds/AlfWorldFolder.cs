using System.Text.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Starter.Cli;

namespace Spark.Temporal.Starter.Worlds;

/// <summary>
/// An ALFWorld data folder (<c>ALFWORLD_DATA</c>): below it each game is a folder with <c>traj_data.json</c> and
/// <c>game.tw-pddl</c>. A game that cannot be played is left out and reported.
/// </summary>
internal sealed class AlfWorldFolder(string root)
{
    private const string GameFile = "game.tw-pddl";
    private const string TrajectoryFile = "traj_data.json";

    /// <summary>Most actions in a game, as in its published evaluations.</summary>
    private const int MaxSteps = 50;

    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["pick_and_place_simple"] = "place",
        ["pick_two_obj_and_place"] = "place-two",
        ["look_at_obj_in_light"] = "examine-under-lamp",
        ["pick_clean_then_place_in_recep"] = "wash-then-place",
        ["pick_heat_then_place_in_recep"] = "warm-then-place",
        ["pick_cool_then_place_in_recep"] = "chill-then-place",
    };

    private readonly List<string> _leftOut = [];
    private readonly Dictionary<string, int> _names = [];

    /// <summary>Games that were left out, each with the reason.</summary>
    public IReadOnlyList<string> LeftOut => _leftOut;

    /// <summary>The games as tasks, in the order of their paths.</summary>
    /// <param name="split">Only those below a folder of this name, such as <c>valid_unseen</c>; null for all.</param>
    /// <exception cref="CliException">There is no game at all.</exception>
    public IEnumerable<WorldTask> Read(string? split)
    {
        if (!Directory.Exists(root))
        {
            throw new CliException($"there is no folder '{root}'; name the folder that ALFWORLD_DATA names", ExitCodes.Usage);
        }

        var games = Directory.EnumerateFiles(root, TrajectoryFile, SearchOption.AllDirectories)
            .Select(file => Path.GetDirectoryName(file)!)
            .Where(folder => split is null || Path.GetRelativePath(root, folder).Split('/').Contains(split))
            .Order(StringComparer.Ordinal).ToList();
        if (games.Count == 0)
        {
            throw new CliException(
                $"no {TrajectoryFile} below {root}{(split is null ? "" : $" in a folder '{split}'")}; ALFWorld's data has json_2.1.1/<split>/<game>/<trial>/{TrajectoryFile}", ExitCodes.Usage);
        }

        foreach (var folder in games)
        {
            if (Game(folder, out var why) is { } task)
            {
                yield return task;
            }
            else
            {
                _leftOut.Add($"{Path.GetRelativePath(root, folder)}: {why}");
            }
        }
    }

    private WorldTask? Game(string folder, out string why)
    {
        var gamePath = Path.Combine(folder, GameFile);
        if (!File.Exists(gamePath))
        {
            why = $"it has no {GameFile}";
            return null;
        }

        try
        {
            using var trajectory = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, TrajectoryFile)));
            using var game = JsonDocument.Parse(File.ReadAllBytes(gamePath));
            return Task(folder, gamePath, trajectory.RootElement, game.RootElement, out why);
        }
        catch (JsonException damaged)
        {
            why = $"damaged JSON: {damaged.Message}";
            return null;
        }
    }

    private WorldTask? Task(string folder, string gamePath, JsonElement trajectory, JsonElement game, out string why)
    {
        var type = Text(trajectory, "task_type");
        var relative = Path.GetRelativePath(root, folder);
        if (type is null || !Kinds.TryGetValue(type, out var kind) || relative.Contains("movable", StringComparison.Ordinal) || relative.Contains("Sliced", StringComparison.Ordinal))
        {
            why = $"ALFWorld's text games have no task type '{type ?? "none"}' of this form";
            return null;
        }

        if (!game.TryGetProperty("solvable", out var solvable) || solvable.ValueKind != JsonValueKind.True)
        {
            why = "it is not known to be solvable";
            return null;
        }

        if (Text(game, "pddl_problem") is null || Text(game, "pddl_domain") is null || Text(game, "grammar") is null)
        {
            why = $"{GameFile} lacks pddl_domain, grammar or pddl_problem";
            return null;
        }

        why = "";
        var goal = Goal(trajectory, type);
        var name = PlainText.Slug($"alfworld-{kind}-{Path.GetFileName(folder)}");
        var same = _names[name] = _names.GetValueOrDefault(name) + 1;
        return new WorldTask(
            same == 1 ? name : $"{name}-{same}",
            goal,
            new { Goal = new { Kind = kind, Text = goal }, MaxSteps, GameFile, Source = relative },
            Walkthrough(game),
            "AlfWorld",
            kind,
            new Dictionary<string, string> { [GameFile] = gamePath });
    }

    /// <summary>A person's description of the goal, else a sentence from its parameters.</summary>
    private static string Goal(JsonElement trajectory, string type)
    {
        if (trajectory.TryGetProperty("turk_annotations", out var notes) && notes.TryGetProperty("anns", out var all)
            && all.ValueKind == JsonValueKind.Array && all.GetArrayLength() > 0 && Text(all[0], "task_desc") is { Length: > 0 } said)
        {
            return said.Trim();
        }

        var parameters = trajectory.TryGetProperty("pddl_params", out var found) ? found : default;
        var thing = Words(Text(parameters, "object_target"));
        var place = Words(Text(parameters, "parent_target"));
        return type switch
        {
            "pick_two_obj_and_place" => $"Put two {thing}s in or on the {place}.",
            "look_at_obj_in_light" => $"Look at the {thing} under the {Words(Text(parameters, "toggle_target"))}.",
            "pick_clean_then_place_in_recep" => $"Clean a {thing} and put it in or on the {place}.",
            "pick_heat_then_place_in_recep" => $"Heat a {thing} and put it in or on the {place}.",
            "pick_cool_then_place_in_recep" => $"Cool a {thing} and put it in or on the {place}.",
            _ => $"Put a {thing} in or on the {place}.",
        };
    }

    private static List<string>? Walkthrough(JsonElement game) =>
        game.TryGetProperty("walkthrough", out var steps) && steps.ValueKind == JsonValueKind.Array && steps.GetArrayLength() > 0
            ? [.. steps.EnumerateArray().Select(step => step.GetString() ?? "")]
            : null;

    /// <summary><c>ButterKnife</c> as <c>butter knife</c>.</summary>
    private static string Words(string? name) =>
        string.Concat((name ?? "thing").Select((letter, index) => char.IsUpper(letter) && index > 0 ? $" {letter}" : $"{letter}")).ToLowerInvariant();

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
}
