using Spark.Temporal.Starter.Dashboard;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows;
using Spark.Temporal.Workflows.Domain.Evaluation;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Wire;
using Temporalio.Api.Enums.V1;
using Temporalio.Client;
using Temporalio.Exceptions;

namespace Spark.Temporal.Starter.Evaluation;

/// <param name="Detach">Start and return.</param>
/// <param name="CancelOnInterrupt">Ctrl-C cancels.</param>
/// <param name="Json">Data as JSON.</param>
internal sealed record EvaluationFollowing(bool Detach, bool CancelOnInterrupt, bool Json)
{
    /// <summary>Whether a live page may stand beside it.</summary>
    public DashboardWish Dashboard { get; init; } = new();
}

/// <summary>Starts an evaluation, or attaches to it where it runs or has run, and follows it.</summary>
internal sealed class EvaluationStarter(SparkSession session, CliOutput output)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _told = [];

    public async Task<int> RunAsync(EvaluationInput input, EvaluationFollowing following, CancellationToken cancellationToken)
    {
        if (following.Detach && session.Source == ServerSource.Embedded)
        {
            throw new CliException("--detach needs a server that goes on: start one with 'spark up', or set TEMPORAL_ADDRESS", ExitCodes.Usage);
        }

        var id = WorkflowIds.Evaluation(input.Batch);
        var run = await StartAsync(input, id);
        output.Note(session.UiOf(id) is { } page ? $"{id}\n{page}" : id);
        if (following.Detach)
        {
            if (following.Json)
            {
                output.Json(new { input.Batch, WorkflowId = id });
            }
            else
            {
                output.Line(id);
            }

            return ExitCodes.Good;
        }

        await using var dashboard = DashboardHost.TryStart(session, input.Batch, following.Dashboard, output);
        try
        {
            var result = await FollowAsync(run, cancellationToken);
            if (following.Json)
            {
                output.Json(result);
            }
            else
            {
                Print(result, output);
            }

            return ExitCode(result);
        }
        catch (WorkflowFailedException failure)
        {
            throw new CliException($"the evaluation failed: {failure.InnerException?.Message ?? failure.Message}");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (following.CancelOnInterrupt)
            {
                await run.CancelAsync();
                output.Note("Interrupted: the evaluation is cancelled; what it has is written down.");
            }
            else
            {
                output.Note(session.Source == ServerSource.Embedded
                    ? $"Interrupted. The evaluation is kept in .spark/; run the command again with --batch {input.Batch} to go on."
                    : $"Interrupted. The evaluation goes on; follow it with: spark runs watch {id}");
            }

            throw;
        }
    }

    /// <summary>Starts an evaluation and follows it to its end.</summary>
    public async Task<EvaluationResult> EvaluateAsync(EvaluationInput input, CancellationToken cancellationToken) =>
        await FollowAsync(await StartAsync(input, WorkflowIds.Evaluation(input.Batch)), cancellationToken);

    private async Task<WorkflowHandle<EvaluationWorkflow, EvaluationResult>> StartAsync(EvaluationInput input, string id)
    {
        // One that was cancelled or failed goes on from its files; a finished one only when asked to.
        var resumes = input.Resume || await ClosedBadlyAsync(id);
        var started = input with { Resume = resumes };
        try
        {
            return await session.Client.StartWorkflowAsync(
                (EvaluationWorkflow workflow) => workflow.RunAsync(started),
                new WorkflowOptions(id, SparkSession.Queue)
                {
                    StaticSummary = $"{input.Tasks.Count} tasks × {input.Arms.Count} arms × {input.Repeats}, {input.Students.Count} {(input.Students.Count == 1 ? "student" : "students")}",
                    StaticDetails = $"Arms {string.Join(", ", input.Arms.Select(arm => $"`{arm.Name}`"))}; students {string.Join(", ", input.Students.Select(student => $"`{student.Slug}`"))}; agent `{input.Agent}`, time-outs × {input.Limits.TimeoutMultiplier}; results under `{input.OutDir}`.",
                    TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", string.Join(',', input.Students.Select(student => student.Slug)), string.Join(',', input.Arms.Select(arm => arm.Name))),
                    IdConflictPolicy = WorkflowIdConflictPolicy.UseExisting,
                    IdReusePolicy = resumes ? WorkflowIdReusePolicy.AllowDuplicate : WorkflowIdReusePolicy.AllowDuplicateFailedOnly,
                });
        }
        catch (WorkflowAlreadyStartedException)
        {
            // Done before: its result is there, nothing is paid for again.
            return session.Client.GetWorkflowHandle<EvaluationWorkflow, EvaluationResult>(id);
        }
    }

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

    private async Task<EvaluationResult> FollowAsync(WorkflowHandle<EvaluationWorkflow, EvaluationResult> run, CancellationToken cancellationToken)
    {
        using var polling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var telling = TellAsync(run, polling.Token);
        try
        {
            return await run.GetResultAsync(rpcOptions: new RpcOptions { CancellationToken = cancellationToken });
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            await polling.CancelAsync();
            await telling;
        }
    }

    /// <summary>A line for every trial that ended, and one when the evaluation waits.</summary>
    private async Task TellAsync(WorkflowHandle<EvaluationWorkflow, EvaluationResult> run, CancellationToken cancellationToken)
    {
        var state = RunStates.Running;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                if (await ProgressAsync(run, cancellationToken) is { } progress)
                {
                    Tell(progress);
                    if (progress.State != state)
                    {
                        output.Note(state = progress.State);
                    }
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            if (await ProgressAsync(run, CancellationToken.None) is { } last)
            {
                Tell(last);
            }
        }
    }

    private static async Task<EvaluationProgress?> ProgressAsync(WorkflowHandle<EvaluationWorkflow, EvaluationResult> run, CancellationToken cancellationToken)
    {
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(3));
            return await run.QueryAsync(
                workflow => workflow.GetProgress(), new WorkflowQueryOptions { Rpc = new RpcOptions { CancellationToken = patience.Token } });
        }
        catch (Exception nothing) when (nothing is RpcException or WorkflowQueryFailedException or WorkflowQueryRejectedException
            || (nothing is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // No worker answers just now.
            return null;
        }
    }

    private void Tell(EvaluationProgress progress)
    {
        foreach (var trial in progress.Latest.Where(trial => _told.Add(trial.WorkflowId)))
        {
            output.Note($"[{progress.Ended}/{progress.Total}] {Describe(trial)}");
        }
    }

    private static string Describe(EvaluationTrial trial) =>
        $"{trial.Task}, {trial.Arm} {trial.Repeat}: {trial.Outcome.ToString().ToLowerInvariant()}"
        + (trial.Reward is { } reward ? $", reward {reward:0.###}" : "") + (trial.Error is { } error ? $": {error}" : "");

    /// <summary>Good when every trial ended and none by the infrastructure.</summary>
    public static int ExitCode(EvaluationResult result) =>
        result.Students.All(student => student.Complete && student.Arms.All(arm => arm.Infrastructure == 0)) ? ExitCodes.Good : ExitCodes.SomeFailed;

    /// <summary>A table a student.</summary>
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
}
