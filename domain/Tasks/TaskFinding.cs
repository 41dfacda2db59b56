using Spark.Temporal.Domain.Texts;

namespace Spark.Temporal.Domain.Tasks;

/// <summary>How much a finding matters: an error stops the task, a warning says that something will not work as
/// written, a note explains how something was read.</summary>
public enum FindingSeverity
{
    Note,
    Warning,
    Error,
}

/// <summary>Why a task cannot run, for counting.</summary>
public enum TaskRefusal
{
    /// <summary>A folder or a <c>task.toml</c> of something else.</summary>
    NotATask,

    /// <summary>A file or a folder cannot be read, or does not parse.</summary>
    Unreadable,

    /// <summary>A part that every task has is missing or empty.</summary>
    Incomplete,

    /// <summary>A setting has no meaning.</summary>
    Invalid,

    /// <summary>Harbor runs it and this project does not.</summary>
    Unsupported,

    /// <summary>It reaches beyond its folder or its containers.</summary>
    Forbidden,

    /// <summary>Another task of the same batch has its name.</summary>
    SameName,
}

/// <summary>Something that was noticed in a task's folder.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="File">Path below the task's folder, with forward slashes.</param>
/// <param name="Line">Line in the file, from 1; 0 when it concerns the whole file.</param>
/// <param name="Message">What was found, naming the field.</param>
/// <param name="Remedy">What to do about it; null where nothing has to be done.</param>
public sealed record TaskFinding(FindingSeverity Severity, string File, int Line, string Message, string? Remedy = null)
{
    /// <summary>Of an error, why the task cannot run; null for what stops nothing.</summary>
    public TaskRefusal? Refusal { get; init; } = Severity == FindingSeverity.Error ? TaskRefusal.Invalid : null;

    /// <summary><c>file:line: severity: message; remedy</c>, on one line.</summary>
    public override string ToString()
    {
        var place = Line > 0 ? $"{File}:{Line}" : File;
        var severity = Severity switch
        {
            FindingSeverity.Error => "error",
            FindingSeverity.Warning => "warning",
            _ => "note",
        };
        return PlainText.OneLine($"{place}: {severity}: {Message}{(Remedy is null ? "" : $"; {Remedy}")}", 2_000);
    }
}

/// <summary>What a reader found in a task's folder.</summary>
/// <param name="Settings">The settings; null when the file cannot be read at all.</param>
/// <param name="QualifiedName"><c>[task] name</c>; null where the file has none.</param>
/// <param name="Instruction">The instruction without its leading canary lines; null when there is none.</param>
/// <param name="Findings">Everything noticed, in the order of files and lines.</param>
public sealed record TaskReadResult(
    TaskSettings? Settings, string? QualifiedName, string? Instruction, IReadOnlyList<TaskFinding> Findings)
{
    /// <summary>False for a <c>task.toml</c> of another tool.</summary>
    public bool IsHarborTask { get; init; } = true;

    /// <summary>Instruction of each step, in order; null for a task without steps.</summary>
    public IReadOnlyList<string>? StepInstructions { get; init; }

    /// <summary>Whether the task can be run.</summary>
    public bool IsValid => Findings.All(finding => finding.Severity != FindingSeverity.Error);

    public IEnumerable<TaskFinding> Errors => Findings.Where(finding => finding.Severity == FindingSeverity.Error);
}

/// <summary>Collects findings while a task is read.</summary>
public sealed class TaskFindings
{
    private readonly List<TaskFinding> _all = [];

    public IReadOnlyList<TaskFinding> All => _all;

    public void Error(string file, int line, string message, string? remedy = null) =>
        _all.Add(new TaskFinding(FindingSeverity.Error, file, line, message, remedy));

    /// <summary>An error that is not a setting without meaning.</summary>
    public void Refuse(TaskRefusal refusal, string file, int line, string message, string? remedy = null) =>
        _all.Add(new TaskFinding(FindingSeverity.Error, file, line, message, remedy) { Refusal = refusal });

    public void Warning(string file, int line, string message, string? remedy = null) =>
        _all.Add(new TaskFinding(FindingSeverity.Warning, file, line, message, remedy));

    public void Note(string file, int line, string message) =>
        _all.Add(new TaskFinding(FindingSeverity.Note, file, line, message));

    /// <summary>Something that Harbor knows and this project does not run yet.</summary>
    public void NotSupported(string file, int line, string what, string remedy) =>
        Refuse(TaskRefusal.Unsupported, file, line, $"{what} is not supported yet", remedy);
}
