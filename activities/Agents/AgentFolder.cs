using System.Reflection;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Sandbox;

namespace Spark.Temporal.Activities.Agents;

/// <summary>What an agent's start needs in its container, below <see cref="Root"/>.</summary>
internal static class AgentFolder
{
    public const string Root = $"{SandboxScripts.Root}/agent";

    public const string Stream = $"{Root}/stream.sh";

    public const string Start = $"{Root}/agent.sh";

    public const string End = $"{Root}/end.sh";

    public const string Instruction = $"{Root}/instruction.md";

    /// <summary>A tar for the root of the container.</summary>
    /// <param name="instruction">The instruction; null while it is being installed.</param>
    /// <param name="files">Files by the paths at which the agent looks for them.</param>
    /// <param name="scripts">Installation scripts by name.</param>
    public static Stream Pack(string? instruction, IReadOnlyDictionary<string, string> files, IReadOnlyDictionary<string, string> scripts)
    {
        var folder = Root.TrimStart('/');
        return new MemoryStream(TarPacker.Bytes(packer =>
        {
            packer.Folder(folder);
            packer.File($"{folder}/stream.sh", Script("stream"));
            packer.File($"{folder}/agent.sh", Script("agent"));
            packer.File($"{folder}/end.sh", Script("end"));
            packer.File($"{folder}/files", string.Concat(files.Keys.Select(path => $"{path}\n")));
            foreach (var (content, index) in files.Values.Select((content, index) => (content, index)))
            {
                packer.File($"{folder}/file-{index + 1}", content);
            }

            foreach (var (name, script) in scripts)
            {
                packer.File($"{folder}/{name}", script);
            }

            if (instruction is not null)
            {
                packer.File($"{folder}/instruction.md", instruction);
            }
        }), writable: false);
    }

    private static string Script(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"Agents/{name}.sh")!);
        return reader.ReadToEnd();
    }
}
