using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>A trial's conversation as an ATIF document.</summary>
internal static class TrialTrajectory
{
    public static AtifTrajectory Of(WriteTrialRequest trial, string trialId, IReadOnlyList<ChatMessage> messages, string instruction, string? agentOutput)
    {
        var steps = messages.Count > 0 ? Steps(messages) : Alone(trial, instruction, agentOutput);
        var usage = trial.Result.Usage;
        return new AtifTrajectory
        {
            SchemaVersion = AtifTrajectory.Version,
            SessionId = trialId,
            Agent = new AtifAgent
            {
                Name = AgentNames.IsInstalled(trial.Input.Agent) ? trial.Input.Agent : $"spark-{trial.Input.Agent}",
                Version = TrialNames.VersionOf(trial),
                ModelName = AgentNames.UsesModel(trial.Input.Agent) ? ModelOf(messages) ?? trial.Input.Model.Name : null,
            },
            Steps = steps,
            FinalMetrics = new AtifTotals
            {
                TotalPromptTokens = usage.PromptTokens,
                TotalCompletionTokens = usage.CompletionTokens,
                TotalCachedTokens = usage.CachedTokens,
                TotalCostUsd = usage.Unpriced ? null : usage.CostUsd,
                TotalSteps = steps.Count,
            },
            Extra = new AtifExtra
            {
                Spark = new SparkTrajectoryExtra
                {
                    Outcome = trial.Result.Outcome.ToString(),
                    ContainersLost = trial.Result.Losses,
                    Notes = trial.Result.Notes,
                },
            },
        };
    }

    /// <summary>The model that answered, as the endpoint named it.</summary>
    public static string? ModelOf(IReadOnlyList<ChatMessage> messages) => messages.LastOrDefault(message => message.Model is not null)?.Model;

    private static List<AtifStep> Steps(IReadOnlyList<ChatMessage> messages)
    {
        var steps = new List<AtifStep>();
        var asking = -1;
        var fenced = messages.Any(message => message.ToolCalls.Any(call => call.Fenced));
        foreach (var message in messages.Select(message => fenced ? AsAsked(message) : message))
        {
            if (message.Role == ChatRoles.Tool && asking >= 0)
            {
                steps[asking] = Answered(steps[asking], message);
                continue;
            }

            if (message.Role == ChatRoles.Assistant)
            {
                asking = steps.Count;
            }

            steps.Add(Step(message, steps.Count + 1));
        }

        return steps;
    }

    /// <summary>An endpoint without tools was sent another system prompt than the one that is kept.</summary>
    private static ChatMessage AsAsked(ChatMessage message) =>
        message.Role == ChatRoles.System && AgentPrompts.ForFences(message.Content) is { } prompt ? message with { Content = prompt } : message;

    private static AtifStep Step(ChatMessage message, int number)
    {
        var step = new AtifStep
        {
            StepId = number,
            Timestamp = message.Timestamp?.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ"),
            Source = message.Role switch
            {
                ChatRoles.Assistant => "agent",
                ChatRoles.System or ChatRoles.Note => "system",
                _ => "user",
            },
            Message = message.Content,
            Extra = message.Role == ChatRoles.Note ? new AtifStepExtra { Spark = "note" } : null,
        };
        return message.Role != ChatRoles.Assistant ? step : step with
        {
            ModelName = message.Model,
            ReasoningContent = message.Reasoning,
            ToolCalls = message.ToolCalls.Count == 0 ? null : [.. message.ToolCalls.Select(call => new AtifToolCall
            {
                ToolCallId = call.Id,
                FunctionName = call.Name,
                Arguments = Arguments(call),
            })],
            Metrics = message.Usage is not { } usage ? null : new AtifMetrics
            {
                PromptTokens = usage.PromptTokens,
                CompletionTokens = usage.CompletionTokens,
                CachedTokens = usage.CachedTokens,
                CostUsd = usage.Unpriced ? null : usage.CostUsd,
            },
        };
    }

    // A fenced block is not a tool call for the endpoint, but the step lists it as one.
    private static AtifStep Answered(AtifStep step, ChatMessage answer) => step with
    {
        Observation = new AtifObservation
        {
            Results = [.. step.Observation?.Results ?? [], new AtifAnswer { SourceCallId = answer.ToolCallId, Content = answer.Content }],
        },
        Extra = answer.Result is not { } result ? step.Extra : new AtifStepExtra { Commands = [.. step.Extra?.Commands ?? [], result] },
    };

    /// <summary>The steps of an agent without a model: what it was asked and what it did.</summary>
    private static List<AtifStep> Alone(WriteTrialRequest trial, string instruction, string? output)
    {
        var steps = new List<AtifStep> { new() { StepId = 1, Source = "user", Message = instruction } };
        if (trial.Input.Agent == AgentNames.Oracle && output is not null)
        {
            steps.Add(new AtifStep
            {
                StepId = 2,
                Source = "agent",
                Message = "Ran the task's own solution.",
                LlmCallCount = 0,
                Observation = new AtifObservation { Results = [new AtifAnswer { Content = output }] },
            });
        }

        return steps;
    }

    private static JsonObject Arguments(ToolCall call)
    {
        try
        {
            if (JsonNode.Parse(call.Arguments) is JsonObject arguments)
            {
                return arguments;
            }
        }
        catch (JsonException)
        {
            // Kept below exactly as the model wrote it.
        }

        return call.Command is { } command ? new JsonObject { ["command"] = command } : new JsonObject { ["raw"] = call.Arguments };
    }
}
