using System.Globalization;
using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>Processes of a container on this host, by its control group: the engine's own way starts a program each time.</summary>
internal static class HostProcesses
{
    private const string Groups = "/sys/fs/cgroup";

    /// <summary>Bytes of one file: numbers of some thousand processes, and the beginning of a long command.</summary>
    private const int MostBytes = 32 * 1024;

    /// <summary>How often the list is read where a process has ended before it was looked at.</summary>
    private const int Looks = 5;

    private const string Ended = "[a process that has ended meanwhile]";

    /// <summary>Clock ticks per second in <c>/proc</c>, the same on all of Linux.</summary>
    private const double Ticks = 100;

    /// <summary>Lists the processes.</summary>
    /// <param name="process">Number of the container's first process on this host.</param>
    /// <param name="container">The whole id of the container.</param>
    /// <returns>Null where this host does not tell.</returns>
    public static IReadOnlyList<ContainerProcess>? Of(long process, string container)
    {
        if (process <= 0 || Group(Text($"/proc/{process}/cgroup"), container) is not { } group || !double.TryParse(Text("/proc/uptime").Split(' ')[0], CultureInfo.InvariantCulture, out var uptime))
        {
            return null;
        }

        try
        {
            for (var look = 1; ; look++)
            {
                var ids = Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories)
                    .SelectMany(file => Text(file).Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToList();
                List<ContainerProcess> found = [.. ids.Select(id => Read(id, uptime)).OfType<ContainerProcess>()];
                if (found.Count == ids.Count || look == Looks)
                {
                    // Where some have ended at every look, there are always new ones: nobody knows them, and they are told of.
                    return [.. found, .. ids.Except(found.Select(process => process.Id)).Select(id => new ContainerProcess(id, "", 0, Ended))];
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The folder of the container's control group; of several hierarchies any does.</summary>
    private static string? Group(string text, string container)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.Split(':', 3) is [_, var kind, var path] && path.IndexOf(container, StringComparison.Ordinal) is >= 0 and var at)
            {
                // Groups that the container made below its own are its own.
                var end = path.IndexOf('/', at + container.Length);
                var own = (end < 0 ? path : path[..end]).TrimStart('/');
                string[] places = [Path.Combine(Groups, kind, own), Path.Combine(Groups, kind.Replace("name=", "", StringComparison.Ordinal), own), Path.Combine(Groups, "unified", own)];
                if (places.FirstOrDefault(place => File.Exists(Path.Combine(place, "cgroup.procs"))) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    /// <returns>Null where it has ended meanwhile.</returns>
    private static ContainerProcess? Read(string id, double uptime)
    {
        var stat = Text($"/proc/{id}/stat");
        // The name of the program may have spaces and brackets; what comes behind it does not.
        var end = stat.LastIndexOf(')');
        var fields = end < 0 ? [] : stat[(end + 2)..].Split(' ');
        if (fields.Length < 20)
        {
            return null;
        }

        var command = Text($"/proc/{id}/cmdline").Replace('\0', ' ').TrimEnd();
        var age = double.TryParse(fields[19], CultureInfo.InvariantCulture, out var started) ? Math.Max(0, uptime - (started / Ticks)) : 0;
        return new ContainerProcess(id, fields[1], (long)age, command.Length > 0 ? command : $"[{stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..end]}]{(fields[0] == "Z" ? " <defunct>" : "")}");
    }

    private static string Text(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            var bytes = new byte[MostBytes];
            return Encoding.UTF8.GetString(bytes, 0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
