using Spark.Temporal.Domain.Results;

namespace Spark.Temporal.Activities.Artifacts.Replay;

/// <summary>
/// Reads a <c>trajectory.jsonl</c> in two passes: first which attempts have reflections and snapshots, then the attempts one by
/// one. Damaged lines are skipped and counted.
/// </summary>
internal sealed class RecordedRunReader(string path)
{
    /// <summary>Lines that could not be read.</summary>
    public int Damaged { get; private set; }

    /// <summary>The task as the run names it, else the file's folder.</summary>
    public string Task { get; private set; } = "";

    /// <summary>The last request for the skill; null where there is none.</summary>
    public RecordedCall? Skill { get; private set; }

    /// <summary>The attempts in order. If an attempt is recorded twice, the later one counts.</summary>
    /// <exception cref="ResultFormatException">The file is of a newer schema, or is not a trajectory.</exception>
    public async Task ReadAsync(Func<RecordedAttempt, Task> take, CancellationToken cancellationToken)
    {
        RecordedRun run;
        await using (var content = Open())
        {
            run = await RecordedRun.ReadAsync(content, path, cancellationToken);
        }

        Task = run.Task;
        Damaged = 0;
        var attempts = new SortedDictionary<int, RecordedAttempt>();
        await using var again = Open();
        await foreach (var line in TrajectoryFile.ReadAsync(again, path, TrajectoryDetail.Whole, cancellationToken))
        {
            switch (line.Event)
            {
                case null:
                    Damaged++;
                    break;
                case ExecutionEvent execution:
                    attempts[execution.Attempt] = Attempt(execution, run) with { Reflection = attempts.GetValueOrDefault(execution.Attempt)?.Reflection };
                    break;
                case ReflectEvent reflection when attempts.TryGetValue(reflection.Attempt, out var reflected):
                    attempts[reflection.Attempt] = reflected with
                    {
                        Reflection = Call(reflection) with { MemoBefore = reflection.MemoBefore ?? "", MemoAfter = reflection.MemoAfter ?? "" },
                    };
                    break;
                case SkillCallEvent skill:
                    Skill = Call(skill);
                    break;
            }

            // A complete attempt is handed on and dropped, so that a long run is never held whole.
            while (attempts.Count > 1)
            {
                var (number, first) = attempts.First();
                attempts.Remove(number);
                await take(first);
            }
        }

        foreach (var attempt in attempts.Values)
        {
            await take(attempt);
        }
    }

    private FileStream Open() => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: true);

    private static RecordedAttempt Attempt(ExecutionEvent execution, RecordedRun run)
    {
        var snapshot = run.Snapshots.LastOrDefault(snapshot => snapshot.Snapshot.Attempt == execution.Attempt)?.Snapshot;
        return new RecordedAttempt
        {
            Attempt = execution.Attempt,
            Status = execution.Status ?? "",
            Reward = execution.Reward,
            TestsPassed = execution.NPassed,
            TestsTotal = execution.NTests,
            Commands = execution.AgentCommands ?? "",
            TestSummary = execution.TestSummary ?? "",
            Output = execution.AgentStdoutFull ?? "",
            TestOutput = execution.TestStdoutFull ?? "",
            Error = execution.Error ?? "",
            Measured = run.Snapshots.Count == 0 || snapshot is not null,
            Step = snapshot?.Step,
            PreviousFailedTests = run.FailedTestsBefore(execution.Attempt),
        };
    }

    private static RecordedCall Call(CallEvent call) => new()
    {
        Model = call.Model is { Length: > 0 } model ? model : null,
        System = call.SystemPrompt ?? "",
        User = call.UserPrompt ?? "",
        Response = call.Response ?? "",
        InputTokens = call.InputTokens,
        OutputTokens = call.OutputTokens,
        LatencySec = call.LatencyS,
    };
}
