using System.Diagnostics;
using System.Globalization;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>How long a folder of many small tasks is read, and in how much memory.</summary>
[Explicit]
[NonParallelizable]
[Category("Bench")]
public sealed class DatasetBench
{
    private const int Tasks = 4_000;

    private static readonly string[] Check = ["tasks", "check"];

    [Test]
    public async Task Reading_a_folder_of_tasks()
    {
        using var folder = new TemporaryFolder();
        foreach (var number in Enumerable.Range(0, Tasks))
        {
            Write(folder, $"tests/group-{number / 500}/task-{number:0000}", number);
        }

        var text = await MeasureAsync([.. Check, folder.Path]);
        var json = await MeasureAsync([.. Check, folder.Path, "--json"]);
        var plan = await MeasureAsync(["eval", "run", "--tasks-dir", folder.Path, "--agent", "oracle", "--phases", "baseline", "--out", folder["out"], "--dry-run"]);

        BenchReport.Keep(
            "dataset",
            new($"spark tasks check of {Tasks} tasks", text.Seconds, "s", 15),
            new($"spark tasks check of {Tasks} tasks, most memory", text.Megabytes, "MB", 150),
            new($"spark tasks check --json of {Tasks} tasks", json.Seconds, "s", 15),
            new($"spark tasks check --json of {Tasks} tasks, most memory", json.Megabytes, "MB", 150),
            new($"spark eval run --dry-run of {Tasks} tasks", plan.Seconds, "s"),
            new($"spark eval run --dry-run of {Tasks} tasks, most memory", plan.Megabytes, "MB"));
    }

    /// <summary>Runs a command to its end, and looks at the most memory that it has had so far as long as it lives.</summary>
    private static async Task<(double Seconds, double Megabytes)> MeasureAsync(string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        using var process = SparkProcess.Start(arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        var peak = 0.0;
        while (!process.WaitForExit(TimeSpan.FromMilliseconds(20)))
        {
            peak = Math.Max(peak, Peak(process.Id));
        }

        Assert.That((await output).Length + (await error).Length, Is.GreaterThan(0));
        return (clock.Elapsed.TotalSeconds, peak);
    }

    /// <summary>In MB; 0 for a process that has just ended.</summary>
    private static double Peak(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Small as most public tasks are; every fiftieth cannot run.</summary>
    private static void Write(TemporaryFolder folder, string task, int number)
    {
        folder.Write(
            $"{task}/task.toml",
            $"version = \"1.0\"\n[metadata]\ndifficulty = \"easy\"\ntags = [\"a\", \"b\"]\n[verifier]\ntimeout_sec = 120.0\n[agent]\ntimeout_sec = 120.0\n[environment]\nmemory = \"2G\"\n{(number % 50 == 0 ? "gpus = 1\n" : "")}");
        folder.Write($"{task}/instruction.md", string.Concat(Enumerable.Repeat($"Write the number {number} into /app/out.txt.\n", 20)));
        folder.Write($"{task}/environment/Dockerfile", "FROM debian:bookworm-slim\nWORKDIR /app\n");
        folder.Write($"{task}/environment/__init__.py", "");
        folder.Write($"{task}/tests/test.sh", "echo 1 > /logs/verifier/reward.txt\n");
        folder.Write($"{task}/tests/test_outputs.py", "def test():\n    assert True\n");
        folder.Write($"{task}/solution/solve.sh", "echo 1 > /app/out.txt\n");
    }
}
