using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Domain.Results;

/// <summary>What a <c>trajectory.jsonl</c> says that the index is computed from or compared with.</summary>
public sealed record RecordedRun
{
    private const int MaxDamagedNamed = 1_000;

    /// <summary>The task: as the run's summary names it, else the file's folder.</summary>
    public required string Task { get; init; }

    public required string Path { get; init; }

    /// <summary>By attempt, from 0; where an attempt is recorded twice, the later one.</summary>
    public required IReadOnlyDictionary<int, RecordedExecution> Executions { get; init; }

    /// <summary>By attempt, from 0.</summary>
    public required IReadOnlyDictionary<int, RecordedReflection> Reflections { get; init; }

    /// <summary>In the order of the file.</summary>
    public required IReadOnlyList<RecordedSnapshot> Snapshots { get; init; }

    /// <summary>Number of events read, of any type.</summary>
    public int Events { get; init; }

    /// <summary>Lines that could not be read, numbered from 1, each with the reason; the first thousand.</summary>
    public required IReadOnlyList<DamagedLine> DamagedLines { get; init; }

    /// <summary>Reads a trajectory and keeps what the index needs, a few kilobytes an attempt.</summary>
    /// <param name="content">The file, open for reading; it stays open.</param>
    /// <param name="path">Its path: for errors, and for the task where the file does not name it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ResultFormatException">The file is of a newer schema, or no trajectory at all.</exception>
    public static async Task<RecordedRun> ReadAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        Dictionary<int, RecordedExecution> executions = [];
        Dictionary<int, RecordedReflection> reflections = [];
        List<RecordedSnapshot> snapshots = [];
        List<DamagedLine> damaged = [];
        string? task = null;
        var events = 0;
        await foreach (var line in TrajectoryFile.ReadAsync(content, path, TrajectoryDetail.WithoutLongTexts, cancellationToken))
        {
            events += line.Event is null ? 0 : 1;
            switch (line.Event)
            {
                case null when damaged.Count < MaxDamagedNamed:
                    damaged.Add(new DamagedLine(line.Number, line.Problem!));
                    break;
                case ExecutionEvent execution:
                    executions[execution.Attempt] = RecordedExecution.Of(execution);
                    break;
                case ReflectEvent reflection:
                    reflections[reflection.Attempt] = new RecordedReflection(reflection.Attempt, reflection.MemoBefore ?? "", reflection.MemoAfter ?? "");
                    break;
                case SnapshotEvent snapshot:
                    snapshots.Add(new RecordedSnapshot(snapshot.ToSnapshot(), PdiMethods.TryParse(snapshot.Method, out var method) ? method : null));
                    break;
                case SummaryEvent summary:
                    task = summary.TaskName is { Length: > 0 } name ? name : null;
                    break;
            }
        }

        return new RecordedRun
        {
            Task = task ?? System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))) ?? "",
            Path = path,
            Executions = executions,
            Reflections = reflections,
            Snapshots = snapshots,
            Events = events,
            DamagedLines = damaged,
        };
    }

    /// <summary>
    /// Tests that failed in the attempt before, as the index compares them: null where there was none, where infrastructure
    /// ended it, or where it was not reflected on.
    /// </summary>
    /// <param name="attempt">The attempt, from 0.</param>
    public IReadOnlyList<string>? FailedTestsBefore(int attempt) =>
        Executions.TryGetValue(attempt - 1, out var before) && !before.IsInfrastructure && Reflections.ContainsKey(attempt - 1)
            ? TestSummary.FailedTests(before.TestSummary)
            : null;

    /// <summary>The run without its texts, which among hundreds of runs would fill the memory.</summary>
    public RecordedRun WithoutTexts() => this with
    {
        Executions = new Dictionary<int, RecordedExecution>(),
        Reflections = new Dictionary<int, RecordedReflection>(),
    };
}

/// <param name="Attempt">From 0.</param>
/// <param name="Status">Such as <c>FAIL</c>.</param>
/// <param name="Commands">The agent's commands.</param>
/// <param name="TestSummary">Tests, a line each, marked ✓ or ✗.</param>
/// <param name="Passed">Whether the reward was full, whatever the status says of how the agent ended.</param>
/// <param name="IsInfrastructure">Whether infrastructure ended it.</param>
public sealed record RecordedExecution(int Attempt, string Status, string Commands, string TestSummary, bool Passed = false, bool IsInfrastructure = false)
{
    public static RecordedExecution Of(ExecutionEvent execution) => new(
        execution.Attempt, execution.Status ?? "", execution.AgentCommands ?? "", execution.TestSummary ?? "", execution.Passed, execution.IsInfrastructure);
}

/// <param name="Attempt">From 0.</param>
/// <param name="MemoBefore">The memo the attempt started with; empty when there was none.</param>
/// <param name="MemoAfter">The memo that the reflection wrote.</param>
public sealed record RecordedReflection(int Attempt, string MemoBefore, string MemoAfter);

/// <param name="Snapshot">The numbers, to four decimals.</param>
/// <param name="Method">By which method, where the file says so.</param>
public sealed record RecordedSnapshot(PdiSnapshot Snapshot, PdiMethod? Method);

/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Problem">What is wrong with it.</param>
public sealed record DamagedLine(long Line, string Problem);
