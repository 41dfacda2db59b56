using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

public sealed class StepsReaderTests
{
    private const string Two = "[[steps]]\nname = \"one\"\n[[steps]]\nname = \"two\"\n";

    [Test]
    public void Reads_the_steps_with_what_each_says_over_the_task()
    {
        var read = Task("""
            multi_step_reward_strategy = "final"
            artifacts = ["/app/a"]
            [agent]
            timeout_sec = 100
            [verifier]
            timeout_sec = 50
            env = { A = "1", B = "2" }
            [[steps]]
            name = "one"
            min_reward = 0.5
            artifacts = ["/app/b"]
            [steps.agent]
            timeout_sec = 7
            network_mode = "no-network"
            [steps.verifier]
            user = "judge"
            env = { B = "3" }
            [[steps.verifier.collect]]
            command = "true"
            [steps.healthcheck]
            command = "true"
            retries = 2
            [[steps]]
            name = "two"
            min_reward = { style = 1.0, result = 0.25 }
            [steps.verifier]
            environment_mode = "separate"
            """).Read();

        Assert.That(read.Errors, Is.Empty);
        var settings = read.Settings!;
        var (one, two) = (settings.Steps![0], settings.Steps[1]);
        var (first, second) = (one.Over(settings), two.Over(settings));
        Assert.Multiple(() =>
        {
            Assert.That(settings.StepsReward, Is.EqualTo(StepsReward.Final));
            Assert.That((first.AgentTimeoutSec, first.VerifierTimeoutSec, first.VerifierUser, first.AgentNetwork), Is.EqualTo((7d, 50d, "judge", (NetworkMode?)NetworkMode.NoNetwork)));
            Assert.That(first.VerifierEnv, Is.EquivalentTo(new Dictionary<string, string> { ["A"] = "1", ["B"] = "3" }));
            Assert.That(first.Artifacts.Select(kept => kept.Source), Is.EqualTo(new[] { "/app/a", "/app/b" }));
            Assert.That(first.Collect, Has.Count.EqualTo(1));
            Assert.That(one.Healthcheck!.Retries, Is.EqualTo(2));
            Assert.That(one.MinReward, Is.EquivalentTo(new Dictionary<string, double> { ["reward"] = 0.5 }));
            Assert.That((second.AgentTimeoutSec, second.Separate is not null, first.Separate is null), Is.EqualTo((100d, true, true)));
            Assert.That(two.MinReward, Is.EquivalentTo(new Dictionary<string, double> { ["style"] = 1, ["result"] = 0.25 }));
            Assert.That(first.Steps, Is.Null);
        });
    }

    [Test]
    public void The_instruction_of_each_step_is_its_own_and_the_whole_names_them_all()
    {
        var read = Task(Two).With("steps/two/instruction.md", "<!-- canary 1 -->\nSecond.\n").Read();
        Assert.That(read.StepInstructions, Is.EqualTo(new[] { "Do one.\n", "Second.\n" }));
        Assert.That(read.Instruction, Is.EqualTo("# Step 1 of 2: one\n\nDo one.\n\n# Step 2 of 2: two\n\nSecond.\n"));
    }

    [TestCase("[[steps]]\nname = \"a/b\"", "task.toml", "[steps] name = \"a/b\" is no name of a folder")]
    [TestCase("[[steps]]\nname = \"one\"\n[[steps]]\nname = \"one\"", "task.toml", "[steps] name = \"one\" is there twice")]
    [TestCase("[[steps]]\ntext = 1", "task.toml", "[[steps]] holds an entry without a name")]
    [TestCase("[[steps]]\nname = \"one\"\nmin_reward = \"high\"", "task.toml", "[steps] min_reward is neither a number nor a table of numbers")]
    [TestCase("multi_step_reward_strategy = \"best\"\n" + Two, "task.toml", "multi_step_reward_strategy = \"best\" is not known")]
    [TestCase("[[steps]]\nname = \"one\"\n[steps.agent]\nuser = \"x\"", "task.toml", "a user of a step's own ([steps.agent] user) is not supported yet")]
    [TestCase("[[steps]]\nname = \"three\"", "steps/three/instruction.md", "is missing")]
    public void Refuses_by_name(string toml, string file, string message)
    {
        var error = Task(toml).Read().Errors.First();
        Assert.That(error.File, Is.EqualTo(file));
        Assert.That(error.Message, Does.StartWith(message));
        Assert.That(error.Remedy, Is.Not.Empty);
    }

    [Test]
    public void A_step_needs_tests_of_its_own_or_of_the_task()
    {
        var error = Task(Two).Without("tests").With("steps/one/tests/test.sh", "true").Read().Errors.Single();
        Assert.That(error.ToString(), Does.StartWith("steps/two/tests/test.sh: error: is missing, and tests/test.sh too"));
    }

    private static TaskFolders Task(string toml) => new TaskFolders()
        .With("task.toml", toml).With("environment/Dockerfile", "FROM scratch\n").With("tests/test.sh", "true\n")
        .With("steps/one/instruction.md", "Do one.\n").With("steps/one/solution/solve.sh", "true\n")
        .With("steps/two/instruction.md", "Do two.\n").With("steps/two/solution/solve.sh", "true\n");
}
