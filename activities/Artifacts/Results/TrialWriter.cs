using System.Text.Json;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Json;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Skills;
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
        var folder = new ResultFolder(store, Path.Combine(trial.Input.OutDir, "spark-jobs", job, name));
        var id = TrialNames.Id(workflowId, runId);
        var result = trial.Result;

        await LeftAsync(folder, "", result.AgentLogs, result.VerifierLogs, result.Artifacts, result.VerifierOutput, result.Ctrf, result.AgentOutput, cancellationToken);
        foreach (var step in result.Steps ?? [])
        {
            await LeftAsync(folder, $"steps/{step.Name}/", step.AgentLogs, step.VerifierLogs, step.Artifacts, step.VerifierOutput, step.Ctrf, step.AgentOutput, cancellationToken);
        }

        await folder.UnpackAsync("services", result.ServiceLogs, cancellationToken);
        await folder.CopyAsync("build.log", result.BuildLog, cancellationToken);

        var messages = result.Conversation is { } said ? await store.ReadConversationAsync(said, cancellationToken) : [];
        var instruction = await store.ReadTextAsync(trial.Package.Instruction, cancellationToken);
        var output = result.AgentOutput is { } printed ? await store.ReadTextAsync(printed, cancellationToken) : null;
        await folder.WriteAsync($"agent/{AtifTrajectory.FileName}", TrialTrajectory.Of(trial, id.ToString(), messages, instruction, output).Write(), cancellationToken);
        var skills = trial.Input.Skills is { } given ? SkillUses.Of(trial.Input.Agent, await NamesAsync(given, cancellationToken), messages) : null;
        var config = Config(trial, name, folder.Path);
        await folder.WriteAsync(HarborTrialConfig.FileName, config.Write(), cancellationToken);
        await folder.WriteAsync("trial.log", Log(trial), cancellationToken);
        if (TrialException.Of(trial) is { } stopped)
        {
            await folder.WriteAsync("exception.txt", $"{stopped.ExceptionType}: {stopped.ExceptionMessage}\n", cancellationToken);
        }

        await folder.WriteAsync(HarborTrialResult.FileName, Result(trial, id, name, folder.Path, config, TrialTrajectory.ModelOf(messages), skills).Write(), cancellationToken);
        return new TrialRecord(folder.Path, skills);
    }

    /// <summary>Names of the folders in an archive of skills that have the file of a skill.</summary>
    private async Task<IReadOnlyList<string>> NamesAsync(ArtifactRef skills, CancellationToken cancellationToken)
    {
        List<string> names = [];
        await using var content = await store.OpenAsync(skills, cancellationToken);
        await foreach (var entry in TarPack.ReadAsync(content, cancellationToken))
        {
            if (TarPack.IsFile(entry) && entry.Name.Split('/') is [var name, var file] && SkillDocument.FileNames.Contains(file) && !names.Contains(name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    /// <summary>Writes what a container left, of a task or of a step below its own folder.</summary>
    private static async Task LeftAsync(
        ResultFolder folder, string below, ArtifactRef? agent, ArtifactRef? verifier, ArtifactRef? artifacts, ArtifactRef? verified, ArtifactRef? ctrf, ArtifactRef? printed, CancellationToken cancellationToken)
    {
        await folder.UnpackAsync($"{below}agent", agent, cancellationToken);
        await folder.UnpackAsync($"{below}verifier", verifier, cancellationToken);
        await folder.UnpackAsync($"{below}artifacts", artifacts, cancellationToken);
        await folder.CopyAsync($"{below}verifier/test-stdout.txt", verified, cancellationToken);
        await folder.CopyAsync($"{below}verifier/ctrf.json", ctrf, cancellationToken);
        await folder.CopyAsync($"{below}agent/output.txt", printed, cancellationToken);
    }

    private static HarborTrialConfig Config(WriteTrialRequest trial, string name, string path) => new()
    {
        Task = new HarborTaskId { Path = trial.Package.SourcePath },
        TrialName = name,
        TrialsDir = Path.GetDirectoryName(path),
        TimeoutMultiplier = trial.Input.Limits.TimeoutMultiplier,
        VerifierTimeoutMultiplier = trial.Input.Limits.VerifierTimeoutMultiplier,
        Agent = new HarborAgentConfig
        {
            Name = trial.Input.Agent,
            Kwargs = (trial.Input.AgentKwargs ?? new Dictionary<string, string>()).ToDictionary(given => given.Key, given => Json(given.Value)),
            ModelName = AgentNames.UsesModel(trial.Input.Agent) ? trial.Input.Model.Name : null,
        },
        Environment = new HarborEnvironmentConfig { Type = "docker" },
        Artifacts = [.. trial.Package.Settings.Artifacts.Select(kept => Json(kept.Source))],
    };

    private static JsonElement Json(string text) => JsonSerializer.SerializeToElement(text, SparkJson.Options);

    private static HarborTrialResult Result(WriteTrialRequest trial, Guid id, string name, string path, HarborTrialConfig config, string? model, IReadOnlyList<SkillUse>? skills)
    {
        var result = trial.Result;
        return new HarborTrialResult
        {
            Id = id.ToString(),
            TaskName = trial.Package.QualifiedName ?? trial.Package.Name,
            TrialName = name,
            TrialUri = new Uri(path).AbsoluteUri,
            TaskId = new HarborTaskId { Path = trial.Package.SourcePath },
            TaskChecksum = trial.Package.Digest,
            Config = config,
            AgentInfo = new HarborAgentInfo
            {
                Name = trial.Input.Agent,
                Version = TrialNames.VersionOf(trial),
                ModelInfo = model is null ? null : new HarborModelInfo { Name = model, Provider = trial.Input.Model.Profile },
            },
            AgentResult = new HarborAgentResult
            {
                NInputTokens = result.Usage.PromptTokens,
                NCacheTokens = result.Usage.CachedTokens,
                NOutputTokens = result.Usage.CompletionTokens,
                CostUsd = result.Usage.KnownUsd,
                Unpriced = result.Usage.Unpriced,
                Estimated = result.Usage.Estimated,
                Metadata = new SparkTrialMetadata
                {
                    Outcome = result.Outcome.ToString(),
                    Turns = result.Turns,
                    AgentTimedOut = result.AgentTimedOut,
                    ContainersLost = result.Losses,
                    ResentInFlight = result.ResentInFlight,
                    TestsPassed = result.TestsPassed,
                    TestsTotal = result.TestsTotal,
                    Notes = result.Notes,
                    Skills = skills,
                },
            },
            VerifierResult = result.Reward is null ? null : new HarborVerifierResult { Rewards = result.Rewards },
            Verdict = result.VerifierOutput is null ? null : result.VerdictRecord,
            StepResults = result.Steps is { } steps ? [.. steps.Select(step => StepOf(trial, step))] : null,
            ExceptionInfo = TrialException.Of(trial),
            StartedAt = trial.StartedAt,
            FinishedAt = trial.FinishedAt,
            EnvironmentSetup = Span(trial.Phases, "build", "start"),
            AgentExecution = Span(trial.Phases, "agent"),
            Verifier = Span(trial.Phases, "verify"),
        };
    }

    private static HarborStepResult StepOf(WriteTrialRequest trial, StepResult step) => new()
    {
        StepName = step.Name,
        VerifierResult = step.Reward is null ? null : new HarborVerifierResult { Rewards = step.Rewards },
        ExceptionInfo = TrialException.Of(trial, step),
        AgentExecution = Span(step.Phases, "agent"),
        Verifier = Span(step.Phases, "verify"),
    };

    private static HarborTimes? Span(IReadOnlyList<PhaseTime> all, params string[] phases)
    {
        var times = all.Where(time => phases.Contains(time.Phase)).ToList();
        return times.Count == 0 ? null : new HarborTimes
        {
            StartedAt = times[0].StartedAt,
            FinishedAt = times[^1].StartedAt.AddMilliseconds(times[^1].DurationMs),
        };
    }

    private static string Log(WriteTrialRequest trial)
    {
        var lines = trial.Phases.Select(time => $"{time.StartedAt:yyyy-MM-ddTHH:mm:ss.fffZ} {time.Phase} took {time.DurationMs} ms")
            .Concat(trial.Result.Notes.Select(note => $"note: {note}"))
            .Concat((trial.Result.VerdictWarnings ?? []).Select(warning => $"warning about the verdict: {warning}"))
            .Append($"{trial.FinishedAt:yyyy-MM-ddTHH:mm:ss.fffZ} {trial.Result.Outcome}, reward {trial.Result.Reward?.ToString() ?? "none"}");
        return string.Join('\n', lines) + "\n";
    }
}
