using System.Text;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Skills;
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
    /// <summary>Reflections until the index has its full weight.</summary>
    private const int Warmup = 2;

    /// <exception cref="ResultFormatException">A file of the folder is of a newer schema; nothing was written.</exception>
    public async Task<RunRecord> WriteAsync(WriteRunRequest run, CancellationToken cancellationToken)
    {
        var folder = new ResultFolder(store, run.Input.ResultDir(run.Task));
        await folder.RefuseNewerAsync(AttemptsFile.FileName, cancellationToken);
        var latest = run.Latest is null ? null : await store.PutJsonAsync(run.Latest, cancellationToken);
        var kept = await new AttemptKeeper(store).OfAsync(latest is null ? run.Earlier : [.. run.Earlier, latest], run.Input.Pdi.Method, cancellationToken);
        var end = TrajectoryPart.Bytes(await new AttemptEvents(store).OfEndAsync(run, kept.Entries, cancellationToken));

        await new TrajectoryWriter(store).WriteAsync(Path.Combine(folder.Path, TrajectoryFile.FileName), kept.Parts, end, cancellationToken);
        await folder.WriteAsync(AttemptsFile.FileName, Attempts(run, kept).Write(), cancellationToken);
        string? skill = null;
        if (run.Skill is { } text)
        {
            skill = await folder.WriteAsync(SkillDocument.FileName, await store.ReadTextAsync(text, cancellationToken), cancellationToken);
            foreach (var file in await TextFiles.ReadAsync(store, run.SkillFiles, binary: true, cancellationToken))
            {
                var written = await folder.WriteAsync(file.Name, file.Text, cancellationToken);
                if (file.Name.StartsWith("scripts/", StringComparison.Ordinal) && !OperatingSystem.IsWindows())
                {
                    File.SetUnixFileMode(written, TarPacker.Program);
                }
            }
        }

        if (run.Result is { Status: not SkillRunStatus.Passed } failed)
        {
            await folder.WriteAsync("error_report.md", ErrorReport(run.Task, failed, kept), cancellationToken);
        }

        return new RunRecord(folder.Path, skill, latest);
    }

    private static AttemptsFile Attempts(WriteRunRequest run, KeptAttempts kept) => new()
    {
        TaskName = run.Task,
        ForkedFrom = run.Input.Fork is { } fork ? new ForkOrigin { WorkflowId = fork.WorkflowId, RunId = fork.RunId, Attempt = fork.Attempt } : null,
        MaxRetries = run.Input.MaxAttempts,
        ExplorationMemo = kept.Memos is [.., var newest] ? newest : "",
        MemoHistory = kept.Memos,
        Attempts = kept.Entries,
        Pdi = new PdiEntry
        {
            Enabled = run.Input.Pdi.Enabled,
            ObserveOnly = run.Input.Pdi.ObserveOnly,
            Method = run.Input.Pdi.Method,
            Warmup = Warmup,
            Threshold = PdiTracker.Threshold,
            History = kept.Snapshots,
        },
    };

    private static string ErrorReport(string task, SkillRunEnd result, KeptAttempts kept)
    {
        var report = new StringBuilder($"# {task}: {result.Status}\n\n");
        report.Append(result.Error is { } error ? $"{error}\n\n" : $"No attempt of {result.Attempts} passed.\n\n");
        report.Append("| attempt | outcome | reward | tests | error |\n|---|---|---|---|---|\n");
        foreach (var attempt in kept.Entries)
        {
            report.Append($"| {attempt.Number} | {Enum.Parse<Outcome>(attempt.Status, ignoreCase: true)} | {attempt.Reward?.ToString("0.###") ?? ""} ")
                .Append($"| {attempt.NPassed}/{attempt.NTests} | {PlainText.OneLine(attempt.Error ?? "", 200).Replace("|", "\\|")} |\n");
        }

        if (kept.Memos.Count > 0)
        {
            report.Append('\n').Append(kept.Memos[^1]).Append('\n');
        }

        return report.ToString();
    }
}
