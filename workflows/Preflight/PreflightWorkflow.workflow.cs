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
        var folders = FoldersAsync(request.Folders);
        return new PreflightReport(await Workflow.WhenAllAsync(models), await folders);
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
