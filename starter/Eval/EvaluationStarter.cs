using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Eval;

/// <summary>Starts an evaluation, or attaches to it where it runs or has run, and follows it.</summary>
internal sealed class EvaluationStarter(SparkSession session, CliOutput output)
{
    /// <param name="input">The evaluation.</param>
    /// <param name="tasks">How many tasks it has.</param>
    /// <param name="following">How to go on with it.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public Task<int> RunAsync(EvaluationInput input, int tasks, BatchFollowing following, CancellationToken cancellationToken) => RunFollower.RunAsync(
        session,
        new FollowedRun("evaluation", input.Batch, WorkflowIds.Evaluation(input.Batch), input.OutDir),
        () => StartAsync(input, tasks),
        run => FollowAsync(run, cancellationToken),
        result =>
        {
            if (following.Json)
            {
                output.Json(result);
            }
            else
            {
                Print(result, output);
            }

            return ExitCode(result);
        },
        following,
        output,
        cancellationToken);

    /// <summary>Starts an evaluation and follows it to its end.</summary>
    public async Task<EvaluationResult> EvaluateAsync(EvaluationInput input, int tasks, CancellationToken cancellationToken) =>
        await FollowAsync(await StartAsync(input, tasks), cancellationToken);

    /// <summary>Good when every trial ended and infrastructure ended none of them.</summary>
    public static int ExitCode(EvaluationResult result) =>
        result.Students.All(student => student.Complete && student.Arms.All(arm => arm.Infrastructure == 0)) ? ExitCodes.Good : ExitCodes.SomeFailed;

    /// <summary>One table per student.</summary>
    public static void Print(EvaluationResult result, CliOutput output)
    {
        foreach (var student in result.Students)
        {
            SummaryPrinter.Print(student, output);
        }

        if (result.TransferReport is { } transfer)
        {
            output.Line(transfer);
        }
    }

    private async Task<WorkflowHandle<EvaluationWorkflow, EvaluationResult>> StartAsync(EvaluationInput input, int tasks)
    {
        // A cancelled or failed evaluation goes on from its files; a finished one only with --resume.
        var id = WorkflowIds.Evaluation(input.Batch);
        var resumes = input.Resume || await ClosedBadlyAsync(id);
        var started = input with { Resume = resumes };
        try
        {
            return await session.Client.StartWorkflowAsync(
                (EvaluationWorkflow workflow) => workflow.RunAsync(started),
                new WorkflowOptions(id, SparkSession.Queue)
                {
                    StaticSummary = $"{tasks} tasks × {input.Arms.Count} arms × {input.Repeats}, {input.Students.Count} {(input.Students.Count == 1 ? "student" : "students")}",
                    StaticDetails = $"Arms {Names(input.Arms.Select(arm => arm.Name))}; students {Names(input.Students.Select(student => student.Slug))}; agent `{input.Agent}`, time-outs × {input.Limits.TimeoutMultiplier}; results under `{input.OutDir}`.",
                    TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", string.Join(',', input.Students.Select(student => student.Slug)), string.Join(',', input.Arms.Select(arm => arm.Name))),
                    IdConflictPolicy = WorkflowIdConflictPolicy.UseExisting,
                    IdReusePolicy = resumes ? WorkflowIdReusePolicy.AllowDuplicate : WorkflowIdReusePolicy.AllowDuplicateFailedOnly,
                });
        }
        catch (WorkflowAlreadyStartedException)
        {
            // It ran before: its result exists, so nothing is paid for again.
            return session.Client.GetWorkflowHandle<EvaluationWorkflow, EvaluationResult>(id);
        }
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"`{name}`"));

    private async Task<bool> ClosedBadlyAsync(string id)
    {
        try
        {
            return (await session.Client.GetWorkflowHandle(id).DescribeAsync()).Status
                is WorkflowExecutionStatus.Canceled or WorkflowExecutionStatus.Failed or WorkflowExecutionStatus.Terminated or WorkflowExecutionStatus.TimedOut;
        }
        catch (RpcException missing) when (missing.Code == RpcException.StatusCode.NotFound)
        {
            return false;
        }
    }

    private Task<EvaluationResult> FollowAsync(WorkflowHandle<EvaluationWorkflow, EvaluationResult> run, CancellationToken cancellationToken)
    {
        // Addressed by id alone, because the evaluation continues as a new run.
        var newest = session.Client.GetWorkflowHandle<EvaluationWorkflow>(run.Id);
        return BatchView.FollowAsync(
            session,
            run,
            BatchKind.Trials,
            async options =>
            {
                var progress = await newest.QueryAsync(workflow => workflow.GetProgress(), options);
                return new WindowProgress(progress.Window) { Tallies = progress.Tallies, Notes = progress.Skipped };
            },
            output,
            cancellationToken);
    }
}
