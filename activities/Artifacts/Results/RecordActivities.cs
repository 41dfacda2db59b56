using System.Globalization;
using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Evidence;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Prices;
using Spark.Temporal.Domain.Prompts;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Temporalio.Activities;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Applies the pure rules of the domain to artifacts, and writes results.</summary>
internal sealed class RecordActivities(IArtifactStore store) : IRecordActivities
{
    /// <summary>Characters of an agent's last output that a reflection sees.</summary>
    private const int OutputTailCharacters = 4_000;

    private static CancellationToken Cancelled => ActivityExecutionContext.Current.CancellationToken;

    public async Task<ArtifactRef> BeginAsync(BeginAttemptRequest request)
    {
        var instruction = AttemptInstruction.Compose(new AttemptBriefing
        {
            Task = await store.ReadTextAsync(request.Instruction, Cancelled),
            Attempt = request.Attempt,
            MaxAttempts = request.MaxAttempts,
            VerifierHint = request.Hint?.Text is { } hint ? await store.ReadTextAsync(hint, Cancelled) : null,
            HintSyntaxOnly = request.Hint?.SyntaxOnly ?? false,
            Guidance = request.Guidance,
            Memo = request.Memo ?? await MemoAsync(request.MemoRecord),
            Intervention = request.Intervention,
        });
        var user = new ChatMessage { Role = ChatRoles.User, Content = instruction };
        if (request.Before is { } before)
        {
            return await store.AppendAsync(before, [user], Cancelled);
        }

        return await store.AppendAsync(
            null,
            request.Terminal ? [new ChatMessage { Role = ChatRoles.System, Content = AgentPrompts.System(tools: true, await ListingsAsync(request)) }, user] : [user],
            Cancelled);
    }

    public async Task<JudgeReply> JudgeAsync(JudgeRequest request)
    {
        var attempt = request.Attempt;
        var messages = await MessagesAsync(attempt.Conversation);
        var report = TestReport.Detailed(await TextAsync(attempt.Ctrf), await TextAsync(attempt.VerifierOutput));
        var judgment = new Judgment
        {
            Outcome = attempt.Outcome,
            Reward = attempt.Reward,
            TestsPassed = attempt.TestsPassed,
            TestsTotal = attempt.TestsTotal,
            Commands = AttemptCommands.Of(messages),
            TestSummary = StepLines(attempt) + (attempt.Outcome == Outcome.Error ? "" : TestSummary.Of(report)),
            Problem = attempt.Error,
        };
        return new JudgeReply(judgment, await store.PutJsonAsync(judgment, Cancelled));
    }

    public async Task<ArtifactRef> ReflectAsync(ReflectRequest request)
    {
        var judgment = await store.ReadJsonAsync<Judgment>(request.Judgment, Cancelled);
        var messages = await MessagesAsync(request.Result.Conversation);
        var error = string.Join("; ", new[] { judgment.Problem, request.Result.AgentTimedOut ? "The agent ran out of time." : null }.OfType<string>());
        return await store.AppendAsync(
            null,
            ReflectPrompts.Messages(new ReflectInput
            {
                Task = request.Task,
                Memo = request.Memo ?? await MemoAsync(request.MemoRecord),
                Outcome = judgment.Outcome.ToString(),
                Attempt = request.Attempt,
                FailedAttempts = request.Attempt,
                Reward = judgment.Reward,
                TestsPassed = judgment.TestsPassed,
                TestsTotal = judgment.TestsTotal,
                Commands = judgment.Commands,
                TestSummary = judgment.TestSummary,
                OutputTail = PlainText.TailAtLineStart(messages.LastOrDefault(message => message.Role == ChatRoles.Tool)?.Content ?? "", OutputTailCharacters),
                Error = error.Length > 0 ? error : null,
            }),
            Cancelled);
    }

    public async Task<DistillPrompt> DistillAsync(DistillRequest request)
    {
        var memos = new List<string>();
        foreach (var reference in request.Earlier)
        {
            var record = await store.ReadJsonAsync<AttemptRecord>(reference, Cancelled);
            if (record.Reflection is { Memo.Length: > 0 } reflection)
            {
                memos.Add(reflection.Memo);
            }
        }

        var judgment = await store.ReadJsonAsync<Judgment>(request.Judgment, Cancelled);
        var evidence = EvidenceBuilder.Build(new EvidenceInput
        {
            Instruction = await store.ReadTextAsync(request.Package.Instruction, Cancelled),
            Conversation = await MessagesAsync(request.Result.Conversation),
            TestSummary = judgment.TestSummary,
            Memos = memos,
            Settings = request.Package.Settings,
            Dockerfile = await DockerfileAsync(request.Package.Environment),
            EnvironmentNotes = request.Result.Notes,
        }).Render(request.Characters ?? SkillEvidence.CharactersFor(request.Model is { Length: > 0 } model ? ModelTable.Shipped.Find(model, null)?.Context : null));
        return new DistillPrompt(
            await store.AppendAsync(null, DistillPrompts.Messages(request.Package.Name, evidence), Cancelled),
            await store.PutTextAsync(evidence, Cancelled, MediaTypes.Markdown));
    }

    public Task<ArtifactRef> AskAgainAsync(AskAgainRequest request) => store.AppendAsync(
        request.Conversation,
        [
            new ChatMessage
            {
                Role = ChatRoles.User,
                Content = request.Purpose switch
                {
                    LlmPurposes.Reflect => ReflectPrompts.Reask(request.Reasons),
                    LlmPurposes.Distill when request.Reasons is [FinishReasons.Length] => DistillPrompts.GoOn,
                    LlmPurposes.Distill => DistillPrompts.Reask(request.Reasons),
                    _ => AgentPrompts.GoOn(request.Reasons[0]),
                },
            },
        ],
        Cancelled);

    public Task<SkillCheck> CheckSkillAsync(CheckSkillRequest request) => new SkillChecker(store).CheckAsync(request, Cancelled);

    public Task<GuardedMemo> GuardMemoAsync(GuardMemoRequest request) => new SkillChecker(store).GuardAsync(request, Cancelled);

    public Task<TrialRecord> WriteTrialAsync(WriteTrialRequest request)
    {
        var info = ActivityExecutionContext.Current.Info;
        return new TrialWriter(store).WriteAsync(request, info.WorkflowId!, info.WorkflowRunId!, Cancelled);
    }

    public Task<RunRecord> WriteRunAsync(WriteRunRequest request) =>
        ResultRefusal.EndAtAsync(() => new SkillRunWriter(store).WriteAsync(request, Cancelled));

    public Task<RestoredRun> RestoreAsync(SkillFork fork) => new RunRestorer(store).RestoreAsync(fork, Cancelled);

    public Task<ExportReply> ExportAsync(ExportRequest request) => new ArtifactExporter(store).ExportAsync(request, Cancelled);

    /// <summary>How far each step of a multi-step task got, in the form of tests: numbers in a line of their own, since marked lines are compared.</summary>
    private static string StepLines(JudgedAttempt attempt) => string.Concat((attempt.Steps ?? []).Select(step => string.Create(
        CultureInfo.InvariantCulture,
        $"  {(step.Reward is >= 1 ? TestSummary.PassedMark : TestSummary.FailedMark)} step {step.Name}\n    | reward {step.Reward?.ToString("0.###", CultureInfo.InvariantCulture) ?? "none"}, {step.TestsPassed} of {step.TestsTotal} tests passed\n")));

    /// <summary>Name, description and path of every skill that is installed in the container.</summary>
    private async Task<IReadOnlyList<SkillListing>> ListingsAsync(BeginAttemptRequest request)
    {
        List<SkillListing> listings = [];
        if (request.Skills is not { } skills)
        {
            return listings;
        }

        var dir = (request.SkillsDir ?? SkillFolders.Default).TrimEnd('/');
        await using var content = await store.OpenAsync(skills, Cancelled);
        await foreach (var entry in TarPack.ReadAsync(content, Cancelled))
        {
            if (TarPack.IsFile(entry) && entry.Name.Split('/') is [var folder, var file] && SkillDocument.FileNames.Contains(file) && !listings.Exists(known => known.Name == folder))
            {
                listings.Add(SkillListings.Of(folder, await TarPack.TextAsync(entry, Cancelled), $"{dir}/{entry.Name}"));
            }
        }

        return listings;
    }

    public async Task<FolderProbe> ProbeAsync(FolderProbeRequest request) => new(await FolderProber.ProblemsAsync(request.Folders, store, Cancelled));

    private async Task<string?> DockerfileAsync(ArtifactRef? context)
    {
        if (context is null)
        {
            return null;
        }

        await using var content = await store.OpenAsync(context, Cancelled);
        return await TarPack.TextAsync(content, "Dockerfile", Cancelled);
    }

    private async Task<IReadOnlyList<ChatMessage>> MessagesAsync(ArtifactRef? conversation) =>
        conversation is { } said ? await store.ReadConversationAsync(said, Cancelled) : [];

    private async Task<string?> MemoAsync(ArtifactRef? record) =>
        record is null ? null : (await store.ReadJsonAsync<AttemptRecord>(record, Cancelled)).Reflection?.Memo;

    private async Task<string?> TextAsync(ArtifactRef? reference) =>
        reference is null ? null : await store.ReadTextAsync(reference, Cancelled);
}
