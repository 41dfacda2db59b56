using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.Preflight;

/// <summary>
/// Tries what a run will need before it starts: one short request to each model, and a file in each folder. Commands cannot do that
/// themselves, because keys, endpoints and folders are those of the workers.
/// </summary>
[Workflow]
public sealed class PreflightWorkflow
{
    [WorkflowRun]
    public async Task<PreflightReport> RunAsync(PreflightRequest request)
    {
        var models = request.Models.Select(model => ProbeAsync(model, request.WorkerPatienceSec)).ToList();

        // A description needs no folder, and neither does a test.
        var folders = request is { Descriptions: null, Tests: null } ? FoldersAsync(request.Folders) : Task.FromResult<IReadOnlyList<string>>([]);
        var descriptions = request.Descriptions?.Select(described => DescribeAsync(described, request.WorkerPatienceSec)).ToList();
        var tests = request.Tests?.Select(model => TestAsync(model, request.WorkerPatienceSec)).ToList();
        return new PreflightReport(await Workflow.WhenAllAsync(models), await folders)
        {
            Descriptions = descriptions is null ? null : await Workflow.WhenAllAsync(descriptions),
            Tests = tests is null ? null : await Workflow.WhenAllAsync(tests),
        };
    }

    private static async Task<DescriptionFinding> DescribeAsync(ModelDescriptionRequest request, double patienceSec)
    {
        try
        {
            return new DescriptionFinding(request.Model, await Workflow.ExecuteActivityAsync(
                (ILlmActivities llm) => llm.DescribeAsync(request), ActivityProfiles.Describe(request.Model, patienceSec)));
        }
        catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
        {
            return ActivityFailures.IsHostAway(failure)
                ? new DescriptionFinding(request.Model, null, ModelFinding.NoWorker, $"no worker took the question within {patienceSec:0} s")
                : new DescriptionFinding(request.Model, null, ActivityFailures.TypeOf(failure) ?? FailureTypes.ModelUnavailable, ActivityFailures.Words(failure));
        }
    }

    private static async Task<TestFinding> TestAsync(ModelChoice model, double patienceSec)
    {
        try
        {
            return new TestFinding(model, await Workflow.ExecuteActivityAsync((ILlmActivities llm) => llm.TestAsync(model), ActivityProfiles.Test(model, patienceSec)));
        }
        catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
        {
            return ActivityFailures.IsHostAway(failure)
                ? new TestFinding(model, null, ModelFinding.NoWorker, $"no worker took the test within {patienceSec:0} s")
                : new TestFinding(model, null, ActivityFailures.TypeOf(failure) ?? FailureTypes.ModelUnavailable, ActivityFailures.Words(failure));
        }
    }

    private static async Task<ModelFinding> ProbeAsync(ModelChoice model, double patienceSec)
    {
        try
        {
            return new ModelFinding(model, await Workflow.ExecuteActivityAsync(
                (ILlmActivities llm) => llm.ProbeAsync(model), ActivityProfiles.Probe(model, patienceSec)));
        }
        catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
        {
            return ActivityFailures.IsHostAway(failure)
                ? new ModelFinding(model, null, ModelFinding.NoWorker, $"no worker took the probe within {patienceSec:0} s")
                : new ModelFinding(model, null, ActivityFailures.TypeOf(failure) ?? FailureTypes.ModelUnavailable, ActivityFailures.Words(failure));
        }
    }

    private static async Task<IReadOnlyList<string>> FoldersAsync(IReadOnlyList<string> folders)
    {
        try
        {
            return (await Workflow.ExecuteActivityAsync(
                (IRecordActivities records) => records.ProbeAsync(new FolderProbeRequest(folders)), ActivityProfiles.ProbeFolders())).Problems;
        }
        catch (ActivityFailureException failure) when (!TemporalException.IsCanceledException(failure))
        {
            return [$"whether results can be written could not be found out: {ActivityFailures.Words(failure)}"];
        }
    }
}
