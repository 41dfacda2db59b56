namespace Spark.Temporal.Activities.Artifacts;

/// <summary>What to do when a file system refuses.</summary>
internal static class DiskWords
{
    /// <summary>The remedy for an exception of the file system, as a sentence.</summary>
    public static string Remedy(Exception failure)
    {
        var words = failure.Message;
        return failure switch
        {
            UnauthorizedAccessException => "Let the worker's user read and write there (owner and permissions of the folder).",
            DirectoryNotFoundException or FileNotFoundException => "Is the disk or share mounted, and is the path right?",
            _ when Says(words, "no space left") || Says(words, "quota exceeded") || Says(words, "disk is full") =>
                "Free space on that disk (`df -h` and `df -i` show what is left), or raise the quota.",
            _ when Says(words, "read-only") => "The disk is mounted read-only: mount it for writing, and check it for errors (`dmesg`).",
            _ => "Is the disk or share mounted, with space left, and writable for the worker's user?",
        };
    }

    private static bool Says(string words, string what) => words.Contains(what, StringComparison.OrdinalIgnoreCase);
}
