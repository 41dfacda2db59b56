using System.Diagnostics;

namespace Spark.Temporal.Tests.Support;

/// <summary>What a test needs from the machine. Missing, it skips the test locally and fails it when <c>CI=true</c>.</summary>
public static class Requires
{
    private static readonly Lazy<bool> DockerAnswers = new(() => Succeeds("docker", "version"));

    /// <summary>Whether what is missing fails tests instead of skipping them.</summary>
    public static bool Everything => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>A Docker engine, with <c>debian:bookworm-slim</c>.</summary>
    public static void Docker()
    {
        if (!DockerAnswers.Value)
        {
            Missing("no Docker engine answers; run infra/setup.sh");
        }
    }

    /// <summary>An image on this machine; the stand-ins for public ones are made where a machine has their recipe.</summary>
    public static void Image(string name)
    {
        Docker();
        if (!Succeeds("docker", $"image inspect {name}"))
        {
            Missing($"no image {name}; pull it, or make a local stand-in");
        }
    }

    /// <summary>
    /// Recorded public runs and tasks; not part of the project, found beside it where a machine has them. A public CI cannot get
    /// them: with <c>SPARK_TESTS_WITHOUT_DATA=1</c> such tests are skipped there too.
    /// </summary>
    /// <returns>The path of the given part of the data folder.</returns>
    public static string SharedData(string part)
    {
        if (FindSharedData(part) is { } found)
        {
            return found;
        }

        var message = $"no shared/data/{part} beside the checkout (or in SPARK_SHARED_DATA)";
        if (Environment.GetEnvironmentVariable("SPARK_TESTS_WITHOUT_DATA") == "1")
        {
            Assert.Ignore(message);
        }

        Missing(message);
        throw new UnreachableException();
    }

    /// <summary>The same, null where the machine does not have it.</summary>
    public static string? FindSharedData(string part)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "data", part);
            if (Path.Exists(candidate))
            {
                return candidate;
            }
        }

        return Environment.GetEnvironmentVariable("SPARK_SHARED_DATA") is { Length: > 0 } given && Path.Exists(Path.Combine(given, part))
            ? Path.Combine(given, part)
            : null;
    }

    /// <summary>Debian's Chromium.</summary>
    /// <returns>Its path.</returns>
    public static string Chromium()
    {
        if (FindOnPath("chromium") is { } found)
        {
            return found;
        }

        Missing("no 'chromium' on PATH; run infra/test.sh, or apt-get install chromium");
        throw new UnreachableException();
    }

    /// <summary>A command on PATH.</summary>
    public static void Command(string name)
    {
        if (FindOnPath(name) is null)
        {
            Missing($"no '{name}' on PATH");
        }
    }

    /// <summary>Full path of a command on PATH, null when there is none.</summary>
    public static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Skips the test, or fails it when <c>CI=true</c>.</summary>
    public static void Missing(string what)
    {
        if (Everything)
        {
            Assert.Fail(what);
        }

        Assert.Ignore(what);
    }

    private static bool Succeeds(string file, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
