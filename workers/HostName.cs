using Spark.Temporal.Workflows.Domain;

namespace Spark.Temporal.Workers;

/// <summary>The name that a sandbox host's task queue carries. It outlives the process, because containers do.</summary>
internal static class HostName
{
    /// <summary>The name of the settings, else the one in the state folder, which is made at the first start.</summary>
    public static string Resolve(WorkerOptions options)
    {
        if (options.HostName.Length > 0)
        {
            return options.HostName;
        }

        var path = Path.Combine(Directory.CreateDirectory(options.StateFolder).FullName, "host");
        if (!File.Exists(path))
        {
            var machine = Text.Slug(Environment.MachineName);
            var name = $"{machine[..Math.Min(machine.Length, 40)].TrimEnd('-')}-{Guid.NewGuid().ToString("n")[..6]}";
            var temporary = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(temporary, name + "\n");
            try
            {
                File.Move(temporary, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another worker on this host was first; both are the same host.
                File.Delete(temporary);
            }
        }

        return File.ReadAllText(path).Trim();
    }
}
