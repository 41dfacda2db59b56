using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Judging;

/// <summary>
/// What of an agent's changes comes into the container of a clean verifier. Its result does; what could act on the verifier does not: system folders, what
/// interpreters and shells read by themselves, and programs that stand for a well-known one.
/// </summary>
public static class CleanCopy
{
    /// <summary>Folders that belong to the image, the engine or the verification.</summary>
    private static readonly string[] SystemFolders =
    [
        "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/lib/dpkg", "/var/lib/apt", "/var/cache", "/var/run",
        "/var/log", "/.spark", "/.dockerenv", "/logs", "/tests", "/solution",
    ];

    /// <summary>Files that Python, pytest or a shell read by themselves wherever they find them.</summary>
    private static readonly string[] ReadByThemselves =
    [
        "conftest.py", "sitecustomize.py", "usercustomize.py", "pytest.ini", ".pytest.ini", ".pdbrc", ".pythonrc.py", ".pydistutils.cfg",
        ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".profile", ".zshrc", ".zshenv", ".zprofile", ".npmrc", ".curlrc", ".wgetrc",
        "pyvenv.cfg", ".gitconfig", "GNUmakefile", ".coveragerc", ".python-version", ".tool-versions", ".envrc",
    ];

    /// <summary>Files that steer a test run from the root of the file system, above the tests.</summary>
    private static readonly string[] AtTheRoot = ["/pyproject.toml", "/setup.cfg", "/tox.ini", "/package.json"];

    /// <summary>Parts of a path below which programs and plugins are looked for.</summary>
    private static readonly string[] SearchPaths =
        [
            "site-packages", "dist-packages", "__pycache__", ".local/lib", ".local/bin", ".config/pip", ".config/uv", ".config/python", ".pip", ".cache/uv", ".cache/pip", ".cargo/bin", ".cargo/env", ".nvm", ".pyenv", ".config/git",
            ".git/hooks", ".git/config", ".git/config.worktree", ".local/share/uv",
        ];

    /// <summary>Ends of folders in which Python looks for what is installed beside the modules.</summary>
    private static readonly string[] Installed = [".dist-info/", ".egg-info/", ".egg-link/", ".egg/"];

    /// <summary>Programs that a verifier is likely to call.</summary>
    private static readonly HashSet<string> Programs = new(
        [
            "sh", "bash", "dash", "zsh", "env", "cat", "grep", "test", "true", "false", "cp", "mv", "rm", "ls", "echo", "printf", "sed", "awk", "head", "tail", "tee", "find", "diff", "sleep", "timeout",
            "node", "npm", "npx", "perl", "ruby", "java", "javac", "gcc", "cc", "g++", "make", "cmake", "go", "cargo", "rustc", "git", "curl", "wget", "uv", "uvx", "pytest", "py.test", "jq", "apt", "apt-get",
        ],
        StringComparer.Ordinal);

    /// <summary>Why a changed path stays behind; null where it comes along.</summary>
    /// <param name="path">Absolute path in the container.</param>
    /// <param name="outputPath">Where the task expects its result, which comes along wherever it is; null where that is not known.</param>
    /// <param name="isFolder">Whether it is a folder, or may be one.</param>
    public static string? Reason(string path, string? outputPath = null, bool isFolder = true)
    {
        if (outputPath is not null && FolderPath.IsIn(path, outputPath) && !outputPath.StartsWith("/tests", StringComparison.Ordinal))
        {
            return null;
        }

        var name = path[(path.LastIndexOf('/') + 1)..];
        return SystemFolders.Any(folder => FolderPath.IsIn(path, folder)) ? "a system folder"
            : ReadByThemselves.Contains(name) || name.EndsWith(".pth", StringComparison.Ordinal) ? "a file that the verifier's programs read by themselves"
            : AtTheRoot.Contains(path) ? "a file that steers a test run"
            : path.EndsWith("/.git", StringComparison.Ordinal) && !isFolder ? "another repository in the place of the task's"
            : Installed.Any(end => $"{path}/".Contains(end, StringComparison.Ordinal)) || IsLibrary(path) ? "a search path of programs"
            : SearchPaths.Any(part => $"{path}/".Contains($"/{part}/", StringComparison.Ordinal)) ? "a search path of programs"
            : path.Contains("/bin/", StringComparison.Ordinal) && IsProgram(name) ? "a program in the place of a known one"
            : null;
    }

    /// <summary>A standard library of Python, wherever it is: <c>lib/python3.12</c>.</summary>
    private static bool IsLibrary(string path) =>
        path.Contains("/lib/python3", StringComparison.Ordinal) || path.Contains("/lib64/python3", StringComparison.Ordinal) || path.Contains("/lib/python2", StringComparison.Ordinal);

    private static bool IsProgram(string name) =>
        Programs.Contains(name) || name.StartsWith("python", StringComparison.Ordinal) || name.StartsWith("pip", StringComparison.Ordinal);
}
