using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Worlds;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Worlds;

/// <summary>Reading an ALFWorld data folder: small files in its format, written here.</summary>
public sealed class AlfWorldFolderTests
{
    private const string Game = """{"pddl_domain":"(define (domain alfred))","grammar":"grammar :: \"\"","pddl_problem":"(define (problem p))","solvable":true}""";

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new TemporaryFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [Test]
    public void Games_become_tasks_with_the_words_that_people_wrote()
    {
        Add("valid_unseen/pick_clean_then_place_in_recep-Cup-None-Cabinet-10/trial_T1", "pick_clean_then_place_in_recep", "Put a clean cup away. ");
        Add("valid_seen/look_at_obj_in_light-CellPhone-None-DeskLamp-301/trial_T2", "look_at_obj_in_light", null);

        var tasks = new AlfWorldFolder(_folder.Path).Read(null).ToList();
        var dir = tasks[1].Write(_folder["out"]);

        Assert.Multiple(() =>
        {
            Assert.That(tasks.Select(task => task.Name), Is.EqualTo(new[]
            {
                "alfworld-examine-under-lamp-trial-t2", "alfworld-wash-then-place-trial-t1",
            }));
            Assert.That(tasks.Select(task => task.Goal), Is.EqualTo(new[] { "Look at the cell phone under the desk lamp.", "Put a clean cup away." }));
            Assert.That(tasks.Select(task => task.Kind), Is.EqualTo(new[] { "examine-under-lamp", "wash-then-place" }));
            Assert.That(TaskFolders.One(dir).Read.Errors, Is.Empty);
            Assert.That(File.ReadAllText(Path.Combine(dir, "tests", "game.tw-pddl")), Is.EqualTo(Game));
            Assert.That(File.ReadAllText(Path.Combine(dir, "environment", "world", "game.json")), Does.Contain("\"max_steps\":50").And.Contain("\"game_file\":\"game.tw-pddl\"").And.Contain("Put a clean cup away."));
            Assert.That(Directory.Exists(Path.Combine(dir, "solution")), Is.False);
        });
    }

    [Test]
    public void A_split_is_chosen_by_its_folder()
    {
        Add("valid_unseen/pick_and_place_simple-Book-None-Sofa-1/trial_T1", "pick_and_place_simple", "Put a book on the sofa.");
        Add("train/pick_and_place_simple-Book-None-Sofa-2/trial_T2", "pick_and_place_simple", "Put a book on the sofa.");

        Assert.That(new AlfWorldFolder(_folder.Path).Read("train").Select(task => task.Name), Is.EqualTo(new[] { "alfworld-place-trial-t2" }));
    }

    [Test]
    public void Trials_of_one_name_stay_apart()
    {
        Add("train/pick_and_place_simple-Book-None-Sofa-1/trial_T1", "pick_and_place_simple", "x");
        Add("train/pick_and_place_simple-Book-None-Sofa-2/trial_T1", "pick_and_place_simple", "x");

        Assert.That(new AlfWorldFolder(_folder.Path).Read(null).Select(task => task.Name), Is.EqualTo(new[] { "alfworld-place-trial-t1", "alfworld-place-trial-t1-2" }));
    }

    [Test]
    public void A_walkthrough_becomes_the_solution()
    {
        Add("train/pick_and_place_simple-Book-None-Sofa-1/trial_T1", "pick_and_place_simple", "x", Game[..^1] + ",\"walkthrough\":[\"go to shelf 1\",\"take book 1 from shelf 1\"]}");
        var dir = new AlfWorldFolder(_folder.Path).Read(null).Single().Write(_folder["out"]);

        Assert.That(File.ReadAllText(Path.Combine(dir, "solution", "solve.sh")), Does.Contain("act \"go to shelf 1\"\nact \"take book 1 from shelf 1\"\n"));
    }

    [Test]
    public void What_cannot_be_played_is_left_out_and_named()
    {
        Add("train/pick_and_place_with_movable_recep-Fork-Cup-Sink-1/trial_T1", "pick_and_place_with_movable_recep", "x");
        Add("train/pick_and_place_simple-AppleSliced-None-Table-1/trial_T2", "pick_and_place_simple", "x");
        Add("train/pick_and_place_simple-Book-None-Sofa-1/trial_T3", "pick_and_place_simple", "x", Game.Replace("true", "false", StringComparison.Ordinal));
        Add("train/pick_and_place_simple-Book-None-Sofa-1/trial_T4", "pick_and_place_simple", "x", "{\"solvable\":true}");
        Add("train/pick_and_place_simple-Book-None-Sofa-1/trial_T5", "pick_and_place_simple", "x", "{");
        Add("train/pick_and_place_simple-Book-None-Sofa-1/trial_T6", "pick_and_place_simple", "x", game: null);

        var folder = new AlfWorldFolder(_folder.Path);

        Assert.That(folder.Read(null), Is.Empty);
        Assert.That(folder.LeftOut, Has.Count.EqualTo(6));
        Assert.That(string.Join('\n', folder.LeftOut), Does.Contain("no task type 'pick_and_place_with_movable_recep'").And.Contain("AppleSliced")
            .And.Contain("not known to be solvable").And.Contain("lacks pddl_domain").And.Contain("damaged JSON").And.Contain("it has no game.tw-pddl"));
    }

    [Test]
    public void A_folder_without_games_says_what_it_should_hold()
    {
        Assert.That(() => new AlfWorldFolder(_folder.Path).Read(null).ToList(), Throws.TypeOf<CliException>().With.Message.Contains("no traj_data.json below"));
        Assert.That(() => new AlfWorldFolder(_folder["none"]).Read(null).ToList(), Throws.TypeOf<CliException>().With.Message.Contains("ALFWORLD_DATA"));
    }

    private void Add(string trial, string type, string? said, string? game = Game)
    {
        var annotation = said is null ? "" : $$""","turk_annotations":{"anns":[{"task_desc":"{{said}}","high_descs":["x"]}]}""";
        _folder.Write($"json_2.1.1/{trial}/traj_data.json", $$"""{"task_id":"t","task_type":"{{type}}","pddl_params":{"object_target":"CellPhone","parent_target":"Sofa","mrecep_target":"","toggle_target":"DeskLamp","object_sliced":false}{{annotation}}}""");
        if (game is not null)
        {
            _folder.Write($"json_2.1.1/{trial}/game.tw-pddl", game);
        }
    }
}
