using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Starter.Worlds;

/// <summary>
/// A text world as a Harbor task: an environment process that belongs to root keeps game and record; the agent, another
/// user, plays by <c>act</c>; and the verifier plays the record again against its own copy of the game.
/// </summary>
/// <param name="Name">Folder and name of the task.</param>
/// <param name="Goal">The errand in words.</param>
/// <param name="Game">Content of <c>game.json</c>.</param>
/// <param name="Solution">Actions that reach the goal; null where none is known.</param>
/// <param name="Engine">Folder of the resources that make the world: <c>Household</c> or <c>AlfWorld</c>.</param>
/// <param name="Kind">Kind of errand.</param>
/// <param name="Files">More files of the game: the path to copy from, by name.</param>
internal sealed record WorldTask(
    string Name, string Goal, object Game, IReadOnlyList<string>? Solution, string Engine, string Kind, IReadOnlyDictionary<string, string>? Files = null)
{
    private const UnixFileMode Executable = (UnixFileMode)0b111_101_101;

    /// <summary>Writes the task's folder anew.</summary>
    /// <returns>Its path.</returns>
    public string Write(string under)
    {
        var folder = Path.Combine(under, Name);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        var game = JsonSerializer.Serialize(Game, SparkJson.Options) + "\n";
        Put(folder, "instruction.md", Instruction());
        Put(folder, "task.toml", Toml());
        Put(folder, "environment/Dockerfile", Resource(Engine, "Dockerfile"));
        foreach (var part in new[] { "environment/world", "tests" })
        {
            Put(folder, $"{part}/world.py", Resource(Engine, "world.py"));
            Put(folder, $"{part}/game.json", game);
            foreach (var (name, from) in Files ?? new Dictionary<string, string>())
            {
                File.Copy(from, Path.Combine(folder, part, name));
            }
        }

        foreach (var name in new[] { "serve.py", "act", "start.sh" })
        {
            Put(folder, $"environment/world/{name}", Resource("Household", name));
        }

        Put(folder, "tests/test.sh", Resource("Household", "test.sh"), Executable);
        Put(folder, "tests/judge.py", Resource("Household", "judge.py"));
        if (Solution is not null)
        {
            Put(folder, "solution/solve.sh", $"#!/bin/bash\nset -e\n{string.Concat(Solution.Select(action => $"act \"{action}\"\n"))}", Executable);
        }

        return folder;
    }

    private string Instruction() =>
        $"""
        You are in a household that exists as text only. You act in it by a command of the shell, one action a call:

            act "go to kitchen"

        prints what happens and what you then see. `act` alone repeats the errand and looks around; `act help` lists every
        action. Furniture may be closed: what is inside shows once it is open. You see only what is where you stand. There is a
        limit to the number of actions. Reading or changing files does not help; only actions count.

        Your errand: {Goal}

        """;

    private string Toml() =>
        $"""
        version = "1.0"

        [task]
        name = "spark-worlds/{Name}"
        description = "{Kind}"

        [metadata]
        category = "text-world"
        difficulty = "medium"
        tags = ["text-world", "{Kind}"]

        [environment]
        build_timeout_sec = 1800.0
        cpus = 1
        memory_mb = 1024
        workdir = "/home/player"

        [environment.healthcheck]
        command = "act > /dev/null"
        interval_sec = 0.5
        timeout_sec = 30
        retries = 60

        [agent]
        timeout_sec = 900.0
        user = "player"

        [verifier]
        timeout_sec = 120.0
        user = "root"

        """;

    private static void Put(string folder, string relative, string content, UnixFileMode? mode = null)
    {
        var path = Path.Combine(folder, relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        if (mode is { } given && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, given);
        }
    }

    private static string Resource(string engine, string name)
    {
        using var reader = new StreamReader(typeof(WorldTask).Assembly.GetManifestResourceStream($"Worlds/{engine}/{name}")!);
        return reader.ReadToEnd();
    }
}
