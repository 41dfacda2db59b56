using System.Text;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Wire.TaskFiles;

namespace Spark.Temporal.Starter.Skills;

/// <summary>Something found in a skill.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">Line in it, from 1; also 1 for a finding about the whole file.</param>
/// <param name="Severity"><c>error</c>, or <c>warning</c> for what leaves the skill valid.</param>
/// <param name="Message">What is wrong and what is expected.</param>
internal sealed record SkillFinding(string Path, int Line, string Severity, string Message)
{
    public const string Error = "error";
    public const string Warning = "warning";

    public override string ToString() =>
        $"{Path}:{Line}: {(Severity == Warning ? "warning: " : "")}{Message}";
}

/// <summary>The result of the check of one skill.</summary>
internal sealed record CheckedSkill(string Path, string Name, bool Valid, IReadOnlyList<SkillFinding> Findings);

/// <summary>A folder that is a skill, or should be one.</summary>
/// <param name="File">Path of its <c>SKILL.md</c>, as the user would write it.</param>
internal sealed record SkillFolder(string File)
{
    private const int DeepestFolder = 4;
    private const long LargestFile = 4 << 20;

    /// <summary>
    /// The skills that a path names: the path itself if it is a skill, else every skill below it. A folder without any skill
    /// counts as a skill without its file, so that it gets a finding.
    /// </summary>
    /// <exception cref="CliException">There is no such path, or it is a file with another name.</exception>
    public static IReadOnlyList<SkillFolder> Find(string path)
    {
        if (System.IO.File.Exists(path))
        {
            return SkillDocument.FileNames.Contains(Path.GetFileName(path))
                ? [new SkillFolder(path)]
                : throw new CliException($"{path} is not a skill: give its folder or its {SkillDocument.FileName}", ExitCodes.Usage);
        }

        if (!Directory.Exists(path))
        {
            throw new CliException($"{path} does not exist; give a skill's folder, a {SkillDocument.FileName}, or a folder of skills", ExitCodes.Usage);
        }

        var below = Below(path, 0).ToList();
        return below.Count > 0 ? below : [new SkillFolder(Path.Combine(path, SkillDocument.FileName))];
    }

    public CheckedSkill Check()
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(Path.GetFullPath(File))!);
        List<SkillFinding> findings = [.. CheckFile(folder.Name), .. System.IO.File.Exists(File) ? NotInstalled(folder) : []];
        return new CheckedSkill(File, folder.Name, findings.TrueForAll(finding => finding.Severity != SkillFinding.Error), findings);
    }

    private static IEnumerable<SkillFolder> Below(string folder, int depth)
    {
        if (SkillDocument.FileNames.Select(name => Path.Combine(folder, name)).FirstOrDefault(System.IO.File.Exists) is { } file)
        {
            return [new SkillFolder(file)];
        }

        return depth == DeepestFolder
            ? []
            : Directory.EnumerateDirectories(folder)
                .Where(inner => !Path.GetFileName(inner).StartsWith('.') && new DirectoryInfo(inner).LinkTarget is null)
                .Order(StringComparer.Ordinal)
                .SelectMany(inner => Below(inner, depth + 1));
    }

    private IEnumerable<SkillFinding> CheckFile(string name)
    {
        var file = new FileInfo(File);
        if (!file.Exists)
        {
            return [new(File, 1, SkillFinding.Error, "the file is missing")];
        }

        if (file.Length > LargestFile)
        {
            return [new(File, 1, SkillFinding.Error, $"the file has {file.Length:N0} bytes; a skill's body has fewer than {SkillRules.BodyLineLimit} lines")];
        }

        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(System.IO.File.ReadAllBytes(File));
            return Findings(SpecificationRules.Check(text, name), [.. SkillRules.Check(text, name), .. SkillRules.Advice(text) is { } advice ? [advice] : Array.Empty<SkillProblem>()]);
        }
        catch (DecoderFallbackException)
        {
            return [new(File, 1, SkillFinding.Error, "the file is not UTF-8 text")];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [new(File, 1, SkillFinding.Error, $"the file cannot be read: {unreadable.Message}")];
        }
    }

    /// <summary>What the specification refuses is an error; what its strictest readers may stumble over, and what it advises against, a warning.</summary>
    private IEnumerable<SkillFinding> Findings(IReadOnlyList<SkillProblem> errors, IReadOnlyList<SkillProblem> advice)
    {
        var lines = errors.Select(error => error.Line).ToHashSet();
        return errors.Select(error => new SkillFinding(File, error.Line, SkillFinding.Error, error.Message))
            .Concat(advice.Where(problem => !lines.Contains(problem.Line)).Select(problem => new SkillFinding(File, problem.Line, SkillFinding.Warning, problem.Message)))
            .OrderBy(finding => finding.Line);
    }

    /// <summary>What an installation leaves out of the folder.</summary>
    private List<SkillFinding> NotInstalled(DirectoryInfo folder)
    {
        try
        {
            var left = SkillFolderReader.Whole(folder.FullName).LeftOut;
            return left.Count == 0 ? []
                : [new(File, 1, SkillFinding.Warning, $"not installed with the skill: {string.Join(", ", left)}")];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [new(File, 1, SkillFinding.Warning, $"the folder cannot be listed: {unreadable.Message}")];
        }
    }
}
