using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>The files of a skill run's result folder. All but the trajectory are replaced whole; a trajectory grows at its end, where a line may be half-written, which is left out.</summary>
internal sealed record ResultFiles
{
    /// <summary>Longest file that is read.</summary>
    private const long MostBytes = 64 << 20;

    private static readonly string[] ReadFiles = [AttemptsFile.FileName, TrajectoryFile.FileName, "SKILL.md", "error_report.md"];

    public IReadOnlyList<AttemptLine> Attempts { get; private init; } = [];
    public IReadOnlyList<PdiSnapshot> Pdi { get; private init; } = [];
    public IReadOnlyList<string> Memos { get; private init; } = [];

    /// <summary>Trial folder of the newest attempt.</summary>
    public string? LastTrial { get; private init; }

    /// <summary>The six evidence blocks, as the model got them.</summary>
    public string? Evidence { get; private init; }

    public string? Skill { get; private init; }
    public string? Error { get; private init; }

    /// <summary>The folder of a run, derived from its input as the run itself does.</summary>
    public static string FolderOf(SkillGenerationInput input, string task) => SkillRunSettings.Of(input).ResultDir(task);

    /// <summary>Changes when one of the files changes, so that long files are not read again every second.</summary>
    public static string Stamp(string folder) => string.Join(
        ' ', ReadFiles.Select(name => new FileInfo(Path.Combine(folder, name))).Select(file => file.Exists ? $"{file.LastWriteTimeUtc.Ticks}/{file.Length}" : "none"));

    /// <summary>Reads a folder; null where there is none on this machine, or nothing in it yet.</summary>
    public static ResultFiles? Read(string folder)
    {
        try
        {
            if (Content(folder, AttemptsFile.FileName) is not { } text)
            {
                return null;
            }

            var kept = AttemptsFile.Read(Path.Combine(folder, AttemptsFile.FileName), text);
            return new ResultFiles
            {
                Attempts = [.. kept.Attempts.Select(attempt => Line(attempt, kept.Pdi))],
                Pdi = [.. (kept.Pdi?.History ?? []).Select(snapshot => snapshot.ToSnapshot())],
                Memos = kept.MemoHistory,
                LastTrial = kept.Attempts.Select(attempt => attempt.TrialDir).LastOrDefault(trial => trial is not null),
                Evidence = EvidenceOf(folder),
                Skill = Content(folder, "SKILL.md") is { } skill ? VisibleText.Of(skill, 60_000) : null,
                Error = Content(folder, "error_report.md"),
            };
        }
        catch (ResultFormatException refused)
        {
            return new ResultFiles { Error = refused.Message };
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Text of a file in a folder; null where it is missing or too large.</summary>
    public static string? Content(string folder, string name)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        return file.Exists && file.Length <= MostBytes ? File.ReadAllText(file.FullName) : null;
    }

    private static string? EvidenceOf(string folder)
    {
        var path = Path.Combine(folder, TrajectoryFile.FileName);
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes)
        {
            return null;
        }

        // Long lines of other events are not parsed.
        var call = File.ReadLines(path).LastOrDefault(line => line.Contains($"\"{SkillCallEvent.TypeName}\"", StringComparison.Ordinal));
        return call is not null && TrajectoryFile.ReadLine(call, 1, path)?.Event is SkillCallEvent asked && asked.EvidenceOrPrompt() is { } evidence
            ? VisibleText.Of(evidence.Trim(), 60_000)
            : null;
    }

    private static AttemptLine Line(AttemptEntry attempt, PdiEntry? pdi) => new(
        attempt.Number,
        attempt.Status.Length == 0 ? "" : attempt.Status[..1] + attempt.Status[1..].ToLowerInvariant(),
        attempt.Reward,
        attempt.NPassed,
        attempt.NTests,
        pdi?.History.FirstOrDefault(snapshot => snapshot.Attempt == attempt.Attempt)?.WeightedPdi,
        attempt.Intervention == InterventionLevel.None ? "" : attempt.Intervention.ToString().ToLowerInvariant(),
        attempt.Usage is { } usage ? Money.Of(usage) : "",
        attempt.Error is null ? null : VisibleText.Of(attempt.Error, 400),
        null);
}
