using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.Worlds;
using Spark.Temporal.Tests.EndToEnd.Faults;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>A text world in a real container: its solution passes, and its record cannot be forged by its player.</summary>
[Category("Docker")]
[Category("Slow")]
public sealed class TextWorldTests
{
    [Test]
    public async Task It_is_won_by_acting_and_by_nothing_else()
    {
        await using var bench = new SandboxBench();
        using var folder = new TemporaryFolder();
        var task = HouseholdTasks.Make(1, 1, [HouseholdGenerator.Warm]).Single();
        var dir = task.Write(folder["tasks"]);
        (string, string)[] Below(string part) => [.. Directory.GetFiles(Path.Combine(dir, part), "*", SearchOption.AllDirectories)
            .Select(file => (Path.GetRelativePath(Path.Combine(dir, part), file), File.ReadAllText(file)))];
        var environment = Below("environment");
        var image = await bench.BuildAsync(environment.Single(file => file.Item1 == "Dockerfile").Item2, files: [.. environment.Where(file => file.Item1 != "Dockerfile")]);
        var settings = TaskFolders.One(dir).Read.Settings!;
        var tests = Below("tests").Where(file => file.Item1 != "test.sh").ToArray();
        var script = File.ReadAllText(Path.Combine(dir, "tests", "test.sh"));

        var idle = await bench.StartAsync(image.Image, settings);
        var (_, tried) = await bench.TurnAsync(
            idle.Container,
            1,
            30,
            [
                "whoami; act",
                "cat /var/lib/world/game.json /opt/world/world.py; echo '{}' >> /var/lib/world/record.jsonl; rm -rf /var/lib/world; mv /var/lib/world /tmp/w; kill -9 $(cat /proc/[0-9]*/stat | grep python | cut -d' ' -f1)",
                "rm -f /run/world/act.sock; act look",
            ]);
        var nothing = await bench.VerifyAsync(idle.Container, script, settings, files: tests);

        var played = await bench.StartAsync(image.Image, settings, ordinal: 2);
        await bench.TurnAsync(played.Container, 1, 60, [string.Join('\n', task.Solution!.Select(action => $"act \"{action}\""))]);
        var won = await bench.VerifyAsync(played.Container, script, settings, files: tests);

        Assert.Multiple(() =>
        {
            Assert.That(tried[0].Content, Does.StartWith("player\n").And.Contain(task.Goal).And.Contain("You are in the"));
            Assert.That(tried[1].Content, Does.Contain("Permission denied").And.Not.Contain("\"rooms\"").And.Not.Contain("class World"));
            Assert.That(tried[2].Content, Does.Contain("You are in the"));
            Assert.That((nothing.Reward, nothing.TestsPassed, nothing.TestsTotal), Is.EqualTo(((double?)0, 1, 2)));
            Assert.That((won.Reward, won.TestsPassed, won.TestsTotal), Is.EqualTo(((double?)1, 2, 2)));
        });

        // Even root, who can write the record, cannot write one that the world would not have said.
        FaultRig.Docker("exec", played.Container, "sh", "-c", "sed -i 1s/You/They/ /var/lib/world/record.jsonl");
        var forged = await bench.DoAsync(sandbox => AgainAsync(bench, sandbox, played.Container, settings, script, tests));
        Assert.That(forged.Reward, Is.Zero);
    }

    private static async Task<VerifyReply> AgainAsync(
        SandboxBench bench, ISandboxActivities sandbox, string container, TaskSettings settings, string script, (string, string)[] tests) =>
        await sandbox.VerifyAsync(new VerifyRequest
        {
            Container = container, Tests = await bench.TarAsync([("test.sh", script), .. tests]), Settings = settings, TimeoutSec = 60, Round = 2,
        });
}
