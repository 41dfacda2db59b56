using System.Text;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Starter.Servers;

/// <summary>What a process of ours is.</summary>
internal enum LocalKind
{
    Command,
    Worker,
    Server,
}

/// <summary>A server or worker that commands started on this machine.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mark">The process.</param>
/// <param name="Folder">State folder that it belongs to; it may be gone.</param>
internal sealed record LocalProcess(LocalKind Kind, ProcessMark Mark, string Folder);

/// <summary>Finds the servers and workers that commands started, by what <c>/proc</c> says; empty where there is none.</summary>
internal static class LocalProcesses
{
    /// <summary>Variable that every server started here has, with its state folder.</summary>
    public const string ServerOf = "SPARK_SERVER_OF";

    /// <summary>Option that every worker started here has, with its state folder.</summary>
    public const string WorkerIn = "--embedded-in";

    /// <summary>All that this user may see.</summary>
    public static IReadOnlyList<LocalProcess> Find()
    {
        var found = new List<LocalProcess>();
        foreach (var folder in Directory.Exists("/proc/self") ? Directory.EnumerateDirectories("/proc") : [])
        {
            if (int.TryParse(Path.GetFileName(folder), out var pid) && Of(pid, folder) is { } ours)
            {
                found.Add(ours);
            }
        }

        return found;
    }

    /// <summary>Those of one state folder.</summary>
    public static IReadOnlyList<LocalProcess> Of(string stateFolder) => [.. Find().Where(process => process.Folder == Path.GetFullPath(stateFolder))];

    /// <summary>The command line of a process, shortened; empty where it cannot be read.</summary>
    public static string Title(int pid)
    {
        try
        {
            var words = Words($"/proc/{pid}/cmdline");
            return PlainText.OneLine(string.Join(' ', [.. words.Take(1).Select(word => Path.GetFileName(word)), .. words.Skip(1)]));
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static LocalProcess? Of(int pid, string folder)
    {
        try
        {
            var words = Words(Path.Combine(folder, "cmdline"));
            if (words.Take(2).Any(word => Path.GetFileNameWithoutExtension(word) == "spark-worker"))
            {
                var place = Array.IndexOf(words, WorkerIn);
                return place >= 0 && place + 1 < words.Length && ProcessMark.Of(pid) is { } worker ? new LocalProcess(LocalKind.Worker, worker, words[place + 1]) : null;
            }

            var given = words.Contains("start-dev")
                ? Words(Path.Combine(folder, "environ")).FirstOrDefault(word => word.StartsWith($"{ServerOf}=", StringComparison.Ordinal))
                : null;
            return given is not null && ProcessMark.Of(pid) is { } server ? new LocalProcess(LocalKind.Server, server, given[(ServerOf.Length + 1)..]) : null;
        }
        catch (Exception hidden) when (hidden is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or belongs to another user.
            return null;
        }
    }

    private static string[] Words(string path) => Encoding.UTF8.GetString(File.ReadAllBytes(path)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
}
