using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>The two phases that judge an agent: its work and the verification, of a task or of one of its steps.</summary>
internal sealed class AttemptPhases(AttemptInput input, AttemptState state, SandboxSession sandbox, Outages outages, InstalledAgent? installed, AttemptCheckpoint checkpoint)
{
    /// <summary>Lets the agent work.</summary>
    /// <param name="package">The task, or the step as a task of its own.</param>
    /// <param name="step">Name of the step; null in a task without steps.</param>
    public Task ActAsync(TaskPackage package, string? step) =>
        state.PhaseAsync("agent", () => WorkAsync(package, step, package.Settings.AgentTimeoutSec * input.Limits.TimeoutMultiplier));

    /// <summary>Verifies what the agent did.</summary>
    /// <param name="package">The task, or the step as a task of its own.</param>
    /// <param name="step">Name of the step; null in a task without steps.</param>
    public async Task<VerifyReply> VerifyAsync(TaskPackage package, string? step)
    {
        if (installed is null)
        {
            // Work that was paid for is verified, whatever is left of the budget. An installed agent's could not be done
            // again for nothing, so its container is not given back before the verdict either.
            await checkpoint.PassAsync(paid: false);
        }

        VerifyReply? verdict = null;
        await state.PhaseAsync("verify", async () => verdict = await VerifyOnceAsync(package, step));
        return verdict!;
    }

    private async Task WorkAsync(TaskPackage package, string? step, double agentSec)
    {
        switch (input.Agent)
        {
            case AgentNames.Terminal:
                state.Conversation = sandbox.Conversation = await InstructionAsync(package, terminal: true);
                await new TerminalAgent(input, package, state, sandbox, outages, () => checkpoint.PassAsync(paid: true)).RunAsync();
                break;
            case AgentNames.Oracle when package.Solution is { } solution:
                await sandbox.StepAsync((container, queue) => SolveAsync(package, solution, step, agentSec, container, queue));
                sandbox.Remember((container, queue) => SolveAsync(package, solution, step, agentSec, container, queue));
                break;
            case AgentNames.Oracle:
                throw new ApplicationFailureException(
                    $"{package.SourcePath}: the oracle needs {(step is null ? "" : $"{StepsReader.Folder}/{step}/")}solution/solve.sh, which this task does not have.", FailureTypes.InvalidTask, nonRetryable: true);
            case AgentNames.Nop:
                break;
            case var _ when installed is not null:
                await installed.RunAsync(package, sandbox, await InstructionAsync(package, terminal: false), agentSec);
                break;
            default:
                throw new ApplicationFailureException(AgentNames.Problem(input.Agent)!, FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    /// <summary>What the agent is told: at first the conversation that the attempt was given, where there is one; in a further step its instruction after all that was said.</summary>
    private async Task<ArtifactRef> InstructionAsync(TaskPackage package, bool terminal)
    {
        if (state.Conversation is null && input.Conversation is { } given)
        {
            return given;
        }

        var before = state.Conversation;
        return await outages.ReadAsync(
            (IRecordActivities records) => records.BeginAsync(new BeginAttemptRequest
            {
                Before = before,
                Instruction = package.Instruction,
                Terminal = terminal,
                Skills = terminal ? input.Skills : null,
                SkillsDir = terminal ? package.Settings.SkillsDir : null,
            }),
            "write the instruction");
    }

    private async Task<OracleReply> SolveAsync(TaskPackage package, ArtifactRef solution, string? step, double agentSec, string container, string queue)
    {
        var oracle = await Workflow.ExecuteActivityAsync(
            (ISandboxActivities activities) => activities.OracleAsync(new OracleRequest
            {
                Container = container,
                Solution = solution,
                TimeoutSec = agentSec,
                Env = package.Settings.SolutionEnv,
                User = package.Settings.AgentUser,
                TaskEnv = input.Limits.TaskEnv,
                Step = step,
            }),
            ActivityProfiles.OnHost(queue, agentSec, input.Limits.HostAwaySec, "run the task's solution"));
        state.AgentOutput = oracle.Output;
        state.AgentTimedOut = oracle.TimedOut;
        return oracle;
    }

    private Task<VerifyReply> VerifyOnceAsync(TaskPackage package, string? step)
    {
        var settings = package.Settings;
        var mode = VerdictModes.Of(settings, input.Limits.Verdict);
        var seconds = input.Limits.VerifierSec(settings.VerifierTimeoutSec);
        var stopServices = input.Limits.StopServices && step is null;
        return sandbox.StepAsync((container, queue) => Workflow.ExecuteActivityAsync(
            (ISandboxActivities activities) => activities.VerifyAsync(new VerifyRequest
            {
                Container = container,
                Tests = package.Tests,
                Settings = settings,
                TimeoutSec = seconds,
                StopServices = stopServices,
                Mode = mode,
                TaskEnv = input.Limits.TaskEnv,
                Image = sandbox.VerifierImage(mode),
                Step = step,
            }),
            ActivityProfiles.OnHost(queue, SandboxSession.VerifySec(seconds, mode, settings), input.Limits.HostAwaySec, step is null ? "verify" : $"verify {step}")));
    }
}
