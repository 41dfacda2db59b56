using Spark.Temporal.Starter.Servers;

namespace Spark.Temporal.Starter.Doctor;

/// <summary>Servers and workers that nothing uses: the commands that started them are gone, or their folder is.</summary>
internal static class Leftovers
{
    /// <param name="running">Servers and workers on this machine.</param>
    public static IReadOnlyList<Finding> Of(IReadOnlyList<LocalProcess> running) =>
        [.. running.GroupBy(process => process.Folder, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(Of).OfType<Finding>()];

    private static Finding? Of(IGrouping<string, LocalProcess> group)
    {
        var what = string.Join(", ", group.OrderByDescending(process => process.Kind).Select(process => $"{(process.Kind == LocalKind.Server ? "server" : "worker")} (process {process.Mark.Pid})"));
        if (!Directory.Exists(group.Key))
        {
            return new("leftover", Verdict.Warning, $"{what} of {group.Key}, which is gone", $"kill {string.Join(' ', group.Select(process => process.Mark.Pid))}");
        }

        return new StateFolder(group.Key).Users().Count > 0
            ? null
            : new("leftover", Verdict.Warning, $"{what} of {group.Key}, which no command uses any more", $"spark down --state {group.Key}");
    }
}
