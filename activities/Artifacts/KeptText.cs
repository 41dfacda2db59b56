namespace Spark.Temporal.Activities.Artifacts;

/// <summary>A short text that is made once and kept in a file, for every process of a folder.</summary>
internal static class KeptText
{
    /// <summary>Makes a folder that only this user can enter.</summary>
    public static string Folder(string path)
    {
        var folder = Directory.CreateDirectory(path).FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return folder;
    }

    /// <summary>The text of a file, made where it is missing.</summary>
    /// <param name="path">The file, in a folder that only the worker's user can enter.</param>
    /// <param name="make">Makes the text.</param>
    public static string Of(string path, Func<string> make)
    {
        if (!File.Exists(path))
        {
            var temporary = $"{path}.{Guid.NewGuid():n}";
            File.WriteAllText(temporary, make());

            // Another worker of this folder may be quicker; its file counts for both.
            _ = ExclusiveFile.TryName(temporary, path);
            File.Delete(temporary);
        }

        return File.ReadAllText(path).Trim();
    }
}
