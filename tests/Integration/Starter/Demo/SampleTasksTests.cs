using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Starter.Demo;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.Starter.Demo;

/// <summary>
/// The demo's tasks and the scripts for them, on real containers with nothing between: what the stories claim must come
/// from the verifiers.
/// </summary>
[Category("Docker")]
public sealed partial class SampleTasksTests
{
    private static readonly IReadOnlyDictionary<string, ScriptedStory> Stories = ScriptedStory.LoadAll(DemoSamples.ScriptsDir);

    private readonly string _run = $"spark-sample-{Guid.NewGuid():n}";

    private static IEnumerable<string> Tasks => Stories.Keys.Order();

    private TemporaryFolder _made = null!;

    [OneTimeSetUp]
    public void NeedDocker()
    {
        Requires.Docker();
        _made = new TemporaryFolder();
    }

    [OneTimeTearDown]
    public async Task RemoveImagesAsync()
    {
        _made?.Dispose();
        foreach (var task in Tasks)
        {
            // Parents stay: they are the build's cache, which the demo uses too.
            await DockerAsync(null, "rmi", "--no-prune", "--force", Image(task));
        }
    }

    [TestCaseSource(nameof(Tasks))]
    public async Task The_oracle_gets_everything_and_doing_nothing_gets_nothing(string task)
    {
        await BuildAsync(task);

        var oracle = await TryAsync(task, async container =>
        {
            await DockerAsync(null, "cp", Path.Combine(Folder(task), "solution"), $"{container}:/solution");
            await DockerAsync(null, "exec", container, "bash", "/solution/solve.sh");
        });
        var nothing = await TryAsync(task, _ => Task.CompletedTask);

        Assert.Multiple(() =>
        {
            Assert.That(oracle.Reward, Is.EqualTo(1));
            Assert.That(nothing.Reward, Is.Zero);
        });
    }

    [TestCaseSource(nameof(Tasks))]
    public async Task A_story_fails_until_its_last_attempt(string task)
    {
        await BuildAsync(task);
        List<Verdict> verdicts = [];
        foreach (var attempt in Stories[task].Attempts)
        {
            verdicts.Add(await TryAsync(task, async container =>
            {
                foreach (var turn in attempt.Turns)
                {
                    await DockerAsync(turn.Run, "exec", "-i", container, "bash");
                }
            }));
        }

        Assert.Multiple(() =>
        {
            Assert.That(verdicts.SkipLast(1).Select(verdict => verdict.Reward), Is.All.LessThan(1));
            Assert.That(verdicts[^1].Reward, Is.EqualTo(1), verdicts[^1].Output);
            Assert.That(
                verdicts.SkipLast(1).Select(verdict => string.Join(' ', verdict.Failed)).Distinct().ToList(),
                Has.Count.EqualTo(1),
                "a stagnating story fails in the same tests each time");
        });
    }

    private async Task BuildAsync(string task) =>
        await DockerAsync(null, "build", "--quiet", "--tag", Image(task), Path.Combine(Folder(task), "environment"));

    private async Task<Verdict> TryAsync(string task, Func<string, Task> work)
    {
        var container = (await DockerAsync(null, "run", "--detach", "--rm", "--network", "none", Image(task), "sleep", "300")).Trim();
        try
        {
            await work(container);
            await DockerAsync(null, "cp", Path.Combine(Folder(task), "tests"), $"{container}:/tests");
            var output = await DockerAsync(null, "exec", container, "/tests/test.sh");
            var reward = await DockerAsync(null, "exec", container, "cat", "/logs/verifier/reward.txt");
            return new Verdict(
                double.Parse(reward, CultureInfo.InvariantCulture), [.. FailedLine().Matches(output).Select(match => match.Groups[1].Value)], output);
        }
        finally
        {
            await DockerAsync(null, "rm", "--force", container);
        }
    }

    /// <summary>The task's folder; one that the demo makes itself is rendered from its repaired blueprint.</summary>
    private string Folder(string task)
    {
        if (Stories[task].Construction is not { } construction)
        {
            return Path.Combine(DemoSamples.TasksDir, task);
        }

        var folder = _made[task];
        return Directory.Exists(folder) ? folder : TaskPlaces.Write(folder, TaskRenderer.Render(BlueprintReader.Read(construction.Repaired).Blueprint!, new RenderOptions()));
    }

    private string Image(string task) => $"{_run}:{task}";

    private static async Task<string> DockerAsync(string? input, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, $"docker {string.Join(' ', arguments)}\n{await output}{await errors}");
        return await output;
    }

    [GeneratedRegex(@"^FAILED (\S+)", RegexOptions.Multiline)]
    private static partial Regex FailedLine();

    private sealed record Verdict(double Reward, IReadOnlyList<string> Failed, string Output);
}
