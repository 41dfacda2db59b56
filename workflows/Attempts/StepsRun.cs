using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>
/// A multi-step task: its steps in order in one container, each with its own instruction, tests and limits. A step without a reward, or with less
/// than its least, ends the attempt.
/// </summary>
/// <param name="package">The task.</param>
/// <param name="parts">Its steps, each as a task of its own.</param>
/// <param name="state">What the attempt knows of itself.</param>
/// <param name="sandbox">Its container.</param>
/// <param name="phases">Work and verification.</param>
/// <param name="limits">Limits of the attempt.</param>
/// <param name="told">Takes the verdict over all steps so far, after each of them: a later failure does not take it away.</param>
internal sealed class StepsRun(
    TaskPackage package, IReadOnlyList<TaskPackage> parts, AttemptState state, SandboxSession sandbox, AttemptPhases phases, AttemptLimits limits, Action<VerifyReply> told)
{
    private readonly List<VerifyReply> _verdicts = [];

    public async Task RunAsync()
    {
        var steps = package.Settings.Steps!;
        for (var number = 0; number < parts.Count; number++)
        {
            var (step, part) = (steps[number], parts[number]);
            var from = state.Phases.Count;
            state.Prefix = $"step {number + 1} of {parts.Count} ({step.Name}): ";
            (state.AgentTimedOut, state.AgentOutput) = (false, null);
            if (await BeginAsync(number) is { } problem)
            {
                Stop(number, new StepResult { Name = step.Name, Error = problem, Phases = [.. state.Phases.Skip(from)] }, problem);
                return;
            }

            await phases.ActAsync(part, step.Name);
            if (state.ContainerEnded)
            {
                const string Ended = "A command of the agent ended its container, so there was nothing to verify.";
                Stop(number, new StepResult { Name = step.Name, Error = Ended, AgentOutput = state.AgentOutput, Phases = [.. state.Phases.Skip(from)] }, Ended);
                return;
            }

            sandbox.RememberCommands();
            var verdict = await phases.VerifyAsync(part, step.Name);
            var result = new StepResult
            {
                Name = step.Name,
                Reward = verdict.Reward,
                Rewards = verdict.Rewards,
                TestsPassed = verdict.TestsPassed,
                TestsTotal = verdict.TestsTotal,
                Error = verdict.RewardProblem,
                AgentTimedOut = state.AgentTimedOut,
                AgentOutput = state.AgentOutput,
                VerifierOutput = verdict.Output,
                Ctrf = verdict.Ctrf,
                AgentLogs = verdict.AgentLogs,
                VerifierLogs = verdict.VerifierLogs,
                Artifacts = verdict.Artifacts,
                Phases = [.. state.Phases.Skip(from)],
            };
            _verdicts.Add(verdict with { Notes = [.. verdict.Notes.Select(note => $"step {step.Name}: {note}")], Warnings = verdict.Warnings is { } warnings ? [.. warnings.Select(warning => $"step {step.Name}: {warning}")] : null });
            var stop = StepRewards.Stop(step, verdict.Reward is null ? null : verdict.Rewards, verdict.Reward);
            if (stop is not null && number + 1 < parts.Count || verdict.Reward is null)
            {
                Stop(number, result, verdict.RewardProblem is { } why ? $"{stop}: {why}" : stop!);
                return;
            }

            state.Steps.Add(result);
            told(Whole(null));
        }
    }

    private void Stop(int number, StepResult result, string why)
    {
        state.Steps.Add(result);
        var left = parts.Count - number - 1;
        var words = $"{why}{(left == 0 ? "" : $"; {left} later step{(left == 1 ? "" : "s")} did not begin")}";
        state.Notes.Add(words);
        if (_verdicts.Count > 0)
        {
            told(Whole(words));
        }
    }

    private async Task<string?> BeginAsync(int number)
    {
        var setup = parts[number].Settings.BuildTimeoutSec;
        var begin = (string container, string queue) => Workflow.ExecuteActivityAsync(
            (ISandboxActivities activities) => activities.BeginStepAsync(new BeginStepRequest
            {
                Container = container,
                Step = package.Steps![number].Name,
                Settings = parts[number].Settings,
                Before = number == 0 ? null : parts[number - 1].Settings,
                Workdir = package.Steps[number].Workdir,
                Setup = package.Steps[number].Setup,
                Healthcheck = package.Settings.Steps![number].Healthcheck,
                TimeoutSec = setup,
            }),
            ActivityProfiles.OnHost(queue, setup + 300, limits.HostAwaySec, $"begin step {package.Steps![number].Name}"));
        BeginStepReply? reply = null;
        await state.PhaseAsync("start", async () => reply = await sandbox.StepAsync(begin));
        sandbox.Remember(begin);
        return reply!.ExitCode == 0 ? null : $"step '{package.Steps![number].Name}' could not begin: its setup ended with exit code {reply.ExitCode}: {reply.Tail}";
    }

    /// <summary>The verdict over all steps: outputs of the last one, one reward of all.</summary>
    /// <param name="stopped">Why the rest did not begin; null where it did.</param>
    private VerifyReply Whole(string? stopped)
    {
        // A step whose verifier ran out of time is not known, and neither is the mean over all.
        var scored = _verdicts[^1] is { TimedOut: true, Reward: null } ? [] : _verdicts.Where(verdict => verdict.Reward is not null).ToList();
        var strategy = package.Settings.StepsReward;
        return _verdicts[^1] with
        {
            Reward = scored.Count == 0 ? null : strategy == StepsReward.Final ? scored[^1].Reward : scored.Average(verdict => verdict.Reward),
            Rewards = StepRewards.Whole(strategy, [.. scored.Select(verdict => verdict.Rewards)]),
            RewardProblem = stopped,
            TestsPassed = _verdicts.Sum(verdict => verdict.TestsPassed),
            TestsTotal = _verdicts.Sum(verdict => verdict.TestsTotal),
            DurationMs = _verdicts.Sum(verdict => verdict.DurationMs),
            Warnings = _verdicts.SelectMany(verdict => verdict.Warnings ?? []).ToList() is { Count: > 0 } warnings ? warnings : null,
            SharedReward = _verdicts.Any(verdict => verdict.SharedReward is not null) ? _verdicts.Average(verdict => verdict.SharedReward ?? 0) : null,
            Differs = _verdicts.Any(verdict => verdict.Differs),
            Notes = [.. _verdicts.SelectMany(verdict => verdict.Notes)],
        };
    }
}
