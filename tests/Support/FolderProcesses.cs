using System.Text;

namespace Spark.Temporal.Tests.Support;

/// <summary>The processes that have to do with a folder, by what <c>/proc</c> says: in their command line, or as their working folder.</summary>
internal static class FolderProcesses
{
    /// <summary>Each as its number and command line.</summary>
    public static IReadOnlyList<string> Of(string folder)
    {
        var found = new List<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out var pid) && pid != Environment.ProcessId))
        {
            try
            {
                var line = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(process, "cmdline"))).Replace('\0', ' ');
                var working = new FileInfo(Path.Combine(process, "cwd")).LinkTarget ?? "";
                if (line.Contains(folder, StringComparison.Ordinal) || working.StartsWith(folder, StringComparison.Ordinal))
                {
                    found.Add($"{Path.GetFileName(process)} {line}");
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile.
            }
        }

        return found;
    }

    /// <summary>Waits until there are none; 15 seconds is what users are promised.</summary>
    public static async Task GoneAsync(string folder, double withinSec = 15) =>
        await Eventually.PassesAsync(() =>
        {
            Assert.That(Of(folder), Is.Empty);
            return Task.CompletedTask;
        }, TimeSpan.FromSeconds(withinSec));
}
