using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Spark.Temporal.Activities.Artifacts;

/// <summary>Gives a finished file a name only if no other file has it, in one step.</summary>
internal static class ExclusiveFile
{
    private const int AlreadyExists = 17;

    /// <summary>Gives a file a second name, in the same file system; the first one stays.</summary>
    /// <returns>False when the name is taken.</returns>
    /// <exception cref="IOException">The file system refuses.</exception>
    public static bool TryName(string file, string name)
    {
        // File.Move looks first and renames then, outside Windows: of two who do it at once, the second one wins.
        if (OperatingSystem.IsWindows())
        {
            return TryMove(file, name);
        }

        if (Link(file, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == AlreadyExists ? false : throw new IOException($"Cannot create {name}: {new Win32Exception(error).Message}");
    }

    private static bool TryMove(string file, string name)
    {
        try
        {
            File.Move(file, name, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(name))
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true, BestFitMapping = false)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string added);
}
