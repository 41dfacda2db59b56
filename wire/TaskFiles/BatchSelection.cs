using System.IO.Enumeration;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Statistics;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Wire.TaskFiles;

/// <summary>A prompt file and the name that it gives its task.</summary>
/// <param name="Name">Slug of the file's name.</param>
/// <param name="File">Absolute path.</param>
public sealed record PromptPath(string Name, string File);

/// <summary>A recorded run.</summary>
/// <param name="Name">Slug of its folder.</param>
/// <param name="Folder">Absolute path of the folder that holds its <c>trajectory.jsonl</c>.</param>
public sealed record RecordingPath(string Name, string Folder);

/// <summary>Which tasks or prompts a batch has, in which order. The command line and the workers choose by the same rules.</summary>
public static class BatchSelection
{
    /// <summary>Refused tasks of which every error is told; of more than that only the classes.</summary>
    private const int MostRefusals = 5;

    /// <summary>
    /// The selected tasks of a source, by name, or in random order when it has a seed: those that can run, and beside them those that
    /// cannot. A limit counts those that can run; what comes behind the last of them is neither.
    /// </summary>
    /// <exception cref="FormatException">There are none that can run; says what to do.</exception>
    public static TaskChoice Tasks(TaskSelection source)
    {
        List<string> folders = [.. source.TasksDir is { } all ? [all] : Array.Empty<string>(), .. Lines(source.Files)];
        if (folders.Count == 0)
        {
            throw new FormatException("tasks_dir is missing; name a folder of Harbor tasks");
        }

        if (folders.Find(folder => !Directory.Exists(folder)) is { } missing)
        {
            throw new FormatException($"there is no folder '{missing}'; name a folder of Harbor tasks");
        }

        List<ScannedTask> scanned = [];
        List<SkippedFolder> skipped = [.. folders.SelectMany(folder => TaskScan.Find(folder, scanned.Add))];
        var what = $"tasks under '{string.Join("', '", folders.Take(3))}'";
        var ordered = Ordered(scanned, source, task => task.Name, task => Path.GetFileName(task.Directory), task => task.Directory, what);
        var choice = TaskChoice.Of(ordered, source.Limit ?? int.MaxValue, skipped);
        return choice.Tasks.Count > 0 ? choice
            : throw new FormatException(choice.Refused.Count <= MostRefusals
                ? string.Join('\n', choice.Refused.Select(task => task.Refusal()))
                : string.Join('\n', choice.LeftOut.Select(tasks => $"  {tasks}").Prepend($"none of the {choice.Refused.Count} {what} can run:")));
    }

    /// <summary>The selected prompt files of a source, by the same rules.</summary>
    /// <exception cref="FormatException">There are none, or two of one name; says what to do.</exception>
    public static IReadOnlyList<PromptPath> Prompts(TaskSelection source)
    {
        var files = Lines(source.Files).SelectMany(path =>
            Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.json")
            : File.Exists(path) ? [path]
            : throw new FormatException($"there is no prompt file '{path}'"));
        var found = files.Select(file => new PromptPath(PlainText.Slug(Path.GetFileNameWithoutExtension(file)), Path.GetFullPath(file)));
        return Choose(found, source, prompt => prompt.Name, prompt => Path.GetFileNameWithoutExtension(prompt.File), prompt => prompt.File, "prompt files");
    }

    /// <summary>The selected recorded runs of a source, by the same rules: files, or folders with some at any depth.</summary>
    /// <exception cref="FormatException">There are none, or two of one name; says what to do.</exception>
    public static IReadOnlyList<RecordingPath> Recordings(TaskSelection source)
    {
        const string fileName = TrajectoryFile.FileName;
        var files = Lines(source.Files).SelectMany(path =>
            Directory.Exists(path) ? Directory.EnumerateFiles(path, fileName, SearchOption.AllDirectories)
            : File.Exists(path) && Path.GetFileName(path) == fileName ? [path]
            : throw new FormatException($"there is no {fileName} or folder '{path}'"));
        var found = files.Select(file => Path.GetDirectoryName(Path.GetFullPath(file))!).Select(folder => new RecordingPath(PlainText.Slug(Path.GetFileName(folder)), folder));
        return Choose(found, source, recording => recording.Name, recording => Path.GetFileName(recording.Folder), recording => recording.Folder, "recorded runs");
    }

    private static List<T> Choose<T>(
        IEnumerable<T> candidates, TaskSelection source, Func<T, string> name, Func<T, string> written, Func<T, string> path, string what)
    {
        List<T> selected = [.. Ordered(candidates, source, name, written, path, what).Take(source.Limit ?? int.MaxValue)];
        return selected.GroupBy(name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new FormatException($"two {what} are called '{twice.Key}': {string.Join(" and ", twice.Select(path))}; rename one, or choose another folder")
            : selected;
    }

    /// <summary>All that the names choose, in the order in which they would start.</summary>
    private static T[] Ordered<T>(
        IEnumerable<T> candidates, TaskSelection source, Func<T, string> name, Func<T, string> written, Func<T, string> path, string what)
    {
        var found = candidates.DistinctBy(path).OrderBy(name, StringComparer.Ordinal).ThenBy(path, StringComparer.Ordinal).ToList();
        var (only, exclude) = (Lines(source.Names).ToList(), Lines(source.Exclude).ToList());
        if (only.Count == 0 && source.Names.Count > 0)
        {
            throw new FormatException($"there are no names in {string.Join(", ", source.Names.Take(5))}; an empty list does not mean all");
        }

        bool Matches(T item, string pattern) =>
            FileSystemName.MatchesSimpleExpression(pattern, name(item)) || FileSystemName.MatchesSimpleExpression(pattern, written(item));

        var exact = found.SelectMany(item => new[] { name(item), written(item) }).ToHashSet(StringComparer.OrdinalIgnoreCase);
        bool Known(string pattern) => pattern.IndexOfAny(['*', '?']) < 0 ? exact.Contains(pattern) : found.Exists(item => Matches(item, pattern));
        if (found.Count > 0 && only.Where(pattern => !Known(pattern)).Take(5).ToList() is { Count: > 0 } missing)
        {
            throw new FormatException($"none of the {found.Count} {what} is called {string.Join(" or ", missing)}");
        }

        var chosen = found.Where(item => (only.Count == 0 || only.Exists(pattern => Matches(item, pattern))) && !exclude.Exists(pattern => Matches(item, pattern))).ToArray();
        if (source.Seed is { } seed)
        {
            new SplitMix(seed).Shuffle<T>(chosen);
        }

        return chosen.Length > 0 ? chosen : throw new FormatException(
            found.Count == 0 ? $"there are no {what}"
            : only.Count > 0 ? $"all the {what} that were named are excluded"
            : $"all {found.Count} {what} are excluded");
    }

    /// <summary>The entries, and for <c>@FILE</c> the lines of the file; blank ones and those with a number sign in front are left out.</summary>
    private static IEnumerable<string> Lines(IEnumerable<string> entries) => entries.SelectMany(entry =>
        !entry.StartsWith('@') ? [entry]
        : File.Exists(entry[1..]) ? File.ReadLines(entry[1..]).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
        : throw new FormatException($"there is no file '{entry[1..]}' to read names from"));
}
