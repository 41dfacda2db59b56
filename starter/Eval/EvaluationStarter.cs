using System.Globalization;
using Spark.Temporal.Starter.Batches;
using Spark.Temporal.Starter.Cli;
using Spark.Temporal.Starter.Preflight;
using Spark.Temporal.Starter.RunOptions;
using Spark.Temporal.Starter.RunState;
using Spark.Temporal.Starter.Servers;
using Spark.Temporal.Workflows.Evaluation;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

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
        () => StartAsync(input, tasks, following, cancellationToken),
        run => FollowAsync(run, cancellationToken),
        result =>
        {
            result = result with { LeftOut = SummaryFiles.LeftOut(result) };
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
        await FollowAsync(await StartAsync(input, tasks, null, cancellationToken), cancellationToken);

    /// <summary>Good when every trial ended with a verdict or was skipped, and no task was left out.</summary>
    public static int ExitCode(EvaluationResult result) =>
        result.LeftOut is null && result.Students.All(student => student.Complete && student.Arms.All(arm => arm is { Infrastructure: 0, NoVerdict: 0 })) ? ExitCodes.Good : ExitCodes.SomeFailed;

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

        TaskFolders.Print(result.LeftOut, output);
    }

    private Task<WorkflowHandle<EvaluationWorkflow, EvaluationResult>> StartAsync(
        EvaluationInput input, int tasks, BatchFollowing? following, CancellationToken cancellationToken)
    {
        var id = WorkflowIds.Evaluation(input.Batch);
        return new NamedRuns(session, output).StartAsync(
            new NamedStart<EvaluationInput, WorkflowHandle<EvaluationWorkflow, EvaluationResult>>
            {
                What = "evaluation",
                Name = input.Batch,
                Id = id,
                Input = input,
                Again = input.Resume,

                // Scores are kept by student, arm, task and repeat, so more of each may be added; agent, limits and skills may not change.
                MayGrow = input.Resume ? ["--repeats", "--model", "arms (--phases, --arm)", "--tasks", "--exclude-tasks", "--limit"] : [],
                TriesAgain = true,
                Before = () => new PreflightCheck(session, output).RunAsync(input.Batch, following?.Preflight, cancellationToken),
                Attach = run => session.Client.GetWorkflowHandle<EvaluationWorkflow, EvaluationResult>(run),
                Attached = there => NoteUnused(there, input, id, following),
                Start = (again, options) =>
                {
                    // A cancelled or failed evaluation goes on from its files; a finished one only with --resume.
                    var started = input with { Resume = input.Resume || again };
                    options.StaticSummary = $"{tasks} tasks × {input.Arms.Count} arms × {input.Repeats}, {input.Students.Count} {(input.Students.Count == 1 ? "student" : "students")}";
                    options.StaticDetails = $"Arms {Names(input.Arms.Select(arm => arm.Name))}; students {Names(input.Students.Select(student => student.Slug))}; agent `{input.Agent}`, agent's time × {input.Limits.TimeoutMultiplier}; results under `{input.OutDir}`.";
                    options.TypedSearchAttributes = SearchAttributes.Started(input.Batch, "*", string.Join(',', input.Students.Select(student => student.Slug)), string.Join(',', input.Arms.Select(arm => arm.Name)));
                    return session.Client.StartWorkflowAsync((EvaluationWorkflow workflow) => workflow.RunAsync(started), options);
                },
            },
            cancellationToken);
    }

    /// <summary>Options that an open evaluation does not take from a command that attaches to it.</summary>
    private void NoteUnused(EvaluationInput there, EvaluationInput here, string id, BatchFollowing? following)
    {
        if (following?.Given.Contains("--parallelism") == true && there.Parallelism != here.Parallelism)
        {
            output.Note($"--parallelism does not change an evaluation that runs; change it with: spark runs parallelism {id} {here.Parallelism}");
        }

        if (following?.Given.Contains("--budget-usd") == true && there.Budget != here.Budget)
        {
            output.Note($"--budget-usd does not change an evaluation that runs; change it with: spark runs budget {id} --usd {here.Budget.Usd?.ToString(CultureInfo.InvariantCulture)}");
        }
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"`{name}`"));

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
