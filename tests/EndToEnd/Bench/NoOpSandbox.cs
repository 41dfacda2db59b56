using System.Globalization;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Tests.EndToEnd.Bench;

/// <summary>
/// Containers and a task that are not there. Commands do nothing; the attempt of a run that passes stands in the task's name,
/// without that it is the second; trials of an evaluation get a reward by their id.
/// </summary>
internal sealed class NoOpSandbox(IArtifactStore store) : ISandboxActivities, ITaskPackageActivities
{
    /// <summary>Name of the host that is not there.</summary>
    public const string Host = "no-op";

    /// <summary>Ends of a task's name: passes at once, at the second attempt, never.</summary>
    public const string Once = "once";
    public const string Twice = "twice";
    public const string Never = "never";

    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public async Task<TaskPackage> ReadAsync(ReadPackageRequest request) => new()
    {
        Name = Path.GetFileName(request.TaskDir),
        SourcePath = request.TaskDir,
        Digest = new string('d', 64),
        EnvironmentDigest = new string('e', 64),
        Instruction = await store.PutTextAsync("Write 42 to /answer.", Cancelled),
        Tests = await EmptyAsync(),
        Solution = await EmptyAsync(),
        Settings = new TaskSettings(),
    };

    public async Task<VerifierHint> HintAsync(VerifierHintRequest request) =>
        new(await store.PutTextAsync("def test_answer(): ...", Cancelled), false);

    public Task<PreparedImage> PrepareAsync(PrepareRequest request) =>
        Task.FromResult(new PreparedImage(TaskQueues.SandboxHost(Host), "no-op", true, 0));

    public Task<StartedSandbox> StartAsync(StartRequest request) =>
        Task.FromResult(new StartedSandbox($"no-op-{Guid.NewGuid():n}", "/", "root", 0));

    public async Task<TurnReply> RunTurnAsync(TurnRequest request)
    {
        var call = (await store.ReadConversationAsync(request.Conversation, Cancelled))[^1].ToolCalls[0];
        var answer = new ChatMessage
        {
            Role = ChatRoles.Tool,
            ToolCallId = call.Id,
            Content = "[nothing was run]",
            Result = new CommandResult($"turn-{request.Turn}.1", 0, 0),
        };
        return new TurnReply(await store.AppendAsync(request.Conversation, [answer], Cancelled), 1, 0, 0);
    }

    public Task<TurnReply> RerunAsync(RerunRequest request) => Task.FromResult(new TurnReply(request.Conversation, 0, 0, 0));

    public Task<BeginStepReply> BeginStepAsync(BeginStepRequest request) => throw new NotSupportedException("no task of a benchmark has steps");

    public async Task<OracleReply> OracleAsync(OracleRequest request) => new(0, false, await store.PutTextAsync("", Cancelled), 0);

    /// <summary>Reward of a trial of an evaluation: made up, but always the same for its id.</summary>
    public static double RewardOf(string trial) => trial.Sum(letter => letter) % 4 / 3.0;

    /// <summary>Attempt at which a run passes; null where none does.</summary>
    public static int? AttemptsOf(string run) => run.Split('-')[^1] switch { Once => 1, Never => null, _ => 2 };

    public async Task<VerifyReply> VerifyAsync(VerifyRequest request)
    {
        var id = ActivityExecutionContext.Current.Info.WorkflowId!;
        var reward = id.StartsWith("eval/", StringComparison.Ordinal) ? RewardOf(id) : AttemptReward(id);
        var passed = reward >= 1;
        return new VerifyReply
        {
            Reward = reward,
            TestsPassed = passed ? 1 : 0,
            TestsTotal = 1,
            Output = await store.PutTextAsync($"{(passed ? "PASSED" : "FAILED")} tests/test_outputs.py::test_answer", Cancelled),
        };
    }

    public Task<PutReply> PutAsync(PutRequest request) => Task.FromResult(new PutReply(0));

    public async Task<ExecReply> ExecAsync(ExecRequest request) => new(0, false, await store.PutTextAsync("", Cancelled), "", 0);

    public Task<RemoveReply> RemoveAsync(RemoveRequest request) => Task.FromResult(new RemoveReply(true, 0));

    public Task<DiskReply> DiskAsync() => Task.FromResult(new DiskReply([]));

    private static double AttemptReward(string attempt)
    {
        var run = attempt[..attempt.LastIndexOf('/')];
        return AttemptsOf(run) is { } passing && int.Parse(attempt[(run.Length + "/attempt-".Length)..], CultureInfo.InvariantCulture) >= passing ? 1 : 0;
    }

    private Task<ArtifactRef> EmptyAsync() => store.PutBytesAsync(new byte[1024], MediaTypes.Tar, Cancelled);
}
