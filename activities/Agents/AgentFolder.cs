using System.Formats.Tar;
using System.Reflection;
using System.Text;
using Spark.Temporal.Activities.Sandbox;

namespace Spark.Temporal.Activities.Agents;

/// <summary>What an agent's start needs in its container, below <see cref="Root"/>.</summary>
internal static class AgentFolder
{
    public const string Root = $"{SandboxScripts.Root}/agent";

    public const string Stream = $"{Root}/stream.sh";

    public const string Start = $"{Root}/agent.sh";

    public const string Instruction = $"{Root}/instruction.md";

    private const UnixFileMode Readable = (UnixFileMode)0b110_100_100;

    /// <summary>A tar for the root of the container.</summary>
    /// <param name="instruction">The instruction; null while it is being installed.</param>
    /// <param name="files">Files by the paths at which the agent looks for them.</param>
    /// <param name="scripts">Installation scripts by name.</param>
    public static Stream Pack(string? instruction, IReadOnlyDictionary<string, string> files, IReadOnlyDictionary<string, string> scripts)
    {
        var buffer = new MemoryStream();
        using (var tar = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Directory, Root.TrimStart('/')) { Mode = (UnixFileMode)0b111_101_101 });
            Write(tar, "stream.sh", Script("stream"));
            Write(tar, "agent.sh", Script("agent"));
            Write(tar, "files", string.Concat(files.Keys.Select(path => $"{path}\n")));
            foreach (var (content, index) in files.Values.Select((content, index) => (content, index)))
            {
                Write(tar, $"file-{index + 1}", content);
            }

            foreach (var (name, script) in scripts)
            {
                Write(tar, name, script);
            }

            if (instruction is not null)
            {
                Write(tar, "instruction.md", instruction);
            }
        }

        buffer.Position = 0;
        return buffer;
    }

    private static void Write(TarWriter tar, string name, string content) => tar.WriteEntry(
        new PaxTarEntry(TarEntryType.RegularFile, $"{Root.TrimStart('/')}/{name}") { Mode = Readable, DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });

    private static string Script(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"Agents/{name}.sh")!);
        return reader.ReadToEnd();
    }
}
