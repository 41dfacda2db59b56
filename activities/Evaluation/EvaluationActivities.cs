using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Activities.Batches;
using Spark.Temporal.Domain.Evaluation;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Evaluation;

/// <summary>Lists the trials of an evaluation with their skills, and writes the results.</summary>
internal sealed class EvaluationActivities(IArtifactStore store) : IEvaluationActivities
{
    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public async Task<EvaluationPlanned> PlanAsync(PlanEvaluationRequest request)
    {
        try
        {
            return await new EvaluationPlanner(store, ActivityExecutionContext.Current.TemporalClient).PlanAsync(request, Cancelled);
        }
        catch (FormatException mistake)
        {
            throw new ApplicationFailureException(mistake.Message, mistake, FailureTypes.InvalidInput, nonRetryable: true);
        }
    }

    public async Task<EvaluationRecord> WriteAsync(WriteEvaluationRequest request)
    {
        var input = request.Input;
        var planned = await store.ReadJsonAsync<EvaluationPlanDetails>(request.Planned, Cancelled);
        var ended = (await new BatchResults(store).ReadAsync(request.Results, Cancelled)).Where(result => !request.Cancelled || result.State != ItemState.Cancelled);
        var head = new EvaluationHead
        {
            Run = input.Batch,
            Agent = input.Agent,
            Models = [.. input.Students.Select(student => student.Slug)],
            Arms = input.Arms,
            Tasks = planned.Skills.Count,
            Repeats = input.Repeats,
            Seed = input.Seed,
            TimeoutMultiplier = input.Limits.TimeoutMultiplier,
            VerifierTimeoutMultiplier = input.Limits.VerifierTimeoutMultiplier,
            StartedAt = request.StartedAt,
            LeftOut = planned.LeftOut,
        };
        var summaries = SummaryMaker.Of(head, [.. planned.Rows, .. ended.Select(result => TrialRows.Of(input, result, Skills(result)))], request.Now);
        var record = await ResultRefusal.EndAtAsync(() => new EvaluationWriter(store).WriteAsync(EvaluationWriter.Root(input.OutDir, input.ResultsRoot), summaries, Cancelled));
        return record with { LeftOut = LeftOutTasks.Shortened(planned.LeftOut ?? []) };

        ArmSkills? Skills(ItemResult result)
        {
            var (model, arm) = EvaluationWindow.Of(input, result.Item.Template!);
            return planned.Skills.GetValueOrDefault(result.Item.Name)?.Of(model, arm);
        }
    }
}
