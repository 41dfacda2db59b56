using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Makes the events of a skill run: those of one attempt, and those of its end.</summary>
internal sealed class AttemptEvents(IArtifactStore store)
{
    /// <summary>What one attempt adds to a trajectory. Reads that attempt's artifacts and no others.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="judgment">Its judgment; null for an infrastructure failure.</param>
    /// <param name="memoBefore">The memo that the attempt started with.</param>
    /// <param name="method">How the run compares texts.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<TrajectoryEvent>> OfAsync(
        AttemptRecord attempt, Judgment? judgment, string memoBefore, PdiMethod method, CancellationToken cancellationToken)
    {
        if (attempt.Scored is not { } number)
        {
            return
            [
                new InfrastructureEvent { Number = attempt.Number, Error = attempt.Result.Error, ErrorType = attempt.Result.ErrorType, TrialDir = attempt.Result.TrialDir },
            ];
        }

        List<TrajectoryEvent> events = [await ExecutionAsync(attempt, judgment, number, cancellationToken)];
        if (attempt.Reflection is { } reflection)
        {
            events.Add(await ReflectAsync(reflection, number, memoBefore, cancellationToken));
            if (reflection.Pdi is { } pdi)
            {
                events.Add(SnapshotEvent.Of(pdi, method, Seconds(reflection.At)));
            }
        }

        return events;
    }

    /// <summary>What follows the attempts: requests for the skill, and the summary of a run that is over.</summary>
    public async Task<IReadOnlyList<TrajectoryEvent>> OfEndAsync(WriteRunRequest run, IReadOnlyList<AttemptEntry> attempts, CancellationToken cancellationToken)
    {
        var events = new List<TrajectoryEvent>();
        var passing = attempts.LastOrDefault(attempt => attempt.Status == Words(Outcome.Pass))?.Attempt ?? 0;
        foreach (var call in run.SkillCalls)
        {
            var said = await CallAsync(call.Conversation, cancellationToken);
            events.Add(new SkillCallEvent
            {
                Attempt = passing,
                Model = said.Model,
                SystemPrompt = said.System,
                UserPrompt = said.User,
                Response = said.Response,
                InputTokens = call.Usage.PromptTokens,
                OutputTokens = call.Usage.CompletionTokens,
                CostUsd = call.Usage.Unpriced ? null : call.Usage.CostUsd,
                LatencyS = Latency(call.DurationMs),
                Ts = Seconds(call.At),
                Problems = call.Problems,
                Evidence = call.Evidence is { } evidence ? await store.ReadTextAsync(evidence, cancellationToken) : null,
            });
        }

        if (run.Result is { } result)
        {
            events.Add(Summary(run, attempts, result));
        }

        return events;
    }

    /// <summary>An outcome as the original writes it.</summary>
    public static string Words(Outcome outcome) => outcome.ToString().ToUpperInvariant();

    private async Task<ExecutionEvent> ExecutionAsync(AttemptRecord attempt, Judgment? judgment, int number, CancellationToken cancellationToken)
    {
        var messages = attempt.Result.Conversation is { } said ? await store.ReadConversationAsync(said, cancellationToken) : [];
        return new ExecutionEvent
        {
            Attempt = number,
            Success = attempt.Outcome == Outcome.Pass,
            Reward = attempt.Result.Reward,
            Status = Words(attempt.Outcome),
            NPassed = attempt.Result.TestsPassed,
            NTests = attempt.Result.TestsTotal,
            AgentCommands = judgment?.Commands ?? "",
            TestSummary = judgment?.TestSummary ?? "",
            AgentStdoutFull = string.Join("\n", messages.Where(message => message.Role is ChatRoles.Assistant or ChatRoles.Tool).Select(message => message.Content)),
            TestStdoutFull = attempt.Result.VerifierOutput is { } output ? await store.ReadTextAsync(output, cancellationToken) : "",
            RetryInjection = messages.FirstOrDefault(message => message.Role == ChatRoles.User)?.Content ?? "",
            Intervention = attempt.Intervention,
            Guidance = attempt.Guidance,
            Error = attempt.Result.Error ?? "",
            TrialDir = attempt.Result.TrialDir,
            DurationMs = attempt.Result.DurationMs,
        };
    }

    private async Task<ReflectEvent> ReflectAsync(ReflectionRecord reflection, int number, string memoBefore, CancellationToken cancellationToken)
    {
        var said = await CallAsync(reflection.Conversation, cancellationToken);
        return new ReflectEvent
        {
            Attempt = number,
            Model = said.Model,
            SystemPrompt = said.System,
            UserPrompt = said.User,
            Response = said.Response,
            InputTokens = reflection.Usage.PromptTokens,
            OutputTokens = reflection.Usage.CompletionTokens,
            CostUsd = reflection.Usage.Unpriced ? null : reflection.Usage.CostUsd,
            LatencyS = Latency(reflection.DurationMs),
            Ts = Seconds(reflection.At),
            MemoBefore = memoBefore,
            MemoAfter = reflection.Memo,
            Refusals = reflection.Refusals,
        };
    }

    private async Task<(string? Model, string? System, string? User, string? Response)> CallAsync(ArtifactRef conversation, CancellationToken cancellationToken)
    {
        var messages = await store.ReadConversationAsync(conversation, cancellationToken);
        return (
            TrialTrajectory.ModelOf(messages),
            messages.FirstOrDefault(message => message.Role == ChatRoles.System)?.Content,
            messages.FirstOrDefault(message => message.Role == ChatRoles.User)?.Content,
            messages.LastOrDefault(message => message.Role == ChatRoles.Assistant)?.Content);
    }

    private static SummaryEvent Summary(WriteRunRequest run, IReadOnlyList<AttemptEntry> attempts, SkillRunEnd result)
    {
        var scored = attempts.Where(attempt => attempt.Attempt is not null).ToList();
        return new SummaryEvent
        {
            TaskName = run.Task,
            Success = result.Status == SkillRunStatus.Passed,
            Status = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Status.ToString()),
            TotalAttempts = scored.Count,
            RewardTrajectory = [.. scored.Select(attempt => attempt.Reward)],
            StatusTrajectory = [.. scored.Select(attempt => attempt.Status)],
            TotalTimeS = Math.Round((run.Now - run.StartedAt).TotalSeconds, 3),
            TotalInputTokens = result.Usage.PromptTokens,
            TotalOutputTokens = result.Usage.CompletionTokens,
            TotalCostUsd = result.Usage.Unpriced ? null : result.Usage.CostUsd,
            ExplorationConfig = new ExplorationConfig
            {
                Model = run.Input.ModelSlug,
                Agent = run.Input.Agent,
                SummaryModel = (run.Input.SummaryModel ?? run.Input.Model).Name,
                MaxRetries = run.Input.MaxAttempts,
            },
            Ts = Seconds(run.Now),
        };
    }

    private static double Latency(long durationMs) => Math.Round(durationMs / 1000.0, 3);

    private static double Seconds(DateTime at) => (at - DateTime.UnixEpoch).TotalSeconds;
}
