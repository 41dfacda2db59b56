namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>Why a folder gives no task.</summary>
public enum SkipReason
{
    /// <summary>Its name starts with a dot.</summary>
    Hidden,

    /// <summary>Its name starts with an underscore.</summary>
    Underscore,

    /// <summary>A link to a folder.</summary>
    Link,

    /// <summary>A folder that tools fill.</summary>
    OfTool,

    /// <summary>Below the last level that is searched.</summary>
    TooDeep,

    /// <summary>It was searched, and no task is in it.</summary>
    NoTask,
}

/// <summary>A folder that was not searched for tasks, or in which there is none.</summary>
/// <param name="Directory">Absolute path.</param>
/// <param name="Reason">Why.</param>
public sealed record SkippedFolder(string Directory, SkipReason Reason);

/// <summary>The skipped folders of one reason.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Count">How many.</param>
/// <param name="Folders">All of them, by path.</param>
public sealed record SkippedFolders(SkipReason Reason, int Count, IReadOnlyList<string> Folders)
{
    private const int MostShown = 5;

    public static IReadOnlyList<SkippedFolders> Of(IEnumerable<SkippedFolder> skipped) =>
    [
        .. skipped.GroupBy(folder => folder.Reason).OrderBy(group => group.Key)
            .Select(group => new SkippedFolders(group.Key, group.Count(), [.. group.Select(folder => folder.Directory).Order(StringComparer.Ordinal)])),
    ];

    /// <summary>How many, why, and the first of them.</summary>
    /// <param name="shown">How a path is shown.</param>
    public string Words(Func<string, string> shown) =>
        $"{Count} {(Count == 1 ? "folder" : "folders")} {What(Count == 1)}: {string.Join(", ", Folders.Take(MostShown).Select(shown))}{(Count > MostShown ? $" and {Count - MostShown} more" : "")}";

    private string What(bool one) => Reason switch
    {
        SkipReason.Hidden => $"not searched, {(one ? "it is" : "they are")} hidden",
        SkipReason.Underscore => $"not searched, {(one ? "its name starts" : "their names start")} with an underscore",
        SkipReason.Link => $"not searched, {(one ? "it is a link" : "they are links")}",
        SkipReason.OfTool => $"not searched, tools fill {(one ? "it" : "them")}",
        SkipReason.TooDeep => $"not searched, {(one ? "it is" : "they are")} more than {TaskScan.MostLevels} levels deep",
        _ => "without a task",
    };
}
