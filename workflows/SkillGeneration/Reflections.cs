using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Judging;
using Spark.Temporal.Domain.Memo;
using Spark.Temporal.Domain.Pdi;
using Spark.Temporal.Workflows.Contracts;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.Running;
using Temporalio.Workflows;

namespace Spark.Temporal.Workflows.SkillGeneration;

/// <summary>
/// After a failed attempt: the memo is rewritten, the rewrite is checked, the proxy is computed here in workflow code, and
/// from it how the next attempt is steered.
/// </summary>
internal sealed class Reflections(SkillGenerationInput input, SkillRunState state)
{
    /// <summary>Longest reply brought into the workflow; a longer one is refused unread. Above the memo's own limit, for fences.</summary>
    private const int ReplyCharacters = MemoRules.MaxCharacters + 2_000;

    /// <summary>Runs from before did not look for the answer.</summary>
    private const string GuardPatch = "memo-guard";

    private readonly List<PdiSnapshot> _snapshots = [];
    private PdiTracker _tracker = new(input.Pdi.Method);
    private IReadOnlyList<string>? _previousFailedTests;

    /// <summary>Every snapshot so far, unrounded.</summary>
    public IReadOnlyList<PdiSnapshot> Snapshots => _snapshots;

    /// <summary>What the next attempt gets.</summary>
    public InterventionLevel Intervention { get; private set; }

    /// <summary>Goes on from what another run had measured.</summary>
    public void Restore(RestoredRun restored)
    {
        _tracker = new PdiTracker(input.Pdi.Method, restored.Snapshots);
        _snapshots.AddRange(restored.Snapshots);
        _previousFailedTests = restored.FailedTests;
        Intervention = input.Pdi is { Enabled: true, ObserveOnly: false } ? restored.Intervention : InterventionLevel.None;
    }

    public async Task<ReflectionRecord?> RunAsync(TaskPackage package, AttemptResult result, AttemptRecord record, JudgeReply judged)
    {
        state.Show("reflect");
        var started = Workflow.UtcNow;
        var before = state.Memo;
        var usageBefore = state.Usage;
        var conversation = await state.Outages.ReadAsync(
            (IRecordActivities records) => records.ReflectAsync(new ReflectRequest
            {
                Task = package.Name,
                Attempt = state.Scored,
                Result = new FailedAttempt(result.Conversation, result.AgentTimedOut),
                Judgment = judged.Stored,
                MemoRecord = state.MemoRecord,
            }),
            $"attempt {record.Number}: what to reflect on");
        var refusals = new List<string>();
        for (var ask = 0; ask <= input.ReAsks; ask++)
        {
            var reply = await ModelCalls.AskAsync(
                input.SummaryModel ?? input.Model, state, LlmPurposes.Reflect, conversation, ReplyCharacters, $"attempt {record.Number}: reflect" + (ask == 0 ? "" : $", asked again ({ask})"));
            conversation = reply.Conversation;
            var memo = Read(reply, before, out var why);
            if (memo is { } read && state.AnswerOf(package) is { } answer && Workflow.Patched(GuardPatch))
            {
                (memo, why) = await GuardAsync(reply.Conversation, read, before, answer, last: ask == input.ReAsks);
            }

            refusals.AddRange(why);
            if (memo is not null)
            {
                state.Memo = memo;
                break;
            }

            if (ask < input.ReAsks)
            {
                var asked = conversation;
                conversation = await state.Outages.ReadAsync(
                    (IRecordActivities records) => records.AskAgainAsync(new AskAgainRequest(asked, LlmPurposes.Reflect, why)),
                    "say why the memo was refused");
            }
        }

        return new ReflectionRecord
        {
            Conversation = conversation,
            Memo = state.Memo,
            Refusals = refusals,
            Pdi = Measure(record, judged.Judgment, before),
            Usage = state.Usage - usageBefore,
            DurationMs = Elapsed.Milliseconds(started),
            At = Workflow.UtcNow,
        };
    }

    /// <summary>A recorded reflection: its memo is taken as it was kept; the index and what follows from it are computed again.</summary>
    /// <returns>Null where the attempt was not reflected on.</returns>
    public ReflectionRecord? Reenact(AttemptRecord record, Judgment judgment, ReplayedReflection recorded)
    {
        if (recorded.Conversation is not { } conversation)
        {
            Intervention = InterventionLevel.None;
            return null;
        }

        state.Memo = recorded.MemoAfter;
        return new ReflectionRecord
        {
            Conversation = conversation,
            Memo = state.Memo,
            Pdi = recorded.Measured ? Measure(record, judgment, recorded.MemoBefore, recorded) : null,
            Usage = recorded.Usage,
            DurationMs = recorded.DurationMs,
            At = Workflow.UtcNow,
        };
    }

    /// <summary>A memo that gives the answer away is asked for again; the last time that is cut out of it.</summary>
    private async Task<(string? Memo, IReadOnlyList<string> Why)> GuardAsync(ArtifactRef conversation, string memo, string before, TaskAnswer answer, bool last)
    {
        var guarded = await state.Outages.ReadAsync(
            (IRecordActivities records) => records.GuardMemoAsync(new GuardMemoRequest(conversation, answer)), "look for the answer in the memo");
        return guarded.Reply is null ? (memo, [])
            : last ? (MemoRules.Check(before, guarded.Reply, state.Scored).Memo?.Render(), guarded.Problems)
            : (null, guarded.Problems);
    }

    /// <returns>The memo to keep; null when the rewrite is refused, so that the last good one stays.</returns>
    private string? Read(LlmReply reply, string before, out IReadOnlyList<string> why)
    {
        if (reply.Text is null)
        {
            why = [$"The reply has {reply.TextLength} characters; a memo has at most {MemoRules.MaxCharacters}."];
            return null;
        }

        var verdict = MemoRules.Check(before, reply.Text, state.Scored);
        why = verdict.Refusals;
        return verdict.Memo?.Render();
    }

    private PdiSnapshot? Measure(AttemptRecord record, Judgment judgment, string before, ReplayedReflection? recorded = null)
    {
        var failed = TestSummary.FailedTests(judgment.TestSummary);
        var previous = recorded is null ? _previousFailedTests : recorded.PreviousFailedTests;
        _previousFailedTests = failed;

        // Without any memo there is nothing to measure; the first accepted one starts the series.
        if (!input.Pdi.Enabled || state.Memo.Length == 0)
        {
            Intervention = InterventionLevel.None;
            return null;
        }

        var snapshot = _tracker.Observe(new PdiObservation
        {
            Attempt = recorded?.Attempt ?? record.Scored!.Value,
            Step = recorded?.Step,
            Commands = judgment.Commands,
            MemoBefore = before,
            MemoAfter = state.Memo,
            FailedTests = failed,
            PreviousFailedTests = previous,
        });
        _snapshots.Add(snapshot);
        state.Measured(snapshot);
        Intervention = input.Pdi.ObserveOnly ? InterventionLevel.None : snapshot.Level;
        return snapshot;
    }
}
