using System.Text.Json;
using Spark.Temporal.Domain.Json;

namespace Spark.Temporal.Starter.Servers;

/// <summary>The processes of a state folder, recorded in its <c>up.json</c>.</summary>
internal sealed record UpRecord
{
    /// <summary>The <c>spark up</c> that keeps it running; null when a command started the server for itself.</summary>
    public ProcessMark? Owner { get; init; }

    public required ProcessMark Server { get; init; }

    public ProcessMark? Worker { get; init; }

    /// <summary>The server's address, host and port.</summary>
    public required string Address { get; init; }

    public required string Namespace { get; init; }

    /// <summary>Address of the web UI.</summary>
    public required string UiAddress { get; init; }
}

/// <summary>The folder <c>.spark/</c>: database, logs, and the processes that use its server.</summary>
internal sealed class StateFolder(string path)
{
    /// <summary>Its full path.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string ServerLog => System.IO.Path.Combine(Path, "logs", "server.log");

    public string WorkerLog => System.IO.Path.Combine(Path, "logs", "worker.log");

    public string KeeperLog => System.IO.Path.Combine(Path, "logs", "keeper.log");

    /// <summary>
    /// Path of a file that the settings name. Settings name files relative to the working folder, with <c>.spark/</c> for this
    /// folder, also where this folder is elsewhere.
    /// </summary>
    public string Place(string file)
    {
        const string own = ".spark/";
        return System.IO.Path.GetFullPath(
            file.StartsWith(own, StringComparison.Ordinal) ? System.IO.Path.Combine(Path, file[own.Length..]) : System.IO.Path.Combine(Path, "..", file));
    }

    private string RecordPath => System.IO.Path.Combine(Path, "up.json");

    private string SessionsPath => System.IO.Path.Combine(Path, "sessions");

    /// <summary>The folder's record while its server is alive; null otherwise, also when the file cannot be read.</summary>
    public UpRecord? Read()
    {
        try
        {
            var record = JsonSerializer.Deserialize<UpRecord>(File.ReadAllText(RecordPath), SparkJson.Options);
            if (record is null || !record.Server.IsAlive)
            {
                return null;
            }

            return record with
            {
                Owner = record.Owner is { IsAlive: true } ? record.Owner : null,
                Worker = record.Worker is { IsAlive: true } ? record.Worker : null,
            };
        }
        catch (Exception unusable) when (unusable is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>The worker of the record, also where its server is gone; null where no worker is alive.</summary>
    public ProcessMark? StrayWorker()
    {
        try
        {
            return JsonSerializer.Deserialize<UpRecord>(File.ReadAllText(RecordPath), SparkJson.Options)?.Worker is { IsAlive: true } worker ? worker : null;
        }
        catch (Exception unusable) when (unusable is IOException or JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// Makes the folder where it is missing, for its owner alone: histories, logs and artifacts are in it. An existing
    /// folder keeps its mode.
    /// </summary>
    public void Make()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path);
        }
        else
        {
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Write(UpRecord record)
    {
        Make();
        var temporary = $"{RecordPath}.{Environment.ProcessId}";
        File.WriteAllText(temporary, JsonSerializer.Serialize(record, SparkJson.Indented));
        File.Move(temporary, RecordPath, overwrite: true);
    }

    public void Forget()
    {
        if (Directory.Exists(Path))
        {
            File.Delete(RecordPath);
        }
    }

    /// <summary>Notes that this process uses the server of this folder.</summary>
    public void Join()
    {
        Make();
        Directory.CreateDirectory(SessionsPath);

        // In one step: others read it at any time.
        var temporary = System.IO.Path.Combine(Path, $"session.{Environment.ProcessId}");
        File.WriteAllText(temporary, ProcessMark.Self.Started);
        File.Move(temporary, SessionOf(Environment.ProcessId), overwrite: true);
    }

    /// <summary>Checks that the folder which this process joined is still there: whoever deleted it wants nothing of it to be started again.</summary>
    /// <exception cref="IOException">It is gone.</exception>
    public void CheckJoined()
    {
        if (!File.Exists(SessionOf(Environment.ProcessId)))
        {
            throw new IOException($"{Path} was deleted: what ran there is stopped");
        }
    }

    /// <summary>Removes the note, and those of processes that are dead.</summary>
    /// <returns>The processes that still use the server.</returns>
    public IReadOnlyList<int> Leave()
    {
        var others = Users().Where(user => user != Environment.ProcessId).ToList();
        foreach (var file in Sessions().Where(file => !others.Contains(PidOf(file))))
        {
            File.Delete(file);
        }

        return others;
    }

    /// <summary>Whether no other process uses the server of this folder.</summary>
    public bool IsLastUser => Users().All(user => user == Environment.ProcessId);

    /// <summary>Processes that use the server of this folder.</summary>
    public IReadOnlyList<int> Users() => [.. Sessions().Where(IsAlive).Select(PidOf)];

    /// <summary>Keeps other processes from starting or stopping a server in this folder until it is disposed.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        Make();
        while (true)
        {
            try
            {
                return new FileStream(System.IO.Path.Combine(Path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            }
        }
    }

    private string[] Sessions() => Directory.Exists(SessionsPath) ? Directory.GetFiles(SessionsPath) : [];

    private static int PidOf(string session) => int.TryParse(System.IO.Path.GetFileName(session), out var pid) ? pid : 0;

    private static bool IsAlive(string session)
    {
        try
        {
            return new ProcessMark(PidOf(session), File.ReadAllText(session)).IsAlive;
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private string SessionOf(int pid) => System.IO.Path.Combine(SessionsPath, $"{pid}");
}
