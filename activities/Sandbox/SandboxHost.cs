using Microsoft.Extensions.Options;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>The name of this host and its task queue.</summary>
public sealed class SandboxHost
{
    private readonly string _prefix;

    public SandboxHost(IOptions<SandboxOptions> options)
    {
        _prefix = options.Value.QueuePrefix;
        Name = options.Value.Host ?? Remembered(options.Value.StateFolder);
    }

    public string Name { get; }

    public string Queue => _prefix + TaskQueues.SandboxHost(Name);

    private static string Remembered(string folder)
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, "sandbox-host");
        if (ReadName(path) is { } name)
        {
            return name;
        }

        var temporary = $"{path}.{Guid.NewGuid():n}";
        File.WriteAllText(temporary, $"host-{Guid.NewGuid().ToString("n")[..12]}\n");
        try
        {
            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another worker of this folder was quicker; both use its name.
            File.Delete(temporary);
        }

        return ReadName(path) ?? throw new IOException($"{path} is empty; delete it, or set Sandbox:Host.");
    }

    private static string? ReadName(string path) =>
        File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } name ? name : null;
}
