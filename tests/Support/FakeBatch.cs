using System.Collections.Concurrent;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Workflows.Batches;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Client;

namespace Spark.Temporal.Tests.Support;

/// <summary>
/// A batch in which every way a skill run can stand or end occurs once, for pages that show it; only the model, the
/// containers and the verifier are made up.
/// </summary>
internal sealed class FakeBatch
{
    /// <summary>Fails four times, gets a soft and a strong intervention, passes.</summary>
    public const string Learns = "learns-from-failure";

    /// <summary>Its model calls cost so much that it waits.</summary>
    public const string Poor = "out-of-money";

    /// <summary>Passes, but its skill is never valid: the run fails.</summary>
    public const string Refused = "skill-is-refused";

    /// <summary>Never passes.</summary>
    public const string Hard = "too-hard";

    /// <summary>Stands in a command until <see cref="Release"/>.</summary>
    public const string Busy = "works-still";

    private readonly FakeDeployment _deployment;
    private readonly ConcurrentDictionary<string, int> _verdicts = new();
    private readonly ConcurrentDictionary<string, int> _calls = new();
    private readonly TaskCompletionSource _gate = new();

    public FakeBatch(FakeDeployment deployment, string name)
    {
        (_deployment, Name) = (deployment, name);
        deployment.World.CostPerCall = 0.1;
        deployment.World.Reply = (purpose, _, request) => Reply(purpose, request.Task, _calls.AddOrUpdate($"{purpose} {request.Task}", 1, (_, count) => count + 1));
    }

    public string Name { get; }

    /// <summary>What the memo of <see cref="Learns"/> says in its facts.</summary>
    public string Facts { get; set; } = "- the answer file is /answer\n- the number is even";

    /// <summary>What its agent runs first.</summary>
    public string Command { get; set; } = "python3 solve.py --write /answer";

    /// <summary>Id of a task's run.</summary>
    public string Id(string task) => WorkflowIds.Skill(Name, "fake", task);

    public void Release() => _gate.TrySetResult();

    /// <summary>Starts the batch and returns at once.</summary>
    public async Task<WorkflowHandle<BatchWorkflow, BatchResult>> StartAsync(params string[] tasks)
    {
        var (failed, partly, passed) = (
            await _deployment.World.VerdictAsync(0, 0, 5), await _deployment.World.VerdictAsync(0.4, 2, 5), await _deployment.World.VerdictAsync(1, 5, 5));
        _deployment.World.Verification = request =>
        {
            var task = _deployment.World.TaskOf(request.Container);
            var number = _verdicts.AddOrUpdate(task, 1, (_, count) => count + 1);
            return task switch
            {
                Hard => failed,
                Learns when number < 5 => number < 3 ? failed : partly,
                _ => passed,
            };
        };
        _deployment.World.Before = (call, _) => call.StartsWith("sandbox.run_turn", StringComparison.Ordinal)
            && ActivityTask() == Busy ? _gate.Task : Task.CompletedTask;
        BatchFiles.Tasks(_deployment.OutDir + "/tasks", tasks);
        var input = new BatchInput
        {
            Batch = Name,
            Source = new BatchSource { TasksDir = _deployment.OutDir + "/tasks" },
            OutDir = _deployment.OutDir,
            Parallelism = tasks.Length,
            Work = new SkillWork(
                new SkillGenerationInput
                {
                    TaskDir = "",
                    Batch = Name,
                    ModelSlug = "fake",
                    OutDir = _deployment.OutDir,
                    MaxAttempts = 6,
                    BudgetUsd = 3,
                    Limits = new AttemptLimits { HostAwaySec = 5 },
                }),
        };
        return await _deployment.Client.StartWorkflowAsync(
            (BatchWorkflow batch) => batch.RunAsync(input), new WorkflowOptions(WorkflowIds.Batch(Name), _deployment.Queue));
    }

    private static string ActivityTask() => Temporalio.Activities.ActivityExecutionContext.Current.Info.WorkflowId!.Split('/') is [_, _, _, var task, ..] ? task : "";

    private string Reply(string purpose, string task, int call) => purpose switch
    {
        LlmPurposes.Reflect => Memos.With(Facts, call % 2 == 0 ? "Try again with the same number." : "Read the file back first.", call),
        LlmPurposes.Distill when task == Refused => "---\nname: Wrong\n---\n",
        LlmPurposes.Distill => Memos.Skill.Replace("name: answer", $"name: {task}", StringComparison.Ordinal),
        _ when task == Poor && call < 40 => $"$ ./expensive --try {call}",
        _ => call % 3 == 1 ? $"$ {Command}" : call % 3 == 2 ? "$ cat /answer" : "I have written the answer.",
    };
}
