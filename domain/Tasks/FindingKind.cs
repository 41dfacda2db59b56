using System.Text.RegularExpressions;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>A finding in words that it shares with the same finding of other tasks: what only one task wrote is left out.</summary>
public static partial class FindingKind
{
    /// <summary>What replaces text of one task.</summary>
    private const string Gap = "…";

    private static readonly HashSet<string> KnownFiles = new(
        [
            ".", TomlSection.File, TaskPackageReader.Instruction, TaskPackageReader.Environment, TaskPackageReader.Dockerfile, ComposeProject.File,
            "environment/docker-compose.yml", TaskPackageReader.TestScript, TaskPackageReader.VerifierDockerfile, TaskPackageReader.SolutionScript,
        ],
        StringComparer.Ordinal);

    /// <summary><c>file: message</c>, without quoted text, numbers and paths of the task.</summary>
    public static string Of(TaskFinding finding) => $"{File(finding.File)}: {Message(finding)}";

    /// <summary>The same with what to do about it.</summary>
    public static string WithRemedy(TaskFinding finding) => Of(finding) + (finding.Remedy is { } remedy ? $"; {remedy}" : "");

    private static string File(string path)
    {
        if (KnownFiles.Contains(path) || path.IndexOf('/') is not (> 0 and var slash))
        {
            return path;
        }

        // A step's own files have the same names in every step.
        var inStep = path.StartsWith("steps/", StringComparison.Ordinal) ? path.IndexOf('/', slash + 1) : -1;
        return inStep > 0 ? $"steps/{Gap}/{path[(inStep + 1)..]}" : $"{path[..slash]}/{Gap}";
    }

    private static string Message(TaskFinding finding)
    {
        // A parser's own words differ from file to file.
        var words = finding is { Refusal: TaskRefusal.Unreadable, Line: > 0 } ? finding.Message.Split(": ")[0] : finding.Message;
        return Paths().Replace(Values().Replace(Quoted().Replace(words, match => $"{match.Value[0]}{Gap}{match.Value[0]}"), $"= {Gap}"), Gap);
    }

    /// <summary>Text in quotes; an apostrophe inside a word opens none.</summary>
    [GeneratedRegex("""
        "[^"]*"|(?<!\w)'[^']*'(?!\w)
        """)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"= -?[\d.]+(?:E[+-]?\d+)?")]
    private static partial Regex Values();

    [GeneratedRegex(@"(?<!\S)\.{0,2}/[^\s;,]+")]
    private static partial Regex Paths();
}
