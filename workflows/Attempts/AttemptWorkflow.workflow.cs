using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Attempts;

/// <summary>One agent in one container, verified. Its result says how it ended; only cancellation makes it fail.</summary>
[Workflow]
public sealed partial class AttemptWorkflow : ItemWorkflow
{
    private readonly AttemptInput _input;
    private readonly RunControl _control;
    private readonly AttemptState _state;
    private readonly InstalledAgent? _installed;
    private readonly AttemptCheckpoint _checkpoint;
    private readonly Outages _outages;
    private SandboxSession? _sandbox;
    private VerifyReply? _verdict;

    [WorkflowInit]
    public AttemptWorkflow(AttemptInput input)
    {
        _input = input;
        _control = new RunControl(new SpendingLimit(input.BudgetUsd, input.BudgetTokens), UpdateDetails, input.Parent) { Elsewhere = input.SpentBefore };
        _state = new AttemptState(_control, UpdateDetails);
        _checkpoint = new AttemptCheckpoint(input, _control, UpdateDetails, () => _sandbox?.GiveBack());
        _outages = new Outages(_control, input.Limits) { Tell = _checkpoint.TellAsync, LetGo = LetGo, Run = input.Run ?? Workflow.Info.WorkflowId };
        if (input.Paused)
        {
            _control.Pause();
        }

        _installed = AgentNames.IsInstalled(input.Agent) ? new InstalledAgent(input, _state, _control, _outages) : null;
    }

    private protected override RunControl Control => _control;

    [WorkflowRun]
    public Task<AttemptResult> RunAsync(AttemptInput input) =>
        ParentReports.AroundAsync(input.Parent, TryAsync, CancelledAsync, () => _state.Usage);

    private Task CancelledAsync()
    {
        _control.Declare(RunStates.Cancelled, "");
        return _checkpoint.LastNewsAsync();
    }

    private async Task<AttemptResult> TryAsync()
    {
        var started = Workflow.UtcNow;
        var package = _input.Package;
        Exception? failure = null;
        try
        {
            package ??= await _outages.ReadAsync(
                (ITaskPackageActivities packages) => packages.ReadAsync(new ReadPackageRequest(_input.TaskDir!)), "read the task");
            await WorkAsync(package);
        }
        catch (FailureException stopped) when (!TemporalException.IsCanceledException(stopped))
        {
            failure = stopped;
        }
        catch (Exception stop) when (TemporalException.IsCanceledException(stop))
        {
            _state.CancelledIn = _state.Step;
            throw;
        }
        finally
        {
            // At once and outside cancellation: the removal does not wait for the command that is still running, and the
            // workflow waits for it, since a closed workflow's scheduled activities never run.
            if (_sandbox is { } sandbox)
            {
                await _state.PhaseAsync("remove", sandbox.RemoveAsync);
            }
        }

        if (package is null)
        {
            return Close(_state.Result(_input, null, _installed?.Version, _sandbox, _verdict, started, failure));
        }

        var result = _state.Result(_input, package, _installed?.Version, _sandbox, _verdict, started, failure);
        if (_input.OutDir is { } outDir)
        {
            var trial = await _outages.WriteAsync(
                (IRecordActivities records) => records.WriteTrialAsync(new WriteTrialRequest
                {
                    Input = new TrialSettings
                    {
                        OutDir = outDir,
                        Batch = _input.Batch,
                        Agent = _input.Agent,
                        AgentKwargs = _input.AgentKwargs,
                        Model = _input.Model,
                        Limits = _input.Limits,
                    },
                    Package = package,
                    Result = result,
                    StartedAt = started,
                    FinishedAt = Workflow.UtcNow,
                    Phases = _state.Phases,
                }),
                "write the trial folder");
            result = result with { TrialDir = trial.TrialDir };
        }

        return Close(result);
    }

    /// <summary>What an installed agent did cannot be done again for nothing, so its container stays; where it did nothing it can go.</summary>
    private void LetGo()
    {
        if (_installed is null || _installed.DidNothing)
        {
            _sandbox?.GiveBack();
        }
    }

    private async Task WorkAsync(TaskPackage package)
    {
        if (_input.Agent == AgentNames.Replay)
        {
            await _checkpoint.PassAsync(paid: false);
            await _state.PhaseAsync("agent", async () => _verdict = await new RecordedAgent(_input, _state, _outages).RunAsync());
            return;
        }

        var limits = _input.Limits;
        var settings = package.Settings;
        var agentSec = settings.AgentTimeoutSec * limits.TimeoutMultiplier;
        var verifierSec = settings.VerifierTimeoutSec;
        if (_installed is not null)
        {
            await _installed.DescribeAsync(package);
        }

        _sandbox = new SandboxSession(
            package,
            limits,
            _outages,
            _input.Run ?? Workflow.Info.WorkflowId,
            shell: _input.Agent == AgentNames.Terminal,
            deadlineSec: settings.BuildTimeoutSec + (_installed?.InstallSec ?? 0) + agentSec + verifierSec + (15 * 60),
            _input.Skills,
            withoutOwnSkills: _input.WithoutOwnSkills,
            agent: _installed is null ? null : (_installed.Choice, _installed.InstallSec));

        await _checkpoint.PassAsync(paid: true);
        await _state.PhaseAsync("build", _sandbox.BuildAsync);
        await _state.PhaseAsync("start", _sandbox.StartAsync);
        await _state.PhaseAsync("agent", () => ActAsync(package, agentSec));
        if (!_state.ContainerEnded)
        {
            if (_installed is null)
            {
                // Work that was paid for is verified, whatever is left of the budget. An installed agent's could not be done
                // again for nothing, so its container is not given back before the verdict either.
                await _checkpoint.PassAsync(paid: false);
            }

            await _state.PhaseAsync("verify", () => VerifyAsync(package, verifierSec));
        }
    }

    private async Task ActAsync(TaskPackage package, double agentSec)
    {
        switch (_input.Agent)
        {
            case AgentNames.Terminal:
                _state.Conversation = _sandbox!.Conversation = _input.Conversation ?? await _outages.ReadAsync(
                    (IRecordActivities records) => records.BeginAsync(new BeginAttemptRequest
                    {
                        Instruction = package.Instruction,
                        Skills = _input.Skills,
                        SkillsDir = package.Settings.SkillsDir,
                    }),
                    "write the instruction");
                await new TerminalAgent(_input, package, _state, _sandbox, _outages, () => _checkpoint.PassAsync(paid: true)).RunAsync();
                break;
            case AgentNames.Oracle when package.Solution is { } solution:
                await _sandbox!.StepAsync((container, queue) => SolveAsync(package, solution, agentSec, container, queue));
                _sandbox.Redo = (container, queue) => SolveAsync(package, solution, agentSec, container, queue);
                break;
            case AgentNames.Oracle:
                throw new ApplicationFailureException(
                    $"{package.SourcePath}: the oracle needs solution/solve.sh, which this task does not have.", FailureTypes.InvalidTask, nonRetryable: true);
            case AgentNames.Nop:
                break;
            case var _ when _installed is not null:
                var instruction = _input.Conversation ?? await _outages.ReadAsync(
                    (IRecordActivities records) => records.BeginAsync(new BeginAttemptRequest { Instruction = package.Instruction, Terminal = false }),
                    "write the instruction");
                await _installed.RunAsync(package, _sandbox!, instruction, agentSec);
                break;
            default:
                throw new ApplicationFailureException(AgentNames.Problem(_input.Agent)!, FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    private async Task<OracleReply> SolveAsync(TaskPackage package, ArtifactRef solution, double agentSec, string container, string queue)
    {
        var oracle = await Workflow.ExecuteActivityAsync(
            (ISandboxActivities sandbox) => sandbox.OracleAsync(new OracleRequest
            {
                Container = container,
                Solution = solution,
                TimeoutSec = agentSec,
                Env = package.Settings.SolutionEnv,
                User = package.Settings.AgentUser,
            }),
            ActivityProfiles.OnHost(queue, agentSec, _input.Limits.HostAwaySec, "run the task's solution"));
        _state.AgentOutput = oracle.Output;
        _state.AgentTimedOut = oracle.TimedOut;
        return oracle;
    }

    private async Task VerifyAsync(TaskPackage package, double verifierSec) =>
        _verdict = await _sandbox!.StepAsync((container, queue) => Workflow.ExecuteActivityAsync(
            (ISandboxActivities sandbox) => sandbox.VerifyAsync(new VerifyRequest
            {
                Container = container,
                Tests = package.Tests,
                Settings = package.Settings,
                TimeoutSec = verifierSec,
                StopServices = _input.Limits.StopServices,
            }),
            ActivityProfiles.OnHost(queue, verifierSec, _input.Limits.HostAwaySec, "verify")));

    private void UpdateDetails() => Workflow.CurrentDetails = AttemptDetails.Render(_input, _state, _sandbox, _control, null);

    private AttemptResult Close(AttemptResult result)
    {
        Workflow.UpsertTypedSearchAttributes(
        [
            SearchAttributes.State.ValueSet(RunStates.Done),
            SearchAttributes.Outcome.ValueSet(result.Outcome.ToString()),
            SearchAttributes.Cost(result.Usage),
            .. result.Reward is { } reward ? new[] { SearchAttributes.Reward.ValueSet(reward) } : [],
        ]);
        Workflow.CurrentDetails = AttemptDetails.Render(_input, _state, _sandbox, _control, result);
        return result;
    }
}
