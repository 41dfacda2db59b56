using System.Collections.Concurrent;
using Spark.Temporal.Activities.Archives;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What every container gets besides its image: our scripts and the log folders.</summary>
internal static class SandboxScripts
{
    public const string Root = "/.spark";

    /// <summary>
    /// Files of the agent's commands, in memory: each command makes half a dozen, and on a loaded disk one can take milliseconds.
    /// </summary>
    public const string Commands = $"{Root}/sh";

    /// <summary>Files of commands that run once beside the shell; their names cannot be guessed, and the folder cannot be listed.</summary>
    public const string Runs = $"{Root}/runs";

    /// <summary>Tests before the verifier's turn; only root enters.</summary>
    public const string Staging = $"{Root}/staging";

    /// <summary>Made by the container's main process where its image brings <c>/tests</c>; an agent that is root can make it too.</summary>
    public const string TestsOfImage = $"{Runs}/tests-of-image";

    /// <summary>What the engine itself puts into a container's layer: none of it is a change of whoever works in there.</summary>
    public static readonly string[] EnginesOwn =
        ["/usr/sbin/docker-init", "/sbin/docker-init", "/.dockerenv", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab"];

    private const string Library = ". /.spark/lib.sh\n";

    private const UnixFileMode Everyone = (UnixFileMode)0b111_111_111;
    private static readonly ConcurrentDictionary<string, string> Wholes = new();
    private static readonly Lazy<byte[]> Archive = new(() => TarPacker.Bytes(Pack));

    /// <summary>Log folders and scripts as a tar for the root of a container.</summary>
    public static Stream Open() => new MemoryStream(Archive.Value, writable: false);

    /// <summary>
    /// A script with what it shares with others, for the argument of a shell: what decides on a verdict must not be read from
    /// a file, since an agent that is root may have rewritten it.
    /// </summary>
    public static string Whole(string name) => Wholes.GetOrAdd(name, static script => Read(script).Replace(Library, Read("lib"), StringComparison.Ordinal));

    private static void Pack(TarPacker packer)
    {
        packer.Folder("logs", Everyone);
        packer.Folder("logs/agent", Everyone);
        packer.Folder("logs/verifier", Everyone);
        packer.Folder("logs/artifacts", Everyone);
        packer.Folder(".spark");
        packer.Folder(".spark/sh", Everyone | UnixFileMode.StickyBit);
        packer.Folder(".spark/out", Everyone | UnixFileMode.StickyBit);
        packer.Folder(".spark/runs", (UnixFileMode)0b111_011_011 | UnixFileMode.StickyBit);
        packer.Folder(".spark/staging", (UnixFileMode)0b111_000_000);
        foreach (var name in (string[])["lib", "main", "shell", "broker", "once"])
        {
            packer.File($".spark/{name}.sh", Read(name), TarPacker.Program);
        }
    }

    private static string Read(string name)
    {
        using var stream = typeof(SandboxScripts).Assembly.GetManifestResourceStream($"Sandbox.{name}.sh")
            ?? throw new InvalidOperationException($"The script {name}.sh is not in the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
