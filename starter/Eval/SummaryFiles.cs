using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Eval;

/// <summary>Finds and reads summaries of evaluations.</summary>
internal static class SummaryFiles
{
    /// <summary>Folder of all evaluations below an output folder.</summary>
    public const string Root = "skills_eval_result";

    /// <summary>Every summary that a path names: a file, a folder with one, or a folder of runs or models.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static async Task<IReadOnlyList<EvaluationSummary>> ReadAllAsync(string path, CancellationToken cancellationToken)
    {
        var files = Find(path);
        if (files.Count == 0)
        {
            throw new CliException(
                Path.Exists(path) ? $"no {EvaluationSummary.FileName} in {path} or below it; name a folder of {Root}" : $"{path} does not exist; name a summary or a folder of {Root}",
                ExitCodes.Usage);
        }

        List<EvaluationSummary> summaries = [];
        foreach (var file in files)
        {
            summaries.Add(await ReadAsync(file, cancellationToken));
        }

        return summaries;
    }

    /// <exception cref="CliException">The file is not a summary; the message names it.</exception>
    public static async Task<EvaluationSummary> ReadAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return EvaluationSummaryFile.Read(file, await File.ReadAllTextAsync(file, cancellationToken));
        }
        catch (ResultFormatException refused)
        {
            throw new CliException($"this is not a summary of an evaluation: {refused.Message}");
        }
        catch (Exception mistake) when (mistake is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{file} is not a summary of an evaluation: {mistake.Message}");
        }
    }

    /// <summary>The tasks that could not run: of a summary, since a message has only the first names; null for none.</summary>
    public static IReadOnlyList<LeftOutTasks>? LeftOut(EvaluationResult result)
    {
        var file = result.Students.Select(student => student.SummaryPath).FirstOrDefault(File.Exists);
        try
        {
            return result.LeftOut is null || file is null ? result.LeftOut : EvaluationSummaryFile.Read(file, File.ReadAllText(file)).LeftOut ?? result.LeftOut;
        }
        catch (ResultFormatException)
        {
            return result.LeftOut;
        }
    }

    /// <summary>Paths of the summaries at or below a path, in order; empty when there are none.</summary>
    public static IReadOnlyList<string> Find(string path) =>
        File.Exists(path) ? [path]
        : !Directory.Exists(path) ? []
        : [.. Directory.EnumerateFiles(path, EvaluationSummary.FileName, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 3 }).Order(StringComparer.Ordinal)];

    /// <summary>The path given, or the runs of that name below the working folder.</summary>
    /// <param name="name">A path, or a name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="root">Folder of all evaluations.</param>
    public static async Task<IReadOnlyList<EvaluationSummary>> NamedAsync(string name, CancellationToken cancellationToken, string root = Root) =>
        Path.Exists(name) || !Directory.Exists(root) ? await ReadAllAsync(name, cancellationToken)
        : Directory.EnumerateDirectories(root).Select(model => Path.Combine(model, name, EvaluationSummary.FileName)).Where(File.Exists).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } files
            ? [.. await Task.WhenAll(files.Select(file => ReadAsync(file, cancellationToken)))]
            : await ReadAllAsync(name, cancellationToken);
}
