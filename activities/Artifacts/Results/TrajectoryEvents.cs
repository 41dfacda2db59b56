using System.Text.Json;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>
/// A skill run as the events that the original writes, a line each: <c>execution_result</c>, <c>reflect_call</c>,
/// <c>pdi_snapshot</c>, <c>skill_gen_call</c>, <c>task_summary</c>. Attempts count from 0; infrastructure failures, which the
/// original does not have, are events of their own.
/// </summary>
internal sealed class TrajectoryEvents(IArtifactStore store)
{
    public async Task<IReadOnlyList<object>> OfAsync(WriteRunRequest run, IReadOnlyList<AttemptRecord> attempts, CancellationToken cancellationToken)
    {
        var events = new List<object>();
        var memoBefore = "";
        foreach (var attempt in attempts)
        {
            if (attempt.Scored is not { } number)
            {
                events.Add(new { Type = "infrastructure_failure", attempt.Number, attempt.Result.Error, attempt.Result.ErrorType, attempt.Result.TrialDir });
                continue;
            }

            events.Add(await ExecutionAsync(attempt, number, cancellationToken));
            if (attempt.Reflection is not { } reflection)
            {
                continue;
            }

            events.Add(await CallAsync("reflect_call", number, reflection.Conversation, reflection.Usage, reflection.DurationMs, reflection.At, new
            {
                MemoBefore = memoBefore,
                MemoAfter = reflection.Memo,
                reflection.Refusals,
            }, cancellationToken));
            if (reflection.Pdi is { } pdi)
            {
                var recorded = pdi.Rounded();
                events.Add(new
                {
                    Type = "pdi_snapshot",
                    recorded.Attempt,
                    recorded.Step,
                    recorded.ProxyExec,
                    recorded.ProxyPlan,
                    recorded.ProxyOss,
                    recorded.RawPdi,
                    recorded.Weight,
                    recorded.WeightedPdi,
                    recorded.Triggered,
                    // An element, because a plain null is left out and the original writes it.
                    Level = JsonSerializer.SerializeToElement(recorded.Level == InterventionLevel.None ? null : recorded.Level.ToString().ToLowerInvariant()),
                    Method = run.Input.Pdi.Method,
                    Ts = Seconds(reflection.At),
                });
            }

            memoBefore = reflection.Memo;
        }

        var passing = attempts.LastOrDefault(attempt => attempt.Outcome == Outcome.Pass)?.Scored ?? 0;
        foreach (var call in run.SkillCalls)
        {
            events.Add(await CallAsync("skill_gen_call", passing, call.Conversation, call.Usage, call.DurationMs, call.At, new { call.Problems }, cancellationToken));
        }

        if (run.Result is { } result)
        {
            events.Add(Summary(run, attempts, result));
        }

        return events;
    }

    private async Task<object> ExecutionAsync(AttemptRecord attempt, int number, CancellationToken cancellationToken)
    {
        var judgment = attempt.Judgment is { } reference ? await store.ReadJsonAsync<Judgment>(reference, cancellationToken) : null;
        var messages = attempt.Result.Conversation is { } said ? await store.ReadConversationAsync(said, cancellationToken) : [];
        return new
        {
            Type = "execution_result",
            Attempt = number,
            Success = attempt.Outcome == Outcome.Pass,
            attempt.Result.Reward,
            Status = attempt.Outcome.ToString().ToUpperInvariant(),
            NPassed = attempt.Result.TestsPassed,
            NTests = attempt.Result.TestsTotal,
            AgentCommands = judgment?.Commands ?? "",
            TestSummary = judgment?.TestSummary ?? "",
            AgentStdoutFull = string.Join("\n", messages.Where(message => message.Role is ChatRoles.Assistant or ChatRoles.Tool).Select(message => message.Content)),
            TestStdoutFull = attempt.Result.VerifierOutput is { } output ? await store.ReadTextAsync(output, cancellationToken) : "",
            RetryInjection = messages.FirstOrDefault(message => message.Role == ChatRoles.User)?.Content ?? "",
            attempt.Intervention,
            attempt.Guidance,
            Error = attempt.Result.Error ?? "",
            attempt.Result.TrialDir,
            attempt.Result.DurationMs,
        };
    }

    private async Task<object> CallAsync(
        string type, int attempt, ArtifactRef conversation, TokenUsage usage, long durationMs, DateTime at, object more, CancellationToken cancellationToken)
    {
        var messages = await store.ReadConversationAsync(conversation, cancellationToken);
        var call = new Dictionary<string, object?>
        {
            ["type"] = type,
            ["attempt"] = attempt,
            ["model"] = AtifTrajectory.ModelOf(messages),
            ["system_prompt"] = messages.FirstOrDefault(message => message.Role == ChatRoles.System)?.Content,
            ["user_prompt"] = messages.FirstOrDefault(message => message.Role == ChatRoles.User)?.Content,
            ["response"] = messages.LastOrDefault(message => message.Role == ChatRoles.Assistant)?.Content,
            ["input_tokens"] = usage.PromptTokens,
            ["output_tokens"] = usage.CompletionTokens,
            ["cost_usd"] = usage.CostUsd,
            ["latency_s"] = Math.Round(durationMs / 1000.0, 3),
            ["ts"] = Seconds(at),
        };
        foreach (var property in more.GetType().GetProperties())
        {
            call[System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name)] = property.GetValue(more);
        }

        return call;
    }

    private static object Summary(WriteRunRequest run, IReadOnlyList<AttemptRecord> attempts, SkillGenerationResult result)
    {
        var scored = attempts.Where(attempt => attempt.Scored is not null).ToList();
        return new
        {
            Type = "task_summary",
            TaskName = run.Task,
            Success = result.Status == SkillRunStatus.Passed,
            result.Status,
            TotalAttempts = scored.Count,
            RewardTrajectory = scored.Select(attempt => attempt.Result.Reward),
            StatusTrajectory = scored.Select(attempt => attempt.Outcome.ToString().ToUpperInvariant()),
            TotalTimeS = Math.Round((run.Now - run.StartedAt).TotalSeconds, 3),
            TotalInputTokens = result.Usage.PromptTokens,
            TotalOutputTokens = result.Usage.CompletionTokens,
            TotalCostUsd = result.CostUsd,
            ExplorationConfig = new
            {
                Model = run.Input.ModelSlug,
                run.Input.Agent,
                SummaryModel = (run.Input.SummaryModel ?? run.Input.Model).Name,
                MaxRetries = run.Input.MaxAttempts,
            },
            Ts = Seconds(run.Now),
        };
    }

    private static double Seconds(DateTime at) => (at - DateTime.UnixEpoch).TotalSeconds;
}
