using System.Text;
using Spark.Temporal.Domain.Tasks;

namespace Spark.Temporal.Tests.Domain.Tasks;

/// <summary>Task folders that exist only in memory.</summary>
internal sealed class TaskFolders
{
    private readonly Dictionary<string, (TaskEntry Entry, byte[] Content)> _entries = [];

    /// <summary>A task with everything that one needs, and the given <c>task.toml</c>.</summary>
    public static TaskFolders Complete(string toml = "") => new TaskFolders()
        .With("task.toml", toml)
        .With("instruction.md", "Do it.\n")
        .With("environment/Dockerfile", "FROM scratch\n")
        .With("tests/test.sh", "echo 1 > /logs/verifier/reward.txt\n")
        .With("solution/solve.sh", "true\n");

    public TaskFolders With(string path, string content) => With(path, Encoding.UTF8.GetBytes(content));

    public TaskFolders With(string path, byte[] content)
    {
        AddFolders(path);
        _entries[path] = (new TaskEntry(path, TaskEntryKind.File, content.Length), content);
        return this;
    }

    public TaskFolders WithLink(string path, string target)
    {
        AddFolders(path);
        _entries[path] = (new TaskEntry(path, TaskEntryKind.Link, Target: target), []);
        return this;
    }

    public TaskFolders Without(string path)
    {
        foreach (var found in _entries.Keys.Where(key => key == path || key.StartsWith(path + "/", StringComparison.Ordinal)).ToList())
        {
            _entries.Remove(found);
        }

        return this;
    }

    public TaskFolder Build() =>
        new("the-task", _entries.Values.Select(entry => entry.Entry), path => new MemoryStream(_entries[path].Content));

    public TaskReadResult Read() => TaskPackageReader.Read(Build());

    private void AddFolders(string path)
    {
        for (var end = path.IndexOf('/', StringComparison.Ordinal); end > 0; end = path.IndexOf('/', end + 1))
        {
            _entries[path[..end]] = (new TaskEntry(path[..end], TaskEntryKind.Folder), []);
        }
    }
}
