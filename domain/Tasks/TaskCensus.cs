namespace Spark.Temporal.Domain.Tasks;

/// <summary>A kind of note or warning, and how many tasks have it.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Kind">As <see cref="FindingKind.WithRemedy"/>.</param>
/// <param name="Count">Tasks that have it.</param>
/// <param name="Examples">Names of the first few.</param>
public sealed record NoteKind(FindingSeverity Severity, string Kind, int Count, IReadOnlyList<string> Examples);

/// <summary>Counts tasks by class while they are read. Its size depends on the kinds of findings and on the refused tasks, not on the others.</summary>
public sealed class TaskCensus
{
    private const int MostExamples = 3;

    private readonly List<(string Name, TaskFinding Why)> _refused = [];
    private readonly Dictionary<(FindingSeverity Severity, string Kind), (int Count, List<string> Examples)> _notes = [];

    public int Checked { get; private set; }

    /// <summary>Tasks that can run.</summary>
    public int Ready => Checked - _refused.Count;

    /// <summary>Those that cannot, by the first error of each.</summary>
    public IReadOnlyList<LeftOutTasks> Refused => LeftOutTasks.Of(_refused);

    /// <summary>Warnings before notes, the most frequent first.</summary>
    public IReadOnlyList<NoteKind> Notes =>
    [
        .. _notes.Select(note => new NoteKind(note.Key.Severity, note.Key.Kind, note.Value.Count, note.Value.Examples))
            .OrderByDescending(note => note.Severity).ThenByDescending(note => note.Count).ThenBy(note => note.Kind, StringComparer.Ordinal),
    ];

    public void Add(string name, TaskReadResult read)
    {
        Checked++;
        if (read.Errors.FirstOrDefault() is { } why)
        {
            _refused.Add((name, why));
        }

        // Two variables of one older spelling are one task with that note.
        foreach (var kind in read.Findings.Where(finding => finding.Severity != FindingSeverity.Error).Select(finding => (finding.Severity, FindingKind.WithRemedy(finding))).Distinct())
        {
            var (count, examples) = _notes.GetValueOrDefault(kind, (0, []));
            if (count < MostExamples)
            {
                examples.Add(name);
            }

            _notes[kind] = (count + 1, examples);
        }
    }
}
