using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Domain.Tasks;
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
                        Skills = _input.Skills,
                    },
                    Package = package,
                    Result = result,
                    StartedAt = started,
                    FinishedAt = Workflow.UtcNow,
                    Phases = _state.Phases,
                }),
                "write the trial folder");
            result = result with { TrialDir = trial.TrialDir, SkillUses = trial.Skills };
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
        IReadOnlyList<TaskPackage> parts = package.Steps is { } steps ? [.. steps.Select((_, number) => package.OfStep(number))] : [package];
        if (_installed is not null)
        {
            await _installed.DescribeAsync(package);
        }

        _sandbox = new SandboxSession(
            package.Steps is null ? package : package with { Settings = parts[0].Settings with { Steps = package.Settings.Steps, Artifacts = package.Settings.Artifacts } },
            limits,
            _outages,
            _input.Run ?? Workflow.Info.WorkflowId,
            shell: _input.Agent == AgentNames.Terminal,
            deadlineSec: package.Settings.BuildTimeoutSec + (_installed?.InstallSec ?? 0) + parts.Sum(part => part.Settings.AgentTimeoutSec * limits.TimeoutMultiplier)
                + parts.Sum(part => SandboxSession.VerifySec(limits.VerifierSec(part.Settings.VerifierTimeoutSec), VerdictModes.Of(part.Settings, limits.Verdict), part.Settings)) + (15 * 60),
            _input.Skills,
            withoutOwnSkills: _input.WithoutOwnSkills,
            agent: _installed is null ? null : (_installed.Choice, _installed.InstallSec));

        await _checkpoint.PassAsync(paid: true);
        await _state.PhaseAsync("build", _sandbox.BuildAsync);
        await _state.PhaseAsync("start", _sandbox.StartAsync);
        var phases = new AttemptPhases(_input, _state, _sandbox, _outages, _installed, _checkpoint);
        if (package.Steps is not null)
        {
            await new StepsRun(package, parts, _state, _sandbox, phases, _input.Limits, verdict => _verdict = verdict).RunAsync();
            return;
        }

        await phases.ActAsync(package, null);
        if (!_state.ContainerEnded)
        {
            _verdict = await phases.VerifyAsync(package, null);
        }
    }

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
