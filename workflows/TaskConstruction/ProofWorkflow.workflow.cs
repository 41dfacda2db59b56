using Spark.Temporal.Domain.Budgets;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <summary>
/// Proves a Harbor task, whoever made it: what its oracle does passes, twice; doing nothing does not; wrong answers do not;
/// its data and its verdicts are the same each time. Its result says what held; only cancellation makes it fail.
/// </summary>
[Workflow]
public sealed partial class ProofWorkflow
{
    private readonly ProofInput _input;
    private readonly ProofState _state = new();
    private readonly RunControl _control;
    private readonly Outages _outages;

    [WorkflowInit]
    public ProofWorkflow(ProofInput input)
    {
        _input = input;
        _control = new RunControl(SpendingLimit.None, () => _state.Show(_control!), null);
        _outages = new Outages(_control, input.Limits) { Tell = TellAsync };
    }

    [WorkflowRun]
    public Task<ProofResult> RunAsync(ProofInput input) => ClosingState.AroundAsync(WorkAsync);

    private async Task<ProofResult> WorkAsync()
    {
        TaskPackage? package = null;
        string? stopped = null;
        try
        {
            package = await ReadAsync();
            if (package is not null)
            {
                await ProveAsync(package);
            }
        }
        catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
        {
            stopped = ActivityFailures.Words(failure);
        }

        var result = _state.Close(package, _input.TaskDir, stopped);
        Workflow.UpsertTypedSearchAttributes(
            SearchAttributes.State.ValueSet(RunStates.Done), SearchAttributes.Outcome.ValueSet(result.Verdict.ToString()));
        Workflow.CurrentDetails = ProofDetails.Render(result);
        return result;
    }

    private async Task<TaskPackage?> ReadAsync()
    {
        _state.Begin(ProofChecks.Package);
        try
        {
            var package = await _outages.ReadAsync(
                (ITaskPackageActivities packages) => packages.ReadAsync(new ReadPackageRequest(_input.TaskDir)),
                "check the package");
            if (package.Solution is null)
            {
                _state.Failed("There is no solution/solve.sh, so nothing can be proven.");
                return null;
            }

            _state.Passed(package.Notes.Count == 0 ? "The package is in order." : $"The package can be run; {package.Notes.Count} notes.");
            return package;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.TypeOf(failure) == FailureTypes.InvalidTask)
        {
            _state.Failed(ActivityFailures.Words(failure));
            return null;
        }
    }

    private async Task ProveAsync(TaskPackage package)
    {
        var containers = new ProofContainers(package, _input.Limits, _outages, firstOrdinal: 1);
        try
        {
            if (await BuildAsync(containers)
                && await NothingAsync(package, containers)
                && await OracleAsync(package, containers))
            {
                await OracleAgainAsync(containers);
            }
        }
        finally
        {
            await containers.RemoveAsync();
        }
    }

    private async Task<bool> BuildAsync(ProofContainers containers)
    {
        _state.Begin(ProofChecks.Build);
        try
        {
            await containers.BuildAsync();
            _state.Passed(containers.Image!.Cached ? "The image was there already." : "The image was built.");
            return true;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.IsFinal(failure))
        {
            _state.Failed(ActivityFailures.Words(failure));
            return false;
        }
    }

    /// <summary>Doing nothing must not pass; while nothing was done the data is looked at too.</summary>
    /// <returns>Whether it makes sense to go on.</returns>
    private async Task<bool> NothingAsync(TaskPackage package, ProofContainers containers)
    {
        _state.Begin(ProofChecks.Nothing);
        var second = await _outages.ReadAsync(
            (IConstructionActivities construction) => construction.SecondBuildAsync(new SecondBuildRequest(package)),
            "has the task a data builder?");
        try
        {
            var (data, verdict) = await containers.InFreshAsync(async container =>
            (
                second.Environment is null && _input.OutputPath is null ? null : await container.HashAsync("hash the files before anything is done"),
                await container.VerifyAsync("verify when nothing was done")));
            _state.NothingReward = verdict.Reward;
            _state.Before = data is { ExitCode: 0 } ? data.Output : null;
            _state.Judge(
                verdict.Reward is not >= 1,
                verdict.Reward is { } reward ? $"Doing nothing gets {reward:0.###}." : $"Doing nothing gets no verdict, which is no pass: {verdict.RewardProblem}",
                verdict);
            await DataAsync(package, second, data);
            return true;
        }
        catch (ActivityFailureException failure) when (ActivityFailures.IsFinal(failure))
        {
            _state.Failed(ActivityFailures.Words(failure));
            return false;
        }
    }

    private async Task DataAsync(TaskPackage package, SecondBuild second, ExecReply? first)
    {
        _state.Begin(ProofChecks.Data);
        if (second.Environment is null || first is null)
        {
            _state.Skipped(second.Why);
            return;
        }

        if (first.ExitCode != 0)
        {
            _state.Skipped($"The files cannot be hashed inside the image: {first.Tail}");
            return;
        }

        var again = new ProofContainers(
            package with { Environment = second.Environment, EnvironmentDigest = second.EnvironmentDigest }, _input.Limits, _outages, ProofState.SecondBuildOrdinal);
        try
        {
            await again.BuildAsync();
            var data = await again.InFreshAsync(container => container.HashAsync("hash the data of the second build"));
            _state.DataDigest = first.Output.Sha256;
            _state.Judge(
                data.Output.Sha256 == first.Output.Sha256,
                data.Output.Sha256 == first.Output.Sha256 ? "Two builds of the data are the same bytes." : "Two builds of the data differ: the data builder is not deterministic.",
                output: data.Output);
        }
        catch (ActivityFailureException failure) when (ActivityFailures.IsFinal(failure))
        {
            _state.Failed($"The second build of the data failed: {ActivityFailures.Words(failure)}");
        }
        finally
        {
            await again.RemoveAsync();
        }
    }

    /// <summary>The oracle, the same verdict again, and wrong answers in its place: all in one container.</summary>
    private Task<bool> OracleAsync(TaskPackage package, ProofContainers containers) => containers.InFreshAsync(async container =>
    {
        _state.Rewind(ProofChecks.Oracle);
        _state.Begin(ProofChecks.Oracle);
        var oracle = await container.OracleAsync("run the oracle");
        var verdict = await container.VerifyAsync("verify the oracle");
        _state.OracleRewards.Add(verdict.Reward);
        if (!_state.Oracle(oracle, verdict, containers.OracleSec))
        {
            return false;
        }

        _state.Begin(ProofChecks.Again);
        var again = await container.VerifyAsync("verify the same output again");
        _state.Judge(
            again.Reward == verdict.Reward && again.TestsPassed == verdict.TestsPassed && again.TestsTotal == verdict.TestsTotal,
            $"The same output got {Words(verdict)}, then {Words(again)}.",
            again);
        _state.Begin(ProofChecks.Hidden);
        var set = await _outages.ReadAsync(
            (IConstructionActivities construction) => construction.MutantsAsync(
                new MutantsRequest { Package = package, Changes = oracle.Changes!, OutputPath = _input.OutputPath, Before = _state.Before }),
            "look for the answer, make wrong ones");
        _state.AnswerDigest = set.AnswerDigest;
        Hidden(set);
        await MutantsAsync(set, container);
        return true;
    });

    /// <summary>Where the answer's file is only guessed, a readable copy proves nothing: the task may be about that file.</summary>
    private void Hidden(MutantSet set)
    {
        var words = set.SeenIn.Count == 0 ? "The agent can read the answer nowhere." : $"The answer can be read in {string.Join(", ", set.SeenIn)}.";
        _state.Judge(set.SeenIn.Count == 0, words, skip: set.Right is null || (set.SeenIn.Count > 0 && _input.OutputPath is null));
    }

    private async Task MutantsAsync(MutantSet set, ProofContainer container)
    {
        _state.Begin(ProofChecks.Mutants);
        if (set.Right is null || set.Wrong.Count == 0)
        {
            _state.Judge(_input.OutputPath is null, set.Chosen, skip: _input.OutputPath is null);
            return;
        }

        var passed = new List<string>();
        var last = default(VerifyReply);
        foreach (var mutant in set.Wrong)
        {
            // The other files as they were: each mutant is wrong in one way only.
            await container.PutAsync(set.Right, "the right answer again");
            await container.PutAsync(mutant.Files, $"wrong answer: {mutant.Name}");
            var verdict = await container.VerifyAsync($"verify the wrong answer: {mutant.Name}");
            _state.Mutants++;
            if (verdict.Reward is >= 1)
            {
                passed.Add(mutant.Name);
                last = verdict;
            }
            else
            {
                _state.MutantsRefused++;
            }
        }

        await container.PutAsync(set.Right, "the right answer again");
        var control = await container.VerifyAsync("verify the right answer again");
        _state.Mutated(set, passed, control, last, strict: _input.OutputPath is not null);
    }

    private async Task OracleAgainAsync(ProofContainers containers)
    {
        await containers.InFreshAsync(async container =>
        {
            _state.Rewind(ProofChecks.OracleAgain);
            _state.Begin(ProofChecks.OracleAgain);
            var oracle = await container.OracleAsync("run the oracle in another container");
            var verdict = await container.VerifyAsync("verify the oracle again");
            _state.OracleRewards.Add(verdict.Reward);
            return _state.Oracle(oracle, verdict, containers.OracleSec);
        });
    }

    private static string Words(VerifyReply verdict) =>
        $"{verdict.Reward?.ToString("0.###") ?? "no reward"} ({verdict.TestsPassed}/{verdict.TestsTotal} tests)";
}
