using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Starter.Pdi.Trajectories;

/// <summary>What a <c>trajectory.jsonl</c> says that the PDI proxy is computed from or compared with.</summary>
internal sealed record RecordedRun
{
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

    /// <summary>Lines that could not be read, numbered from 1, each with the reason.</summary>
    public required IReadOnlyList<DamagedLine> DamagedLines { get; init; }

    /// <summary>The run without its texts, which among hundreds of runs would fill the memory.</summary>
    public RecordedRun WithoutTexts() => this with
    {
        Executions = new Dictionary<int, RecordedExecution>(),
        Reflections = new Dictionary<int, RecordedReflection>(),
    };
}

/// <param name="Attempt">From 0.</param>
/// <param name="Status">Such as <c>FAIL</c>; infrastructure failures start with <c>INFRA</c>.</param>
/// <param name="Commands">The agent's commands.</param>
/// <param name="TestSummary">Tests, a line each, marked ✓ or ✗.</param>
internal sealed record RecordedExecution(int Attempt, string Status, string Commands, string TestSummary)
{
    /// <summary>The reward decides, whatever the status says of how the agent ended.</summary>
    public bool Passed { get; init; }

    public bool IsInfrastructure => Status.StartsWith("infra", StringComparison.OrdinalIgnoreCase);
}

/// <param name="Attempt">From 0.</param>
/// <param name="MemoBefore">The memo the attempt started with; empty when there was none.</param>
/// <param name="MemoAfter">The memo that the reflection wrote.</param>
internal sealed record RecordedReflection(int Attempt, string MemoBefore, string MemoAfter);

/// <param name="Snapshot">The numbers, to four decimals.</param>
/// <param name="Method">By which method, where the file says so.</param>
internal sealed record RecordedSnapshot(PdiSnapshot Snapshot, PdiMethod? Method);

/// <param name="Line">Number of the line, from 1.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record DamagedLine(long Line, string Problem);
