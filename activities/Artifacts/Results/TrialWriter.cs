using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>
/// Writes <c>spark-jobs/&lt;job&gt;/&lt;trial&gt;/</c> so that Harbor's tools read it: <c>result.json</c> loads as its trial
/// result, <c>agent/trajectory.json</c> as its trajectory.
/// </summary>
internal sealed class TrialWriter(IArtifactStore store)
{
    public async Task<TrialRecord> WriteAsync(WriteTrialRequest trial, string workflowId, string runId, CancellationToken cancellationToken)
    {
        var job = PlainText.Slug(trial.Input.Batch.Length > 0 ? trial.Input.Batch : "trials");
        var name = TrialNames.Trial(trial.Package.Name, workflowId, runId);
        var folder = new ResultFolder(store, Path.Combine(trial.Input.OutDir!, "spark-jobs", job, name));
        var id = TrialNames.Id(workflowId, runId);
        var result = trial.Result;

        await folder.UnpackAsync("agent", result.AgentLogs, cancellationToken);
        await folder.UnpackAsync("verifier", result.VerifierLogs, cancellationToken);
        await folder.UnpackAsync("artifacts", result.Artifacts, cancellationToken);
        await folder.CopyAsync("verifier/test-stdout.txt", result.VerifierOutput, cancellationToken);
        await folder.CopyAsync("verifier/ctrf.json", result.Ctrf, cancellationToken);
        await folder.CopyAsync("agent/output.txt", result.AgentOutput, cancellationToken);
        await folder.CopyAsync("build.log", result.BuildLog, cancellationToken);

        var messages = result.Conversation is { } said ? await store.ReadConversationAsync(said, cancellationToken) : [];
        var instruction = await store.ReadTextAsync(trial.Package.Instruction, cancellationToken);
        var output = result.AgentOutput is { } printed ? await store.ReadTextAsync(printed, cancellationToken) : null;
        await folder.WriteJsonAsync("agent/trajectory.json", AtifTrajectory.Of(trial, id.ToString(), messages, instruction, output), cancellationToken);
        var config = Config(trial, name, folder.Path);
        await folder.WriteJsonAsync("config.json", config, cancellationToken);
        await folder.WriteAsync("trial.log", Log(trial), cancellationToken);
        if (result.Error is { } error)
        {
            await folder.WriteAsync("exception.txt", $"{result.ErrorType ?? result.Outcome.ToString()}: {error}\n", cancellationToken);
        }

        await folder.WriteJsonAsync("result.json", Result(trial, id, name, folder.Path, config, AtifTrajectory.ModelOf(messages)), cancellationToken);
        return new TrialRecord(folder.Path);
    }

    private static object Config(WriteTrialRequest trial, string name, string path) => new
    {
        Task = new { Path = trial.Package.SourcePath },
        TrialName = name,
        TrialsDir = Path.GetDirectoryName(path),
        TimeoutMultiplier = trial.Input.Limits.TimeoutMultiplier,
        Agent = new { Name = trial.Input.Agent, Kwargs = trial.Input.AgentKwargs ?? new Dictionary<string, string>(), ModelName = AgentNames.UsesModel(trial.Input.Agent) ? trial.Input.Model.Name : null },
        Environment = new { Type = "docker" },
        Artifacts = trial.Package.Settings.Artifacts.Select(kept => kept.Source),
    };

    private static object Result(WriteTrialRequest trial, Guid id, string name, string path, object config, string? model)
    {
        var result = trial.Result;
        return new
        {
            Id = id,
            TaskName = trial.Package.QualifiedName ?? trial.Package.Name,
            TrialName = name,
            TrialUri = new Uri(path).AbsoluteUri,
            TaskId = new { Path = trial.Package.SourcePath },
            TaskChecksum = trial.Package.Digest,
            Config = config,
            AgentInfo = new
            {
                Name = trial.Input.Agent,
                Version = TrialNames.VersionOf(trial),
                ModelInfo = model is null ? null : new { Name = model, Provider = trial.Input.Model.Profile },
            },
            AgentResult = new
            {
                NInputTokens = result.Usage.PromptTokens,
                NCacheTokens = result.Usage.CachedTokens,
                NOutputTokens = result.Usage.CompletionTokens,
                result.Usage.CostUsd,
                Metadata = new
                {
                    Outcome = result.Outcome.ToString(),
                    result.Turns,
                    result.AgentTimedOut,
                    ContainersLost = result.Losses,
                    result.ResentInFlight,
                    result.TestsPassed,
                    result.TestsTotal,
                    result.Notes,
                },
            },
            VerifierResult = result.Reward is null ? null : new { result.Rewards },
            ExceptionInfo = result.Error is null ? null : new
            {
                ExceptionType = result.ErrorType ?? result.Outcome.ToString(),
                ExceptionMessage = result.Error,
                ExceptionTraceback = "",
                OccurredAt = trial.FinishedAt,
            },
            trial.StartedAt,
            trial.FinishedAt,
            EnvironmentSetup = Span(trial, "build", "start"),
            AgentExecution = Span(trial, "agent"),
            Verifier = Span(trial, "verify"),
        };
    }

    private static object? Span(WriteTrialRequest trial, params string[] phases)
    {
        var times = trial.Phases.Where(time => phases.Contains(time.Phase)).ToList();
        return times.Count == 0 ? null : new
        {
            times[0].StartedAt,
            FinishedAt = times[^1].StartedAt.AddMilliseconds(times[^1].DurationMs),
        };
    }

    private static string Log(WriteTrialRequest trial)
    {
        var lines = trial.Phases.Select(time => $"{time.StartedAt:yyyy-MM-ddTHH:mm:ss.fffZ} {time.Phase} took {time.DurationMs} ms")
            .Concat(trial.Result.Notes.Select(note => $"note: {note}"))
            .Append($"{trial.FinishedAt:yyyy-MM-ddTHH:mm:ss.fffZ} {trial.Result.Outcome}, reward {trial.Result.Reward?.ToString() ?? "none"}");
        return string.Join('\n', lines) + "\n";
    }
}
