namespace Spark.Temporal.Domain.Texts;

/// <summary>Paths with forward slashes, as text: nothing is looked up.</summary>
public static class FolderPath
{
    /// <summary>Whether a path is a folder or lies below it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="folder">The folder, without a slash at its end.</param>
    public static bool IsIn(string path, string folder) => path == folder || path.StartsWith($"{folder}/", StringComparison.Ordinal);
}
