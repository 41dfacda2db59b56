using System.Runtime.InteropServices;

namespace Spark.Temporal.Activities.Processes;

/// <summary>
/// The folder that all processes of one user on this host share: <c>spark-UID</c> below the folder of temporary files, for its owner alone.
/// It is the same for a login, a service and a job of cron, which <c>XDG_RUNTIME_DIR</c> is not, and it outlives the last login.
/// </summary>
public static class HostFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static string? _made;

    /// <summary>Makes it where it is missing.</summary>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">It cannot be made, or belongs to another user; the message says what to do.</exception>
    public static string Obtain() => _made is { } made && Directory.Exists(made) ? made : _made = Make(Path.GetTempPath());

    /// <summary>The same below another folder.</summary>
    internal static string Make(string temporary)
    {
        if (OperatingSystem.IsWindows())
        {
            // Each user has a temporary folder of its own there.
            return Directory.CreateDirectory(Path.Combine(temporary, "spark")).FullName;
        }

        var user = UserId();
        var path = Path.Combine(temporary, $"spark-{user}");
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            if (new DirectoryInfo(path).LinkTarget is null && (OwnerOf(path) ?? user) == user)
            {
                // Where the system does not tell the owner, this does: only the owner may change the mode.
                File.SetUnixFileMode(path, OwnerOnly);
                return path;
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}, the folder of this user's locks, cannot be made or used: {refused.Message} {Remedy(path)}", refused);
        }

        throw new IOException($"{path}, the folder of this user's locks, belongs to another user or is a link. {Remedy(path)}");
    }

    private static string Remedy(string path) => $"Remove {path}, or set TMPDIR to a folder of this user.";

    /// <summary>Owner of a file, of a link itself; null where the system does not tell.</summary>
    private static uint? OwnerOf(string path)
    {
        const int workingFolder = -100;
        const int noFollow = 0x100;
        const uint owner = 0x8;
        return OperatingSystem.IsLinux() && StatX.Ask(workingFolder, path, noFollow, owner, out var found) == 0 ? found.User : null;
    }

    [DllImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint UserId();
}
