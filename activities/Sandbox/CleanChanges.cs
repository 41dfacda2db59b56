using System.Formats.Tar;
using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Activities.Sandbox;

/// <summary>What of an agent's changes comes into a clean container, decided by what the engine lists, what the image holds and what the tests name.</summary>
internal sealed class CleanChanges
{
    private const string Behind = "settings of a test run";
    private const int MostFolders = 200;
    private const long MostTestBytes = 4 * 1024 * 1024;

    private readonly Dictionary<string, ContainerChange> _wanted = new(StringComparer.Ordinal);
    private readonly List<string> _left = [];
    private readonly ImageNames _names;
    private readonly string _tests;
    private readonly string? _output;

    private CleanChanges(IReadOnlyList<ContainerChange> changes, ImageNames names, string tests, string? output)
    {
        (_names, _tests, _output) = (names, tests, output);
        var folders = changes.Select(change => Parent(change.Path)).ToHashSet(StringComparer.Ordinal);
        // Of a folder that the agent made, its word is good that it is a package, unless the tests go there.
        var made = changes.Where(change => change.Added && folders.Contains(change.Path)).Select(change => change.Path).ToHashSet(StringComparer.Ordinal);
        _names.AddPackages(changes.Where(change => change.Added && change.Path.EndsWith("/__init__.py", StringComparison.Ordinal)).Select(change => Parent(change.Path))
            .Where(folder => made.Contains(folder) && !tests.Contains(folder, StringComparison.Ordinal)));
        // A folder that shadows a module does so with all that is in it.
        var shadows = changes.Where(change => !change.Removed && change.Path.Contains("/__init__.", StringComparison.Ordinal) && Reason(change, isFolder: false) is not null)
            .Select(change => Parent(change.Path)).ToHashSet(StringComparer.Ordinal);
        foreach (var change in changes.Where(change => !change.Removed))
        {
            if (Reason(change, folders.Contains(change.Path)) is null && !shadows.Any(folder => FolderPath.IsIn(change.Path, folder)))
            {
                _wanted[change.Path] = change;
            }
            else if (!folders.Contains(change.Path) && !IsOfTheTrial(change.Path))
            {
                _left.Add(change.Path);
            }
        }

        Removed = [.. changes.Where(change => change.Removed && Reason(change, isFolder: true) is null && names.ReasonOfLink(change.Path) is null).Select(change => change.Path)];
    }

    /// <summary>Paths that come along.</summary>
    public IReadOnlyCollection<string> Wanted => _wanted.Keys;

    /// <summary>Paths of the image that are gone.</summary>
    public IReadOnlyList<string> Removed { get; }

    /// <summary>What stayed behind and is not of the trial itself.</summary>
    public IReadOnlyList<string> Left => _left;

    /// <summary>Decides.</summary>
    /// <param name="changes">What the engine lists.</param>
    /// <param name="names">Prints what the image finds under which names, by <see cref="ImageNames.Script"/> with some folders.</param>
    /// <param name="tests">Texts of the tests.</param>
    /// <param name="output">Where the task expects its result; null where that is not known.</param>
    public static async Task<CleanChanges> OfAsync(IReadOnlyList<ContainerChange> changes, Func<IReadOnlyList<string>, Task<string>> names, Func<Task<string>> tests, string? output)
    {
        ContainerChange[] candidates = [.. changes.Where(change => CleanCopy.Reason(change.Path, output) is null)];
        if (candidates.Length == 0)
        {
            return new CleanChanges(changes, ImageNames.Read(""), "", output);
        }

        string[] folders = [.. candidates.Where(change => change.Added && !change.Removed)
            .Select(change => ImageNames.ModuleOf(change.Path)?.Folder).OfType<string>().Where(folder => !folder.Any(char.IsControl)).Distinct().Take(MostFolders)];
        return new CleanChanges(changes, ImageNames.Read(await names(folders)), await tests(), output);
    }

    /// <summary>Texts of an archive of tests.</summary>
    public static async Task<string> TextsAsync(IArtifactStore store, ArtifactRef tests, CancellationToken cancellationToken)
    {
        var texts = new StringBuilder();
        await using var tar = await store.OpenAsync(tests, cancellationToken);
        await foreach (var entry in TarPack.ReadAsync(tar, cancellationToken))
        {
            if (TarPack.IsFile(entry) && entry.Length < MostTestBytes - texts.Length)
            {
                texts.Append(await TarPack.TextAsync(entry, cancellationToken)).Append('\n');
            }
        }

        return texts.ToString();
    }

    /// <summary>Whether an entry of the agent's container comes along.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="entry">The entry.</param>
    public bool Takes(string path, TarEntry entry)
    {
        if (!_wanted.TryGetValue(path, out var change))
        {
            return false;
        }

        var stays = entry.EntryType is TarEntryType.SymbolicLink && !IsResult(path)
            ? _names.ReasonOfLink(path) is not null && !ImageNames.IsNamed(path, _tests)
            : entry.EntryType is not TarEntryType.Directory && CleanCopy.Reason(path, _output, isFolder: false) is not null;
        if (stays)
        {
            _left.Add(change.Path);
        }

        return !stays;
    }

    /// <summary>The content of a file that may steer pytest, without what does.</summary>
    /// <returns>Null where all of it stays behind.</returns>
    public async Task<Stream?> ContentAsync(string path, TarEntry entry, CancellationToken cancellationToken)
    {
        if (!TestSettings.MayBeIn(path) || IsResult(path) || entry.DataStream is null)
        {
            return entry.DataStream ?? Stream.Null;
        }

        if (entry.Length <= TestSettings.MostBytes)
        {
            var bytes = await TarPack.BytesAsync(entry, TestSettings.MostBytes, cancellationToken);
            var text = Encoding.Latin1.GetString(bytes);
            var kept = TestSettings.Remove(text);
            // The image's own settings are those of the task: where it has the file, all of it stays as it was.
            if (kept == text || (kept is not null && _wanted[path].Added))
            {
                if (kept != text)
                {
                    _left.Add($"{path} ({Behind})");
                }

                return new MemoryStream(kept == text ? bytes : Encoding.Latin1.GetBytes(kept), writable: false);
            }
        }

        _left.Add(path);
        return null;
    }

    private string? Reason(ContainerChange change, bool isFolder) => IsResult(change.Path) ? null
        : CleanCopy.Reason(change.Path, _output)
        ?? (isFolder || _names.Reason(change.Path, change.Added) is not { } reason || ImageNames.IsNamed(change.Path, _tests) ? null : reason);

    private bool IsResult(string path) => _output is not null && FolderPath.IsIn(path, _output) && CleanCopy.Reason(path, _output) is null;

    private static bool IsOfTheTrial(string path) =>
        FolderPath.IsIn(path, "/logs") || FolderPath.IsIn(path, "/.spark") || SandboxScripts.EnginesOwn.Contains(path);

    private static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('/'))];
}
