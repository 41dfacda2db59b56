using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>
/// The built-in agent: asks the model, runs what it asks for, until it asks for nothing more, its turns or its time are
/// used up. Per turn one model call and one sandbox step, so a dead worker costs at most the step in flight.
/// </summary>
internal sealed class TerminalAgent(AttemptInput input, TaskPackage package, AttemptState state, SandboxSession sandbox, Outages outages, Func<Task> checkpoint)
{
    /// <summary>How often in a row an agent is asked to go on after a reply that is no end of its work, by the reason for its end.</summary>
    private static readonly Dictionary<string, int> Asked = new()
    {
        [FinishReasons.Length] = 3,
        [FinishReasons.TextCall] = 2,
        [FinishReasons.Empty] = 1,
        [FinishReasons.Repetition] = 1,
    };

    private readonly TokenBudget? _budget = input.Limits.Budgets?[LlmPurposes.Agent];

    // Of a step of a task, from where the one before ended.
    private readonly long _limitMs = state.AgentMs + (long)(package.Settings.AgentTimeoutSec * input.Limits.TimeoutMultiplier * 1000);
    private readonly int _mostTurns = state.Turns + input.Limits.MaxTurns;

    /// <exception cref="ActivityFailureException">The model or every sandbox is out of reach.</exception>
    public async Task RunAsync()
    {
        var asked = 0;
        while (!state.ContainerEnded)
        {
            if (state.Turns >= _mostTurns)
            {
                state.Notes.Add($"The agent used all of its {input.Limits.MaxTurns} turns.");
                return;
            }

            await checkpoint();
            var reply = await AskAsync();
            if (reply is null)
            {
                return;
            }

            if (state.AgentMs >= _limitMs)
            {
                state.AgentTimedOut = true;
                return;
            }

            if (reply.ToolCalls > 0)
            {
                asked = 0;
                await checkpoint();
                await ActAsync(reply);
            }
            else if (++asked <= Asked.GetValueOrDefault(reply.FinishReason))
            {
                var request = new AskAgainRequest(reply.Conversation, LlmPurposes.Agent, [reply.FinishReason]);
                state.Conversation = sandbox.Conversation =
                    await outages.ReadAsync((IRecordActivities records) => records.AskAgainAsync(request), "ask to go on");
            }
            else
            {
                state.Notes.AddRange(AgentEnds.NoteOf(reply.FinishReason));
                return;
            }

            if (state.AgentMs >= _limitMs)
            {
                state.AgentTimedOut = true;
                return;
            }
        }
    }

    /// <returns>Null when the conversation no longer fits the model, which ends the agent's work and not the attempt.</returns>
    private async Task<LlmReply?> AskAsync()
    {
        state.ModelCalls++;
        state.Step = $"turn {state.Turns + 1}: asking the model";
        var request = new LlmRequest
        {
            Model = input.Model,
            Purpose = LlmPurposes.Agent,
            Conversation = state.Conversation!,
            Call = state.ModelCalls,
            FirstRunId = input.Replies?.Run ?? Workflow.Info.FirstExecutionRunId,
            Owner = input.Replies?.Owner,
            Task = package.Name,
            Tools = true,
            MustBePriced = state.ModelCalls == 1 && (input.BudgetUsd ?? (input.NewsStep ?? input.Parent?.Step)?.Usd) is not null,
            MaxTokens = input.Limits.MaxTokens ?? _budget?.CompletionTokens,
            PromptTokens = _budget?.PromptTokens,
        };
        try
        {
            // What came before is worth a verdict; without any reply there is nothing to judge.
            var reply = await ModelCalls.CompleteAsync(request, outages, input.Limits, $"turn {state.Turns + 1}: ask the model", failure =>
                ActivityFailures.TypeOf(failure) == FailureTypes.ModelUnreadable && state.Turns > 0 ? null : Outage.OfModel(failure, input.Model));
            state.Count(reply, input.CountedRuns);
            sandbox.Conversation = reply.Conversation;
            if (reply is { FinishReason: FinishReasons.TextCall, ToolCalls: > 0 } && !state.Notes.Contains(AgentEnds.CallsInText))
            {
                state.Notes.Add(AgentEnds.CallsInText);
            }

            return reply;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.ContextOverflow)
        {
            state.Notes.Add($"The conversation no longer fits the model: {ActivityFailures.Words(failure)}");
            return null;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.ModelUnreadable)
        {
            state.CountLost(ActivityFailures.SpentOf(failure));
            state.Notes.Add($"The model's replies could not be read, which ended the agent's work: {ActivityFailures.Words(failure)}");
            return null;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.ModelFiltered)
        {
            state.Notes.Add($"The endpoint refused the conversation for what it says, which ended the agent's work: {ActivityFailures.Words(failure)}");
            return null;
        }
    }

    private async Task ActAsync(LlmReply reply)
    {
        var limits = input.Limits;
        var remaining = Math.Max(1, (_limitMs - state.AgentMs) / 1000.0);
        var wanted = Math.Max(limits.CommandTimeoutSec, Math.Min(reply.LongestTimeoutSec ?? 0, limits.MaxCommandTimeoutSec));
        var timeout = Math.Min(wanted, remaining);
        state.Turns++;
        state.Step = $"turn {state.Turns}: {reply.Summary}";
        var turn = await sandbox.StepAsync((container, queue) => Workflow.ExecuteActivityAsync(
            (ISandboxActivities activities) => activities.RunTurnAsync(new TurnRequest
            {
                Container = container,
                Turn = state.Turns,
                Conversation = sandbox.Conversation!,
                TimeoutSec = timeout,
                OutputCharacters = (limits.Budgets ?? TokenBudgets.Default).ObservationCharacters,
            }),
            ActivityProfiles.OnHost(queue, timeout * reply.ToolCalls, limits.HostAwaySec, $"turn {state.Turns}: {reply.Summary}")));
        state.AgentMs += turn.DurationMs;
        state.Conversation = sandbox.Conversation = turn.Conversation;
        state.ContainerEnded = turn.ContainerEnded || sandbox.EndedByItsCommands;
    }
}
