using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Texts;

/// <summary>
/// Characters and names that a Dockerfile, a script or a path may hold without quotes. Everything else is refused, because a
/// list of bad characters is never complete.
/// </summary>
public static partial class SafeNames
{
    private const int MostPath = 200;

    /// <summary>Names that only the renderer writes or only the runner mounts.</summary>
    private static readonly string[] Reserved = ["/tests", "/solution", "/logs", "/opt/verifier", "/proc", "/sys", "/dev", "/etc", "/usr", "/bin", "/sbin", "/lib", "/boot"];

    public static bool IsAptPackage(string name) => Apt().IsMatch(name);

    public static bool IsPipPackage(string name) => Pip().IsMatch(name);

    public static bool IsPinned(string name) => name.Contains("==", StringComparison.Ordinal);

    /// <summary>A registry's name, a path, a tag, a digest: characters of image names and nothing else.</summary>
    public static bool IsImage(string name) => Image().IsMatch(name);

    /// <summary>Why a path cannot be a place in the container; null when it can.</summary>
    public static string? AbsoluteProblem(string path) => path switch
    {
        _ when !path.StartsWith('/') => "is not an absolute path",
        _ when path.Length > MostPath => $"is longer than {MostPath} characters",
        _ when !Absolute().IsMatch(path) => "may have letters, digits and . _ - + @ / only",
        _ when path.Length > 1 && path[1..].Split('/').Any(part => part is "" or "." or "..") => "has an empty, '.' or '..' part",
        _ when Reserved.FirstOrDefault(root => path == root || path.StartsWith(root + "/", StringComparison.Ordinal)) is { } root => $"is in {root}, which is not the task's",
        _ => null,
    };

    /// <summary>Why a path cannot be a file of the package; null when it can.</summary>
    public static string? RelativeProblem(string path) => path switch
    {
        "" => "is empty",
        _ when path.Length > MostPath => $"is longer than {MostPath} characters",
        _ when path.Contains('\\', StringComparison.Ordinal) => "has a backslash; folders are separated by /",
        _ when path.Length > 1 && char.IsAsciiLetter(path[0]) && path[1] == ':' => "is a Windows path",
        _ when path.StartsWith('/') => "is absolute; it must be relative to the working folder",
        _ when path.StartsWith('~') => "begins with ~",
        _ when path.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029') => "has a control character",
        _ when path.Split('/').Any(part => part is "" or "." or ".." || part.Trim() != part) => "has an empty, '.' or '..' part, or one that begins or ends with white space",
        _ => null,
    };

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9+.\-]{1,99}(?:=[A-Za-z0-9][A-Za-z0-9.+:~\-]{0,63})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Apt();

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9._\-]{0,98}[A-Za-z0-9])?(?:\[[A-Za-z0-9,_\-]{1,64}\])?(?:==[A-Za-z0-9][A-Za-z0-9.!+_\-]{0,63})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pip();

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._\-/:@]{0,199}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Image();

    [GeneratedRegex(@"\A/[A-Za-z0-9._\-+@/]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Absolute();
}
