using System.Diagnostics;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Worlds;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Worlds;

/// <summary>The household world: its games, its engine and its judge, played by the Python of this machine.</summary>
public sealed class HouseholdTests
{
    [Test]
    public void The_same_seed_makes_the_same_tasks_and_another_one_others()
    {
        using var folder = new TemporaryFolder();
        string[] Written(ulong seed, string under) => [.. HouseholdTasks.Make(12, seed, HouseholdGenerator.Kinds).Select(task => task.Write(folder[under]))
            .Select(dir => File.ReadAllText(Path.Combine(dir, "tests", "game.json")))];
        var first = Written(7, "a");

        Assert.That(Written(7, "b"), Is.EqualTo(first));
        Assert.That(first, Is.Unique);
        Assert.That(Written(8, "c"), Has.None.AnyOf(first));
    }

    [TestCaseSource(typeof(HouseholdGenerator), nameof(HouseholdGenerator.Kinds))]
    public void A_home_has_several_rooms_hidden_things_and_an_errand_that_is_not_done_yet(string kind)
    {
        for (var number = 1; number <= 40; number++)
        {
            var (game, solution) = HouseholdGenerator.Make(3, number, kind);
            var furniture = game.Furniture.ToDictionary(piece => piece.Name);
            Assert.Multiple(() =>
            {
                Assert.That(game.Rooms, Has.Count.GreaterThanOrEqualTo(4));
                Assert.That(game.Furniture.Select(piece => piece.Room).Distinct(), Is.EquivalentTo(game.Rooms.Keys));
                Assert.That(game.Things.Select(thing => thing.At).Distinct(), Is.SubsetOf(furniture.Keys));
                Assert.That(game.Things, Has.Count.GreaterThanOrEqualTo(9));
                Assert.That(game.Things.Where(thing => thing.Name.StartsWith(game.Goal.Thing + " ", StringComparison.Ordinal)).Select(thing => furniture[thing.At].Kind), Has.None.EqualTo(game.Goal.Target));
                Assert.That(solution, Has.Count.InRange(4, game.MaxSteps));
            });
        }
    }

    [Test]
    public void Every_task_is_a_valid_one_its_solution_passes_and_doing_nothing_does_not()
    {
        Requires.Command("python3");
        using var folder = new TemporaryFolder();
        foreach (var task in HouseholdTasks.Make(24, 11, HouseholdGenerator.Kinds))
        {
            var dir = task.Write(folder["tasks"]);
            Assert.That(TaskFolders.One(dir).Read.Errors, Is.Empty, task.Name);
            Assert.That(Play(dir, task.Solution!), Does.EndWith("True"), task.Name);
            Assert.That(Play(dir, []), Does.EndWith("False"), task.Name);
            Assert.That(Play(dir, task.Solution!.SkipLast(1)), Does.EndWith("False"), task.Name);
        }
    }

    [Test]
    public void The_world_answers_wrong_actions_without_doing_them()
    {
        Requires.Command("python3");
        using var folder = new TemporaryFolder();
        var dir = HouseholdTasks.Make(1, 5, [HouseholdGenerator.Wash]).Single().Write(folder["tasks"]);

        var seen = Play(dir, ["fly to the moon", "take plate 1 from moon 1", "go to nowhere", "help", "look"]);

        Assert.That(seen, Does.Contain("that is not understood").And.Contain("there is no moon 1").And.Contain("there is no nowhere").And.Contain("switch on LAMP").And.Contain("You are in the"));
    }

    [Test]
    public void An_errand_has_an_end_of_its_day()
    {
        Requires.Command("python3");
        using var folder = new TemporaryFolder();
        var task = HouseholdTasks.Make(1, 5, [HouseholdGenerator.Place]).Single();

        var seen = Play(task.Write(folder["tasks"]), [.. Enumerable.Repeat("look", 200), .. task.Solution!]);

        Assert.That(seen, Does.Contain("The day is over").And.EndWith("False"));
    }

    /// <summary>Plays actions and prints what is seen and whether the errand is done.</summary>
    private static string Play(string task, IEnumerable<string> actions)
    {
        const string script = "import sys\nsys.path.insert(0, sys.argv[1])\nfrom world import World\nw = World.read(sys.argv[1] + '/game.json')\nfor a in sys.stdin.read().splitlines():\n    print(w.do(a))\nprint(w.won)";
        using var process = Process.Start(new ProcessStartInfo("python3", ["-c", script, Path.Combine(task, "tests")]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(string.Join('\n', actions));
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return output;
    }
}
