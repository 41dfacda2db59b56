using Spark.Temporal.Activities.Archives;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Domain.Texts;
using Spark.Temporal.Workflows.Contracts;

namespace Spark.Temporal.Activities.Artifacts.Results;

/// <summary>Checks what a distiller wrote, mends it by rule, and keeps the task's answer out of it.</summary>
internal sealed class SkillChecker(IArtifactStore store)
{
    private const int MostProblems = 20;
    private const int MostLeaks = 8;

    public async Task<SkillCheck> CheckAsync(CheckSkillRequest request, CancellationToken cancellationToken)
    {
        var replies = (await store.ReadConversationAsync(request.Conversation, cancellationToken)).Where(message => message.Role == ChatRoles.Assistant).TakeLast(request.Parts);
        var purpose = request.Answer is null ? "" : PlainText.OneLine(await store.ReadTextAsync(request.Answer.Instruction, cancellationToken), 400);
        var guard = await GuardOfAsync(request.Answer, cancellationToken);
        var (skill, notes) = SkillMender.Mend(SkillBundle.FromReply(string.Concat(replies.Select(reply => reply.Content))), request.Name, purpose);
        var leaks = guard.Find(skill.ToString());
        string[] problems =
        [
            .. SkillBundleRules.Check(skill, request.Name),
            .. request.Cut ? ["the reply was cut at its limit, again and again: write less"] : Array.Empty<string>(),
            .. Words(leaks),
        ];
        var kept = await KeptAsync(skill, request, purpose, [.. notes], cancellationToken);
        string[] told =
        [
            .. kept.Notes,
            .. SkillRules.Advice(kept.Skill.Text) is { } advice ? [advice.ToString()] : Array.Empty<string>(),
            .. leaks.Take(MostLeaks).Select(leak => $"cut out: '{PlainText.OneLine(leak, 80)}', which the task's solution wrote"),
        ];
        var text = await store.PutTextAsync(guard.Cut(kept.Skill.Text), cancellationToken, MediaTypes.Markdown);
        return new SkillCheck(problems.Length == 0 ? text : null, [.. problems.Take(MostProblems).Select(problem => PlainText.OneLine(problem, 400))])
        {
            Draft = text,
            Files = kept.Skill.Files.Count == 0 ? null : await store.PutBytesAsync(
                TarPacker.Bytes(tar =>
                {
                    foreach (var file in kept.Skill.Files)
                    {
                        tar.File(file.Path, guard.Cut(file.Text), file.Path.StartsWith("scripts/", StringComparison.Ordinal) ? TarPacker.Program : TarPacker.Readable);
                    }
                }),
                MediaTypes.Tar,
                cancellationToken),
            Notes = told.Length == 0 ? null : told,
        };
    }

    public async Task<GuardedMemo> GuardAsync(GuardMemoRequest request, CancellationToken cancellationToken)
    {
        var guard = await GuardOfAsync(request.Answer, cancellationToken);
        var reply = (await store.ReadConversationAsync(request.Conversation, cancellationToken))[^1].Content ?? "";
        var found = guard.Find(reply);
        return new GuardedMemo(found.Count == 0 ? null : guard.Cut(reply), Words(found));
    }

    /// <summary>The skill without files that cannot be kept; where it has no body of its own, the evidence is its body.</summary>
    private async Task<(SkillBundle Skill, List<string> Notes)> KeptAsync(
        SkillBundle skill, CheckSkillRequest request, string purpose, List<string> notes, CancellationToken cancellationToken)
    {
        var files = skill.Files.Where(file => !SkillBundleRules.Refusals(file).Any()).Take(SkillBundleRules.MostFiles).ToList();
        notes.AddRange(skill.Files.Except(files).Select(file => $"left out: {PlainText.OneLine(file.Path, 120)}"));
        if (SkillRules.Check(skill.Text, request.Name).Count == 0 || request.Evidence is not { } evidence)
        {
            return (skill with { Files = files }, notes);
        }

        notes.Add("made of the evidence by rule: no reply held a skill");
        var body = $"# {request.Name}\n\nNo version of this skill that a model wrote could be used. This is what the run verified.\n\n{await store.ReadTextAsync(evidence, cancellationToken)}";
        return (new SkillBundle(SkillMender.Make(request.Name, purpose, body), files), notes);
    }

    private async Task<AnswerGuard> GuardOfAsync(TaskAnswer? answer, CancellationToken cancellationToken) => answer?.Oracle is null ? AnswerGuard.Of([], []) : AnswerGuard.Of(
        (await TextFiles.ReadAsync(store, answer.Oracle, binary: true, cancellationToken)).Select(file => file.Text),
        [
            await store.ReadTextAsync(answer.Instruction, cancellationToken),
            .. (await TextFiles.ReadAsync(store, answer.Environment, binary: false, cancellationToken)).Select(file => file.Text),
        ]);

    private static string[] Words(IReadOnlyList<string> leaks) =>
        [.. leaks.Take(MostLeaks).Select(leak => $"it gives this task's answer away: '{PlainText.OneLine(leak, 80)}'; say how such a value is found instead")];
}
