using System.Text;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>
/// A shell that its own user may run and not read. The kernel lets nobody but root look into the memory and the open files of a process that was started from such a
/// file, so another process of that user can neither learn the mark of the answers nor write to where they go.
/// </summary>
internal static class ShutProgram
{
    private const string Folder = $"{SandboxScripts.Root}/own";

    private const string Script = $"""
        s=$(command -v bash) || s=$(command -v sh) || exit 1
        n=sh
        case $s in */bash) n=bash ;; esac
        if [ ! -e {Folder}/$n ]; then mkdir -p {Folder} && cp -L "$s" {Folder}/$n.new && chmod 711 {Folder}/$n.new && mv {Folder}/$n.new {Folder}/$n || exit 1; fi
        echo {Folder}/$n
        """;

    /// <summary>Makes it in a container, or finds it.</summary>
    /// <returns>The words that start it; the image's own <c>sh</c> where it cannot be made.</returns>
    public static async Task<IReadOnlyList<string>> MakeAsync(IContainerGateway gateway, string container, CancellationToken cancellationToken)
    {
        using var process = await gateway.ExecAsync(container, new ExecSpec(["sh", "-c", Script]) { User = "0", WorkingDirectory = "/" }, cancellationToken);
        var said = new StringBuilder();
        var buffer = new byte[256];
        for (int read; said.Length < buffer.Length && (read = await process.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            said.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        // By way of a shell: what the engine starts has, until it has started, capabilities by which it can read every file.
        return said.ToString().Trim() is $"{Folder}/bash" or $"{Folder}/sh" ? ["sh", "-c", "exec \"$0\" \"$@\"", said.ToString().Trim()] : ["sh"];
    }
}
