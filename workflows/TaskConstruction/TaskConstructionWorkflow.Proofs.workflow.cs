using Spark.Temporal.Workflows.Messages;
using Temporalio.Exceptions;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.TaskConstruction;

/// <content>The proofs of a construction's versions, a workflow each.</content>
public sealed partial class TaskConstructionWorkflow
{
    private async Task<ProofResult> ProveAsync(BlueprintVersion version, string taskDir)
    {
        while (true)
        {
            await _state.Control.CheckpointAsync();
            _state.Show("proof");
            var number = ++_proofs;
            var input = new ProofInput { TaskDir = taskDir, OutputPath = version.OutputPath, Limits = _input.Limits };
            _proof = await Workflow.StartChildWorkflowAsync(
                (ProofWorkflow workflow) => workflow.RunAsync(input),
                new ChildWorkflowOptions
                {
                    Id = $"{Workflow.Info.WorkflowId}/proof-{number}",
                    ParentClosePolicy = ParentClosePolicy.RequestCancel,
                    StaticSummary = $"proof of {_state.TaskId}, version {version.Number}",
                    StaticDetails = RunDescriptions.Of(input),
                    TypedSearchAttributes = SearchAttributes.Started(_input.Batch, _input.Name, _input.ModelSlug, attempt: version.Number),
                });
            var proof = await ProofAsync(_proof);
            if (proof.Verdict != ProofVerdict.NoVerdict)
            {
                return proof;
            }

            await _state.Control.WaitForPersonAsync("infrastructure", proof.Error ?? "unknown");
        }
    }

    /// <summary>The proof to its end. One that was ended from outside proves nothing.</summary>
    private async Task<ProofResult> ProofAsync(ChildWorkflowHandle<ProofWorkflow, ProofResult> proof)
    {
        try
        {
            return await proof.GetResultAsync();
        }
        catch (ChildWorkflowFailureException failure) when (!Workflow.CancellationToken.IsCancellationRequested)
        {
            return new ProofResult
            {
                Task = _state.TaskId ?? _input.Name,
                Verdict = ProofVerdict.NoVerdict,
                Checks = [],
                Error = $"The proof was ended from outside: {failure.InnerException?.Message ?? failure.Message}",
            };
        }
        finally
        {
            _proof = null;
        }
    }
}
