using System.Security.Cryptography;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Activities.Artifacts.Results;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Domain.Results;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Tasks;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;
using Temporalio.Exceptions;

namespace Spark.Temporal.Activities.Artifacts.Replay;

/// <summary>Answers for model and sandbox out of a recorded run.</summary>
internal sealed class ReplayActivities(IArtifactStore store) : IReplayActivities
{
    private const string FileName = TrajectoryFile.FileName;

    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public async Task<ReplayedRun> OpenAsync(ReplayOpenRequest request)
    {
        var path = Path.Combine(request.Folder, FileName);
        if (!File.Exists(path))
        {
            throw new ApplicationFailureException(
                $"{path} is not there; --agent-kwarg trajectory= names a {FileName} or a folder with some, as the worker sees it.", FailureTypes.InvalidInput, nonRetryable: true);
        }

        var reader = new RecordedRunReader(path);
        List<ArtifactRef> attempts = [];
        var scored = 0;
        await ResultRefusal.EndAtAsync(() => reader.ReadAsync(
            async attempt =>
            {
                attempts.Add(await store.PutJsonAsync(attempt, Cancelled));
                scored += attempt.IsInfrastructure ? 0 : 1;
            },
            Cancelled));
        if (scored == 0)
        {
            throw new ApplicationFailureException($"{path} has no execution_result event, so there is no attempt to replay.", FailureTypes.InvalidInput, nonRetryable: true);
        }

        await using var file = File.OpenRead(path);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, Cancelled));
        var name = PlainText.Slug(reader.Task);
        return new ReplayedRun
        {
            Package = new TaskPackage
            {
                Name = name,
                SourcePath = request.Folder,
                Digest = digest,
                EnvironmentDigest = digest,
                Instruction = await store.PutTextAsync($"A recorded run of {name}; its instruction is not part of the recording.\n", Cancelled),
                Tests = await EmptyTarAsync(),
                Settings = new TaskSettings(),
                Notes = reader.Damaged > 0 ? [$"{reader.Damaged} damaged lines of {FileName} were skipped"] : [],
            },
            Attempts = attempts,
            Scored = scored,
            Skill = reader.Skill is { } skill ? await ConversationAsync(skill) : null,
        };
    }

    public async Task<ReplayedAttempt> AttemptAsync(ReplayAttemptRequest request)
    {
        var attempt = await store.ReadJsonAsync<RecordedAttempt>(request.Attempt, Cancelled);
        var conversation = request.Instruction;
        if (attempt.Commands.Length > 0)
        {
            var call = new ToolCall("recorded", "shell", "{}", attempt.Commands);
            conversation = await store.AppendAsync(
                conversation,
                [
                    new ChatMessage { Role = ChatRoles.Assistant, ToolCalls = [call] },
                    new ChatMessage { Role = ChatRoles.Tool, ToolCallId = call.Id, Content = PlainText.TailAtLineStart(attempt.Output, 16_000) },
                ],
                Cancelled);
        }

        // An attempt without tests and without a reward above 0 was never verified.
        var verified = attempt.TestsTotal > 0 || attempt.Reward > 0;
        return new ReplayedAttempt(
            conversation,
            await store.PutTextAsync(attempt.Output, Cancelled),
            attempt.IsInfrastructure ? null : new VerifyReply
            {
                Reward = verified ? attempt.Reward : null,
                Rewards = verified && attempt.Reward is { } reward ? new Dictionary<string, double> { ["reward"] = reward } : new Dictionary<string, double>(),
                RewardProblem = verified ? null : $"recorded as {attempt.Status} without a test: {PlainText.OneLine(attempt.Error, 600)}",
                TestsPassed = attempt.TestsPassed,
                TestsTotal = attempt.TestsTotal,
                Output = await store.PutTextAsync(attempt.TestOutput, Cancelled),
            },
            attempt.IsInfrastructure ? PlainText.OneLine(attempt.Error.Length > 0 ? attempt.Error : attempt.Status, 600) : null);
    }

    public async Task<JudgeReply> JudgeAsync(ReplayJudgeRequest request)
    {
        var attempt = await store.ReadJsonAsync<RecordedAttempt>(request.Attempt, Cancelled);
        var judgment = new Judgment
        {
            Outcome = request.Result.Outcome,
            Reward = request.Result.Reward,
            TestsPassed = attempt.TestsPassed,
            TestsTotal = attempt.TestsTotal,
            Commands = attempt.Commands,
            TestSummary = attempt.TestSummary,
            Problem = request.Result.Error,
        };
        return new JudgeReply(judgment, await store.PutJsonAsync(judgment, Cancelled));
    }

    public async Task<ReplayedReflection> ReflectAsync(ReplayReflectRequest request)
    {
        var attempt = await store.ReadJsonAsync<RecordedAttempt>(request.Attempt, Cancelled);
        return attempt.Reflection is not { } call ? new ReplayedReflection { Attempt = attempt.Attempt } : new ReplayedReflection
        {
            Attempt = attempt.Attempt,
            Conversation = await ConversationAsync(call),
            MemoBefore = Memo(call.MemoBefore),
            MemoAfter = Memo(call.MemoAfter),
            Measured = attempt.Measured,
            Step = attempt.Step,
            PreviousFailedTests = attempt.PreviousFailedTests,
            Usage = UsageOf(call),
            DurationMs = (long)(call.LatencySec * 1000),
        };
    }

    public async Task<ReplayedSkill> DistillAsync(ReplayDistillRequest request)
    {
        var reply = (await store.ReadConversationAsync(request.Skill, Cancelled))[^1];
        var text = SkillDocument.FromReply(reply.Content);
        return new ReplayedSkill(
            await store.PutTextAsync(text, Cancelled, MediaTypes.Markdown),
            [.. SkillRules.Check(text, request.Name).Take(20).Select(problem => problem.ToString())],
            reply.Usage ?? TokenUsage.None);
    }

    public async Task<DistillPrompt> EvidenceAsync(ReplayDistillRequest request)
    {
        var asked = (await store.ReadConversationAsync(request.Skill, Cancelled)).First(message => message.Role == ChatRoles.User).Content ?? "";
        var evidence = DistillPrompts.EvidenceIn(asked);
        return new DistillPrompt(
            await store.AppendAsync(null, DistillPrompts.Messages(request.Name, evidence), Cancelled),
            await store.PutTextAsync(evidence, Cancelled, MediaTypes.Markdown));
    }

    private static string Memo(string recorded) => recorded.Length <= MemoRules.MaxCharacters ? recorded : recorded[..MemoRules.MaxCharacters];

    private static TokenUsage UsageOf(RecordedCall call) => new(call.InputTokens, call.OutputTokens);

    private Task<ArtifactRef> ConversationAsync(RecordedCall call) => store.AppendAsync(
        null,
        [
            new ChatMessage { Role = ChatRoles.System, Content = call.System },
            new ChatMessage { Role = ChatRoles.User, Content = call.User },
            new ChatMessage { Role = ChatRoles.Assistant, Content = call.Response, Model = call.Model, Usage = UsageOf(call) },
        ],
        Cancelled);

    /// <summary>An empty archive: a recording does not hold the task's tests.</summary>
    private Task<ArtifactRef> EmptyTarAsync() => store.PutBytesAsync(TarPacker.Bytes(_ => { }), MediaTypes.Tar, Cancelled);
}
