using System.Text.Json;
using Spark.Temporal.Domain.Judging;

namespace Spark.Temporal.Activities.Artifacts.Replay;

/// <summary>
/// Reads a <c>trajectory.jsonl</c> in two passes, a line at a time: first what the events say of each other (which
/// attempts have reflections and snapshots), then the attempts one by one. Damaged lines are passed over and counted.
/// </summary>
internal sealed class RecordedRunReader(string path)
{
    private readonly Dictionary<int, int> _steps = [];
    private readonly Dictionary<int, (bool Infrastructure, string TestSummary)> _executions = [];
    private readonly HashSet<int> _reflected = [];

    /// <summary>Lines that could not be read.</summary>
    public int Damaged { get; private set; }

    /// <summary>The task as the run names it; null where it does not.</summary>
    public string? Task { get; private set; }

    /// <summary>The last request for the skill; null where there is none.</summary>
    public RecordedCall? Skill { get; private set; }

    /// <summary>The attempts in order. Of one recorded twice the later counts.</summary>
    public async Task ReadAsync(Func<RecordedAttempt, Task> take, CancellationToken cancellationToken)
    {
        await EachAsync(Survey, cancellationToken);
        Damaged = 0;
        var attempts = new SortedDictionary<int, RecordedAttempt>();
        await EachAsync(
            line =>
            {
                if (Text(line, "type") == "execution_result")
                {
                    var attempt = Execution(line);
                    attempts[attempt.Attempt] = attempt with { Reflection = attempts.GetValueOrDefault(attempt.Attempt)?.Reflection };
                }
                else if (Text(line, "type") == "reflect_call" && attempts.TryGetValue(Integer(line, "attempt"), out var reflected))
                {
                    attempts[reflected.Attempt] = reflected with { Reflection = Call(line) };
                }
            },
            cancellationToken,
            async () =>
            {
                // What is complete is handed on and let go of, so that a long run is never held whole.
                while (attempts.Count > 1)
                {
                    var (number, first) = attempts.First();
                    attempts.Remove(number);
                    await take(first);
                }
            });
        foreach (var attempt in attempts.Values)
        {
            await take(attempt);
        }
    }

    private async Task EachAsync(Action<JsonElement> read, CancellationToken cancellationToken, Func<Task>? between = null)
    {
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                using var document = JsonDocument.Parse(line);
                read(document.RootElement);
            }
            catch (Exception damaged) when (damaged is JsonException or FormatException or InvalidOperationException)
            {
                Damaged++;
            }

            if (between is not null)
            {
                await between();
            }
        }
    }

    private void Survey(JsonElement line)
    {
        switch (Text(line, "type"))
        {
            case "execution_result":
                _executions[Integer(line, "attempt")] = (Text(line, "status").StartsWith("infra", StringComparison.OrdinalIgnoreCase), Text(line, "test_summary"));
                break;
            case "reflect_call":
                _reflected.Add(Integer(line, "attempt"));
                break;
            case "pdi_snapshot":
                _steps[Integer(line, "attempt")] = Integer(line, "step");
                break;
            case "skill_gen_call":
                Skill = Call(line);
                break;
            case "task_summary":
                Task = Text(line, "task_name") is { Length: > 0 } name ? name : null;
                break;
        }
    }

    private RecordedAttempt Execution(JsonElement line)
    {
        var number = Integer(line, "attempt");
        var before = number - 1;
        return new RecordedAttempt
        {
            Attempt = number,
            Status = Text(line, "status"),
            Reward = Number(line, "reward"),
            TestsPassed = (int)(Number(line, "n_passed") ?? 0),
            TestsTotal = (int)(Number(line, "n_tests") ?? 0),
            Commands = Text(line, "agent_commands"),
            TestSummary = Text(line, "test_summary"),
            Output = Text(line, "agent_stdout_full"),
            TestOutput = Text(line, "test_stdout_full"),
            Error = Text(line, "error"),
            Measured = _steps.Count == 0 || _steps.ContainsKey(number),
            Step = _steps.TryGetValue(number, out var step) ? step : null,
            PreviousFailedTests = _executions.TryGetValue(before, out var earlier) && !earlier.Infrastructure && _reflected.Contains(before)
                ? TestSummary.FailedTests(earlier.TestSummary)
                : null,
        };
    }

    private static RecordedCall Call(JsonElement line) => new()
    {
        Model = Text(line, "model") is { Length: > 0 } model ? model : null,
        System = Text(line, "system_prompt"),
        User = Text(line, "user_prompt"),
        Response = Text(line, "response"),
        MemoBefore = Text(line, "memo_before"),
        MemoAfter = Text(line, "memo_after"),
        InputTokens = (long)(Number(line, "input_tokens") ?? 0),
        OutputTokens = (long)(Number(line, "output_tokens") ?? 0),
        LatencySec = Number(line, "latency_s") ?? 0,
    };

    private static string Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString()! : "";

    private static double? Number(JsonElement line, string name) =>
        line.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.Number ? found.GetDouble() : null;

    private static int Integer(JsonElement line, string name) =>
        Number(line, name) is { } number && number == Math.Floor(number) ? (int)number : throw new FormatException($"no whole number '{name}'");
}
