using System.Text;
using System.Text.Json;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>
/// Writes <c>skills_gen_result/&lt;model&gt;/&lt;task&gt;/</c>: <c>SKILL.md</c>, <c>attempts.json</c>,
/// <c>trajectory.jsonl</c> with the original's event types, and <c>error_report.md</c> where the run did not pass.
/// </summary>
internal sealed class SkillRunWriter(IArtifactStore store)
{
    public async Task<RunRecord> WriteAsync(WriteRunRequest run, CancellationToken cancellationToken)
    {
        var folder = new ResultFolder(store, run.Input.ResultDir(run.Task));
        var kept = run.Latest is null ? null : await store.PutJsonAsync(run.Latest, cancellationToken);
        var attempts = new List<AttemptRecord>();
        foreach (var reference in run.Earlier)
        {
            attempts.Add(await store.ReadJsonAsync<AttemptRecord>(reference, cancellationToken));
        }

        if (run.Latest is not null)
        {
            attempts.Add(run.Latest);
        }

        var events = await new TrajectoryEvents(store).OfAsync(run, attempts, cancellationToken);
        var lines = new StringBuilder();
        foreach (var happened in events)
        {
            lines.Append(JsonSerializer.Serialize(happened, SparkJson.Options)).Append('\n');
        }

        await folder.WriteAsync("trajectory.jsonl", lines.ToString(), cancellationToken);
        await folder.WriteJsonAsync("attempts.json", await AttemptsAsync(run, attempts, cancellationToken), cancellationToken);
        string? skill = null;
        if (run.Skill is { } text)
        {
            skill = await folder.WriteAsync("SKILL.md", await store.ReadTextAsync(text, cancellationToken), cancellationToken);
        }

        if (run.Result is { Status: not SkillRunStatus.Passed } failed)
        {
            await folder.WriteAsync("error_report.md", ErrorReport(failed, attempts), cancellationToken);
        }

        return new RunRecord(folder.Path, skill, kept);
    }

    private async Task<object> AttemptsAsync(WriteRunRequest run, List<AttemptRecord> attempts, CancellationToken cancellationToken)
    {
        var memos = attempts.Select(attempt => attempt.Reflection?.Memo).Where(memo => !string.IsNullOrEmpty(memo)).ToList();
        var entries = new List<object>();
        foreach (var attempt in attempts)
        {
            var judgment = attempt.Judgment is { } reference
                ? await store.ReadJsonAsync<Domain.Judging.Judgment>(reference, cancellationToken)
                : null;
            entries.Add(new
            {
                Attempt = attempt.Scored,
                attempt.Number,
                Status = attempt.Outcome.ToString().ToUpperInvariant(),
                attempt.Result.Reward,
                NPassed = attempt.Result.TestsPassed,
                NTests = attempt.Result.TestsTotal,
                AgentCommands = judgment?.Commands,
                judgment?.TestSummary,
                attempt.Intervention,
                attempt.Guidance,
                attempt.Result.Error,
                attempt.Result.TrialDir,
                attempt.Result.Usage,
                ContainersLost = attempt.Result.Losses,
                MemoReplaced = attempt.Reflection is { MemoReplaced: true } ? true : (bool?)null,
                MemoRefusals = attempt.Reflection?.Refusals,
            });
        }

        return new
        {
            TaskName = run.Task,
            ForkedFrom = run.Input.Fork is { } fork ? new { fork.WorkflowId, fork.RunId, fork.Attempt } : null,
            MaxRetries = run.Input.MaxAttempts,
            ExplorationMemo = memos.LastOrDefault() ?? "",
            MemoHistory = memos,
            Attempts = entries,
            Pdi = new
            {
                run.Input.Pdi.Enabled,
                run.Input.Pdi.ObserveOnly,
                run.Input.Pdi.Method,
                Warmup = 2,
                Threshold = Domain.Pdi.PdiTracker.Threshold,
                History = attempts.Select(attempt => attempt.Reflection?.Pdi?.Rounded()).OfType<Domain.Pdi.PdiSnapshot>(),
            },
        };
    }

    private static string ErrorReport(SkillGenerationResult result, List<AttemptRecord> attempts)
    {
        var report = new StringBuilder($"# {result.Task}: {result.Status}\n\n");
        report.Append(result.Error is { } error ? $"{error}\n\n" : $"No attempt of {result.Attempts} passed.\n\n");
        report.Append("| attempt | outcome | reward | tests | error |\n|---|---|---|---|---|\n");
        foreach (var attempt in attempts)
        {
            report.Append($"| {attempt.Number} | {attempt.Outcome} | {attempt.Result.Reward?.ToString("0.###") ?? ""} ")
                .Append($"| {attempt.Result.TestsPassed}/{attempt.Result.TestsTotal} | {PlainText.OneLine(attempt.Result.Error ?? "", 200).Replace("|", "\\|")} |\n");
        }

        if (attempts.LastOrDefault(attempt => attempt.Reflection is { Memo.Length: > 0 }) is { Reflection.Memo: var memo })
        {
            report.Append('\n').Append(memo).Append('\n');
        }

        return report.ToString();
    }
}
