using Spark.Temporal.Domain.Pdi;

namespace Spark.Temporal.Starter.Recorded;

/// <summary>Gathers the events of one file.</summary>
internal sealed class TrajectoryEvents
{
    private const int MaxDamagedNamed = 1_000;

    private readonly Dictionary<int, RecordedExecution> _executions = [];
    private readonly Dictionary<int, RecordedReflection> _reflections = [];
    private readonly List<RecordedSnapshot> _snapshots = [];
    private readonly List<DamagedLine> _damaged = [];
    private string? _task;
    private int _events;

    /// <exception cref="FormatException">The event lacks what its type promises.</exception>
    public void Add(TrajectoryEvent read)
    {
        switch (read.Type)
        {
            case "execution_result":
                var execution = new RecordedExecution(
                    read.Integer("attempt"), read.Text("status"), read.Text("agent_commands"), read.Text("test_summary"))
                {
                    Passed = read.Success || read.NumberOrNull("reward") >= 1,
                };
                _executions[execution.Attempt] = execution;
                break;
            case "reflect_call":
                var reflection = new RecordedReflection(read.Integer("attempt"), read.Text("memo_before"), read.Text("memo_after"));
                _reflections[reflection.Attempt] = reflection;
                break;
            case "pdi_snapshot":
                _snapshots.Add(new RecordedSnapshot(Snapshot(read), Method(read.Text("method"))));
                break;
            case "task_summary":
                _task = read.Text("task_name") is { Length: > 0 } name ? name : null;
                break;
        }

        _events++;
    }

    public void Damaged(long line, string problem)
    {
        if (_damaged.Count < MaxDamagedNamed)
        {
            _damaged.Add(new DamagedLine(line, problem));
        }
    }

    public RecordedRun ToRun(string path) => new()
    {
        Task = _task ?? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path))) ?? "",
        Path = path,
        Executions = _executions,
        Reflections = _reflections,
        Snapshots = _snapshots,
        Events = _events,
        DamagedLines = _damaged,
    };

    private static PdiSnapshot Snapshot(TrajectoryEvent read) => new()
    {
        Attempt = read.Integer("attempt"),
        Step = read.Integer("step"),
        ProxyExec = read.Number("proxy_exec"),
        ProxyPlan = read.Number("proxy_plan"),
        ProxyOss = read.Number("proxy_oss"),
        RawPdi = read.Number("raw_pdi"),
        Weight = read.Number("weight"),
        WeightedPdi = read.Number("weighted_pdi"),
        Triggered = read.Triggered,
        Level = read.Text("level") switch
        {
            "" or "none" => InterventionLevel.None,
            "soft" => InterventionLevel.Soft,
            "strong" => InterventionLevel.Strong,
            var other => throw new FormatException($"a pdi_snapshot of level '{other}'"),
        },
    };

    private static PdiMethod? Method(string name) => PdiMethods.TryParse(name, out var method) ? method : null;
}
