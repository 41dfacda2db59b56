using System.Diagnostics;
using System.Globalization;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// An agent that is root and stops all processes again and again may also stop what the engine starts in its container, before that has become the
/// command that was asked for. The engine then waits for ever, and neither shows nor removes the container. Where the engine is this host's and the
/// worker may, those processes are ended from here.
/// </summary>
internal static class StuckStarts
{
    /// <summary>How long the engine may take until processes are looked at.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How often a command that says nothing is looked after.</summary>
    public const int Looks = 24;

    /// <summary>Ends what was stopped while it started.</summary>
    /// <param name="container">The whole id of the container.</param>
    /// <returns>How many were ended.</returns>
    public static int End(string container)
    {
        if (!Directory.Exists("/proc"))
        {
            return 0;
        }

        var all = Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _)).ToList();
        // Early on, what starts is among the container's processes and not yet in its control group.
        var within = all.Where(folder => Text(folder, "cgroup").Contains(container, StringComparison.Ordinal)).Select(Namespace).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return all.Count(folder => Text(folder, "cmdline").StartsWith("runc\0init", StringComparison.Ordinal)
            && Text(folder, "status").Contains("\nState:\tT", StringComparison.Ordinal)
            && Namespace(folder) is { } own && within.Contains(own)
            && Ends(int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)));
    }

    private static string Text(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string? Namespace(string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(folder, "ns", "pid")).LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Ends(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            return true;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or NotSupportedException)
        {
            // It has ended meanwhile, or is not ours to end.
            return false;
        }
    }
}
