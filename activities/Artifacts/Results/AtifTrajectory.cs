using System.Text.Json;
using System.Text.Json.Nodes;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>
/// A conversation as an Agent Trajectory Interchange Format document, version 1.7: steps numbered from 1 with source
/// <c>system</c>, <c>user</c> or <c>agent</c>; unknown keys are forbidden there, so what is ours stands under <c>extra</c>.
/// </summary>
internal static class AtifTrajectory
{
    public static JsonObject Of(WriteTrialRequest trial, string trialId, IReadOnlyList<ChatMessage> messages, string instruction, string? agentOutput)
    {
        var steps = messages.Count > 0 ? Steps(messages) : Alone(trial, instruction, agentOutput);
        var usage = trial.Result.Usage;
        return new JsonObject
        {
            ["schema_version"] = "ATIF-v1.7",
            ["session_id"] = trialId,
            ["agent"] = Drop(new JsonObject
            {
                ["name"] = AgentNames.IsInstalled(trial.Input.Agent) ? trial.Input.Agent : $"spark-{trial.Input.Agent}",
                ["version"] = TrialNames.VersionOf(trial),
                ["model_name"] = AgentNames.UsesModel(trial.Input.Agent) ? ModelOf(messages) ?? trial.Input.Model.Name : null,
            }),
            ["steps"] = new JsonArray([.. steps]),
            ["final_metrics"] = new JsonObject
            {
                ["total_prompt_tokens"] = usage.PromptTokens,
                ["total_completion_tokens"] = usage.CompletionTokens,
                ["total_cached_tokens"] = usage.CachedTokens,
                ["total_cost_usd"] = usage.CostUsd,
                ["total_steps"] = steps.Count,
            },
            ["extra"] = new JsonObject
            {
                ["spark"] = new JsonObject
                {
                    ["outcome"] = trial.Result.Outcome.ToString(),
                    ["containers_lost"] = trial.Result.Losses,
                    ["notes"] = new JsonArray([.. trial.Result.Notes.Select(note => JsonValue.Create(note))]),
                },
            },
        };
    }

    /// <summary>The model that answered, as the endpoint named it.</summary>
    public static string? ModelOf(IReadOnlyList<ChatMessage> messages) => messages.LastOrDefault(message => message.Model is not null)?.Model;

    private static List<JsonNode> Steps(IReadOnlyList<ChatMessage> messages)
    {
        var steps = new List<JsonNode>();
        JsonObject? asking = null;
        foreach (var message in messages)
        {
            if (message.Role == ChatRoles.Tool && asking is not null)
            {
                Observe(asking, message);
                continue;
            }

            var step = new JsonObject { ["step_id"] = steps.Count + 1 };
            if (message.Timestamp is { } at)
            {
                step["timestamp"] = at.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ");
            }

            step["source"] = message.Role switch
            {
                ChatRoles.Assistant => "agent",
                ChatRoles.System or ChatRoles.Note => "system",
                _ => "user",
            };
            step["message"] = message.Content;
            if (message.Role == ChatRoles.Note)
            {
                step["extra"] = new JsonObject { ["spark"] = "note" };
            }

            if (message.Role == ChatRoles.Assistant)
            {
                asking = step;
                Speak(step, message);
            }

            steps.Add(step);
        }

        return steps;
    }

    private static void Speak(JsonObject step, ChatMessage message)
    {
        if (message.Model is not null)
        {
            step["model_name"] = message.Model;
        }

        if (message.Reasoning is not null)
        {
            step["reasoning_content"] = message.Reasoning;
        }

        if (message.ToolCalls.Count > 0)
        {
            step["tool_calls"] = new JsonArray([.. message.ToolCalls.Select(call => (JsonNode)new JsonObject
            {
                ["tool_call_id"] = call.Id,
                ["function_name"] = call.Name,
                ["arguments"] = Arguments(call),
            })]);
        }

        if (message.Usage is { } usage)
        {
            step["metrics"] = new JsonObject
            {
                ["prompt_tokens"] = usage.PromptTokens,
                ["completion_tokens"] = usage.CompletionTokens,
                ["cached_tokens"] = usage.CachedTokens,
                ["cost_usd"] = usage.CostUsd,
            };
        }
    }

    private static void Observe(JsonObject step, ChatMessage answer)
    {
        var observation = step["observation"] as JsonObject;
        if (observation is null)
        {
            step["observation"] = observation = new JsonObject { ["results"] = new JsonArray() };
        }

        observation["results"]!.AsArray().Add(Drop(new JsonObject
        {
            // A fenced block was never a call of the endpoint's, but it is one of the step's all the same.
            ["source_call_id"] = answer.ToolCallId,
            ["content"] = answer.Content,
        }));
        if (answer.Result is { } result)
        {
            var extra = step["extra"] as JsonObject;
            if (extra is null)
            {
                step["extra"] = extra = new JsonObject { ["commands"] = new JsonArray() };
            }

            extra["commands"]!.AsArray().Add(JsonSerializer.SerializeToNode(result, Domain.Json.SparkJson.Options));
        }
    }

    /// <summary>An agent that talks to nobody still has what it was asked and what it did.</summary>
    private static List<JsonNode> Alone(WriteTrialRequest trial, string instruction, string? output)
    {
        var steps = new List<JsonNode> { new JsonObject { ["step_id"] = 1, ["source"] = "user", ["message"] = instruction } };
        if (trial.Input.Agent == AgentNames.Oracle && output is not null)
        {
            steps.Add(new JsonObject
            {
                ["step_id"] = 2,
                ["source"] = "agent",
                ["message"] = "Ran the task's own solution.",
                ["llm_call_count"] = 0,
                ["observation"] = new JsonObject { ["results"] = new JsonArray(new JsonObject { ["content"] = output }) },
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
            // Kept below as the model wrote it.
        }

        return call.Command is { } command ? new JsonObject { ["command"] = command } : new JsonObject { ["raw"] = call.Arguments };
    }

    private static JsonObject Drop(JsonObject node)
    {
        foreach (var name in node.Where(member => member.Value is null).Select(member => member.Key).ToList())
        {
            node.Remove(name);
        }

        return node;
    }
}
