using System.Runtime.Versioning;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Tests.Support;

namespace Spark.Temporal.Tests.EndToEnd;

/// <summary>Two users of one machine and one engine.</summary>
[Category("Docker"), Category("Server"), Platform("Linux"), UnsupportedOSPlatform("windows")]
public sealed class SecondUserTests
{
    private const string Socket = "/var/run/docker.sock";

    [Test]
    public async Task Runs_trials_beside_the_first_whose_locks_are_there()
    {
        Requires.Docker();
        Requires.Command("temporal");
        Requires.Command("setpriv");
        if (Environment.UserName != "root" || !File.Exists(Socket))
        {
            Requires.Missing("only root can run a command as another user that may use the engine");
        }

        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_101_101);
        var temporary = Directory.CreateDirectory(folder["tmp"], (UnixFileMode)0b001_111_111_111).FullName;
        File.SetUnixFileMode(temporary, (UnixFileMode)0b001_111_111_111);
        Task(folder);

        var first = await RunAsync(folder, "first", temporary, []);
        var second = await RunAsync(
            folder, "second", temporary, ["setpriv", "--reuid=65534", "--regid=65534", $"--groups={(await ProgramRun.OutputAsync("stat", ["-c", "%g", Socket])).Trim()}"]);

        // 3: verified, and not solved by an agent that does nothing.
        Assert.That(first.ExitCode, Is.EqualTo(3), first.Output + first.Error);
        Assert.That(second.ExitCode, Is.EqualTo(3), second.Output + second.Error);
        var owners = await ProgramRun.OutputAsync("stat", ["-c", "%n %u %a", .. Directory.GetDirectories(temporary, "spark-*").Order(StringComparer.Ordinal)]);
        Assert.That(owners.Trim().Split('\n'), Is.EqualTo((string[])[$"{temporary}/spark-0 0 700", $"{temporary}/spark-65534 65534 700"]));
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(TemporaryFolder folder, string user, string temporary, string[] switching)
    {
        var working = Directory.CreateDirectory(folder[user]).FullName;
        if (switching.Length > 0)
        {
            await ProgramRun.OutputAsync("chown", ["65534:65534", working]);
        }

        var variables = new Dictionary<string, string?> { ["TMPDIR"] = temporary, ["HOME"] = working };
        foreach (var name in Environment.GetEnvironmentVariables().Keys.Cast<string>().Where(name => name.StartsWith("TEMPORAL_", StringComparison.Ordinal)))
        {
            variables[name] = null;
        }

        var ran = await ProgramRun.RunAsync(
            "env", ["-C", working, .. switching, SparkProcess.Program, "trial", "run", folder["task"], "--agent", "nop"], working, variables, TimeSpan.FromMinutes(5));
        Assert.That(new StateFolder(Path.Combine(working, ".spark")).Read(), Is.Null, "its server ended with it");
        return ran;
    }

    private static void Task(TemporaryFolder folder)
    {
        folder.Write("task/instruction.md", "Write 42 to /answer.\n");
        folder.Write("task/task.toml", "version = \"1.0\"\n");
        folder.Write("task/environment/Dockerfile", $"FROM debian:bookworm-slim\nLABEL id={Guid.NewGuid():n}\n");
        folder.Write("task/tests/test.sh", "echo 0 > /logs/verifier/reward.txt\n");
        folder.Write("task/solution/solve.sh", "echo 42 > /answer\n");
    }
}
