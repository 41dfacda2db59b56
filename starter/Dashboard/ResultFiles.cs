using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Starter.Dashboard;

/// <summary>What a skill run keeps in its result folder; files are replaced whole there, so none is read half.</summary>
internal sealed record ResultFiles
{
    /// <summary>Longest file that is read.</summary>
    private const long MostBytes = 64 << 20;

    private static readonly string[] ReadFiles = ["attempts.json", "trajectory.jsonl", "SKILL.md", "error_report.md"];

    public IReadOnlyList<AttemptLine> Attempts { get; private init; } = [];
    public IReadOnlyList<PdiSnapshot> Pdi { get; private init; } = [];
    public IReadOnlyList<string> Memos { get; private init; } = [];

    /// <summary>Trial folder of the newest attempt.</summary>
    public string? LastTrial { get; private init; }

    /// <summary>The six evidence blocks, as the model was given them.</summary>
    public string? Evidence { get; private init; }

    public string? Skill { get; private init; }
    public string? Error { get; private init; }

    /// <summary>The folder of a run, as the run itself makes it of its input.</summary>
    public static string FolderOf(SkillGenerationInput input, string task) => input.ResultDir(task);

    /// <summary>Changes when one of the files does: long ones are not read again every second.</summary>
    public static string Stamp(string folder) => string.Join(
        ' ', ReadFiles.Select(name => new FileInfo(Path.Combine(folder, name))).Select(file => file.Exists ? $"{file.LastWriteTimeUtc.Ticks}/{file.Length}" : "none"));

    /// <summary>Reads a folder; null where there is none on this machine, or nothing in it yet.</summary>
    public static ResultFiles? Read(string folder)
    {
        try
        {
            if (Content(folder, "attempts.json") is not { } text)
            {
                return null;
            }

            var kept = JsonSerializer.Deserialize<Kept>(text, SparkJson.Options)!;
            return new ResultFiles
            {
                Attempts = [.. kept.Attempts.Select(attempt => attempt.Line(kept.Pdi))],
                Pdi = kept.Pdi?.History ?? [],
                Memos = kept.MemoHistory,
                LastTrial = kept.Attempts.Select(attempt => attempt.TrialDir).LastOrDefault(trial => trial is not null),
                Evidence = EvidenceOf(folder),
                Skill = Content(folder, "SKILL.md") is { } skill ? VisibleText.Of(skill, 60_000) : null,
                Error = Content(folder, "error_report.md"),
            };
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
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
        // What the model was asked stands around the evidence.
        const string Heading = "# Evidence\n";
        const string Next = "\n# ";
        var path = Path.Combine(folder, "trajectory.jsonl");
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes)
        {
            return null;
        }

        var call = File.ReadLines(path).LastOrDefault(line => line.Contains("\"skill_gen_call\"", StringComparison.Ordinal));
        if (call is null || JsonDocument.Parse(call).RootElement.TryGetProperty("user_prompt", out var prompt) is false || prompt.GetString() is not { } asked)
        {
            return null;
        }

        var start = asked.IndexOf(Heading, StringComparison.Ordinal);
        var evidence = start < 0 ? asked : asked[(start + Heading.Length)..];
        var end = evidence.LastIndexOf(Next, StringComparison.Ordinal);
        return VisibleText.Of((start < 0 || end < 0 ? evidence : evidence[..end]).Trim(), 60_000);
    }

    private sealed record Kept(IReadOnlyList<KeptAttempt> Attempts, IReadOnlyList<string> MemoHistory, KeptPdi? Pdi);

    private sealed record KeptPdi(IReadOnlyList<PdiSnapshot> History);

    private sealed record KeptAttempt
    {
        public int? Attempt { get; init; }
        public int Number { get; init; }
        public string Status { get; init; } = "";
        public double? Reward { get; init; }
        public int NPassed { get; init; }
        public int NTests { get; init; }
        public string Intervention { get; init; } = "";
        public string? Error { get; init; }
        public string? TrialDir { get; init; }
        public KeptUsage? Usage { get; init; }

        public AttemptLine Line(KeptPdi? pdi) => new(
            Number,
            Status.Length == 0 ? "" : Status[..1] + Status[1..].ToLowerInvariant(),
            Reward,
            NPassed,
            NTests,
            pdi?.History.FirstOrDefault(snapshot => snapshot.Attempt == Attempt)?.WeightedPdi,
            Intervention == "none" ? "" : Intervention,
            Usage?.CostUsd ?? 0,
            Error is null ? null : VisibleText.Of(Error, 400),
            null);
    }

    private sealed record KeptUsage(double CostUsd);
}
