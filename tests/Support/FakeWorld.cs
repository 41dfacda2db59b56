using System.Collections.Concurrent;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Activities.TaskPackages;
using Spark.Temporal.Activities.TaskPackages.Construction;
using Spark.Temporal.Domain.Blueprints;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Tests.Support;

/// <summary>
/// Neighbours of the workflows that are made up: no container, no model. Every call is counted; what answers can be
/// replaced. The artifact store and the activities on it are the real ones.
/// </summary>
internal sealed partial class FakeWorld(IArtifactStore store, string hostQueue) : ISandboxActivities, ITaskPackageActivities, ILlmActivities, IConstructionActivities
{
    private readonly ConcurrentQueue<string> _calls = new();

    /// <summary>Every activity in the order of its start, as <c>name</c> or <c>name:detail</c>.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    /// <summary>The task that a container, also one that is gone, was started for.</summary>
    public string TaskOf(string container) => _tasks[container];

    public int Count(string prefix) => _calls.Count(call => call.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Containers that are open now.</summary>
    public ConcurrentDictionary<string, bool> Containers { get; } = new();

    /// <summary>Verdict of each container, by its number among all, from 1.</summary>
    public Func<int, VerifyReply?> Verdict { get; set; } = _ => null;

    /// <summary>Reply of the model by purpose and number of the call among those of the purpose, from 1.</summary>
    public Func<string, int, LlmRequest, string> Reply { get; set; } = (_, _, _) => "done";

    /// <summary>Verdict of one verification; asked before <see cref="Verdict"/>.</summary>
    public Func<VerifyRequest, VerifyReply?> Verification { get; set; } = _ => null;

    /// <summary>What a command of a proof prints.</summary>
    public Func<ExecRequest, string> Output { get; set; } = _ => "";

    /// <summary>Runs before an activity does its work; may throw or wait.</summary>
    public Func<string, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Blocking findings of the rules, by the number of the critique, from 1.</summary>
    public Func<int, IReadOnlyList<CritiqueFinding>> Findings { get; set; } = _ => [];

    /// <summary>Whether the oracle is stopped at its limit.</summary>
    public bool OracleNeverEnds { get; set; }

    /// <summary>What the oracle writes into a file.</summary>
    public string OracleWrote { get; set; } = "x";

    /// <summary>Whether tasks have a data builder.</summary>
    public bool BuildsData { get; set; }

    /// <summary>What is short on the disks that batches look at; nothing at first.</summary>
    public IReadOnlyList<string> BatchDisks { get; set; } = [];

    /// <summary>What is short on the disks of a host; nothing at first.</summary>
    public IReadOnlyList<string> HostDisks { get; set; } = [];

    public TaskSettings Settings { get; set; } = new();
    public double CostPerCall { get; set; } = 0.01;
    public TokenUsage Tokens { get; set; } = new(100, 10);

    /// <summary>The task as it was read; may be made larger.</summary>
    public Func<TaskPackage, TaskPackage> Package { get; set; } = package => package;

    /// <summary>Id of a container by its number among all, from 1.</summary>
    public Func<int, string> ContainerId { get; set; } = number => $"container-{number}";

    public string Image { get; set; } = "image";
    public string HostQueue { get; set; } = hostQueue;
    private int _containers;
    private int _critiques;
    private readonly ConcurrentDictionary<string, int> _numbers = new();
    private readonly ConcurrentDictionary<string, string> _tasks = new();
    private readonly ConcurrentDictionary<string, int> _byPurpose = new();

    public async Task<TaskPackage> ReadAsync(ReadPackageRequest request)
    {
        await EnterAsync("packages.read");
        return Package(new TaskPackage
        {
            Name = Path.GetFileName(request.TaskDir),
            SourcePath = request.TaskDir,
            Digest = new string('d', 64),
            EnvironmentDigest = new string('e', 64),
            Instruction = await store.PutTextAsync("Write 42 to /answer.", CancellationToken.None),
            Tests = await store.PutTextAsync("tests", CancellationToken.None, MediaTypes.Tar),
            Solution = await store.PutTextAsync("solution", CancellationToken.None, MediaTypes.Tar),
            Settings = Settings,
        });
    }

    public async Task<VerifierHint> HintAsync(VerifierHintRequest request)
    {
        await EnterAsync("packages.hint");
        return new VerifierHint(await store.PutTextAsync("def test_answer(): ...", CancellationToken.None), false);
    }

    public async Task<PreparedImage> PrepareAsync(PrepareRequest request)
    {
        await EnterAsync("sandbox.prepare");
        return new PreparedImage(HostQueue, Image, true, 1);
    }

    public async Task<StartedSandbox> StartAsync(StartRequest request)
    {
        await EnterAsync($"sandbox.start:{request.Ordinal}");
        var number = Interlocked.Increment(ref _containers);
        var id = ContainerId(number);
        _numbers[id] = number;
        _tasks[id] = request.Task;
        Containers[id] = true;
        return new StartedSandbox(id, "/root", "root", 1);
    }

    public async Task<TurnReply> RunTurnAsync(TurnRequest request)
    {
        await EnterAsync($"sandbox.run_turn:{request.Turn}");
        var said = await store.ReadConversationAsync(request.Conversation, CancellationToken.None);
        var call = said.Last(message => message.Role == ChatRoles.Assistant).ToolCalls[0];
        return new TurnReply(await store.AppendAsync(request.Conversation, [Answer(call, request.Turn)], CancellationToken.None), 1, 0, 5);
    }

    public async Task<TurnReply> RerunAsync(RerunRequest request)
    {
        await EnterAsync("sandbox.rerun");
        var note = new ChatMessage { Role = ChatRoles.Note, Content = request.Reason };
        return new TurnReply(await store.AppendAsync(request.Conversation, [note], CancellationToken.None), 1, 0, 5);
    }

    public async Task<BeginStepReply> BeginStepAsync(BeginStepRequest request)
    {
        await EnterAsync($"sandbox.begin_step:{request.Step}");
        return new BeginStepReply(0, "", 1);
    }

    public async Task<OracleReply> OracleAsync(OracleRequest request)
    {
        await EnterAsync("sandbox.oracle");
        return new OracleReply(OracleNeverEnds ? -1 : 0, OracleNeverEnds, await store.PutTextAsync("solved", CancellationToken.None), 5, 
            request.KeepChanges ? await store.PutBytesAsync(TarPacker.Bytes(tar => tar.File("out.txt", OracleWrote)), MediaTypes.Tar, CancellationToken.None) : null);
    }

    public async Task<VerifyReply> VerifyAsync(VerifyRequest request)
    {
        await EnterAsync($"sandbox.verify:{request.Container}");
        return Verification(request) ?? Verdict(_numbers[request.Container]) ?? await VerdictAsync(1, 2, 2);
    }

    public async Task<PutReply> PutAsync(PutRequest request)
    {
        await EnterAsync($"sandbox.put:{request.Container}");
        return new PutReply(1);
    }

    public async Task<ExecReply> ExecAsync(ExecRequest request)
    {
        await EnterAsync($"sandbox.exec:{request.Id}");
        return new ExecReply(0, false, await store.PutTextAsync(Output(request), CancellationToken.None), Output(request), 5);
    }

    public async Task<MutantSet> MutantsAsync(MutantsRequest request)
    {
        await EnterAsync("construction.mutants");
        var files = await store.PutTextAsync("tar", CancellationToken.None, MediaTypes.Tar);
        return new MutantSet(["/answer"], files, [new("emptied", files), new("truncated", files), new("value-changed", files)], "named");
    }

    public async Task<SecondBuild> SecondBuildAsync(SecondBuildRequest request)
    {
        await EnterAsync("construction.second_build");
        return BuildsData ? new SecondBuild(request.Package.Tests, new string('f', 64)) : new SecondBuild(null, Why: "no builder");
    }

    public Task<ConstructionStart> BeginAsync(BeginConstructionRequest request) => ConstructAsync("begin", real => real.BeginAsync(request));

    public Task<BlueprintReply> ReadBlueprintAsync(ReadReplyRequest request) => ConstructAsync("read_blueprint", real => real.ReadBlueprintAsync(request));

    public async Task<CritiqueStart> CritiqueAsync(CritiqueRequest request)
    {
        await EnterAsync("construction.critique");
        var findings = Findings(Interlocked.Increment(ref _critiques));
        var message = new ChatMessage { Role = ChatRoles.User, Content = "Criticise it." };
        return new CritiqueStart(
            new FindingSet(await store.PutJsonAsync(findings, CancellationToken.None), findings.Count, findings.Count, [.. findings.Select(finding => finding.ToString())]),
            await store.AppendAsync(null, [message], CancellationToken.None));
    }

    public Task<CritiqueReply> ReadCritiqueAsync(ReadReplyRequest request) => ConstructAsync("read_critique", real => real.ReadCritiqueAsync(request));

    public Task<ArtifactRef> RepairAsync(RepairRequest request) => ConstructAsync("repair", real => real.RepairAsync(request));

    public Task<RenderReply> RenderAsync(RenderRequest request) => ConstructAsync("render", real => real.RenderAsync(request));

    public Task<FamilyPlan> PlanFamilyAsync(PlanFamilyRequest request) => ConstructAsync("plan_family", real => real.PlanFamilyAsync(request));

    public Task<GivenBlueprint> TakeVariantAsync(TakeVariantRequest request) => ConstructAsync("take_variant", real => real.TakeVariantAsync(request));

    public Task<FinishReply> FinishAsync(FinishRequest request) => ConstructAsync("finish", real => real.FinishAsync(request));

    public async Task<RemoveReply> RemoveAsync(RemoveRequest request)
    {
        await EnterAsync($"sandbox.remove:{request.Container}");
        return new RemoveReply(Containers.TryRemove(request.Container, out _), 1);
    }

    public async Task<DiskReply> DiskAsync()
    {
        await EnterAsync("sandbox.disk");
        return new DiskReply(HostDisks);
    }

    /// <summary>A verdict of two tests, the given number of which passed.</summary>
    public async Task<VerifyReply> VerdictAsync(double? reward, int passed, int total)
    {
        var lines = Enumerable.Range(1, total).Select(test => test <= passed ? $"PASSED tests.py::test_{test}" : $"FAILED tests.py::test_{test} - AssertionError");
        return new VerifyReply
        {
            Reward = reward,
            Rewards = reward is { } value ? new Dictionary<string, double> { ["reward"] = value } : [],
            RewardProblem = reward is null ? "/logs/verifier/reward.txt is missing." : null,
            TestsPassed = passed,
            TestsTotal = total,
            Output = await store.PutTextAsync(string.Join('\n', lines), CancellationToken.None),
            DurationMs = 5,
        };
    }

    /// <summary>Counts a call of another made-up neighbour.</summary>
    public async Task EnterAsync(string call)
    {
        _calls.Enqueue(call);
        await Before(call, ActivityExecutionContext.Current.CancellationToken);
    }

    private static ChatMessage Answer(ToolCall call, int turn) => new()
    {
        Role = ChatRoles.Tool,
        ToolCallId = call.Id,
        Content = $"ran {call.Command}",
        Result = new CommandResult($"turn-{turn}.1", 0, 5),
    };

    private async Task<T> ConstructAsync<T>(string name, Func<IConstructionActivities, Task<T>> work)
    {
        await EnterAsync($"construction.{name}");
        return await work(new ConstructionActivities(store, new DockerPythonRunner()));
    }
}
