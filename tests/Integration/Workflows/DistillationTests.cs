using Spark.Temporal.Activities.Artifacts;
using Spark.Temporal.Domain.Conversations;
using Spark.Temporal.Domain.Skills;
using Spark.Temporal.Tests.Support;
using Spark.Temporal.Workflows.Messages;
using Spark.Temporal.Workflows.SkillGeneration;

namespace Spark.Temporal.Tests.Workflows;

/// <summary>A pass that was paid for always ends with a skill.</summary>
[Category("Server")]
[Parallelizable(ParallelScope.All)]
public sealed class DistillationTests
{
    private const string NoBody = "---\nname: Wrong\n---\n";

    [Test]
    public async Task A_skill_is_asked_for_again_with_what_was_wrong()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await RunAsync(deployment, call => call < 3 ? NoBody : Memos.Skill);

        Assert.That((result.Status, deployment.World.Count("llm:distill")), Is.EqualTo((SkillRunStatus.Passed, 3)));
    }

    [Test]
    public async Task Front_matter_is_mended_without_asking_again()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await RunAsync(deployment, _ => "---\nname: Wrong Name\ntags: [a, b]\n---\n# Do it\n\nLook, then write.\n");

        Assert.That((result.Status, deployment.World.Count("llm:distill")), Is.EqualTo((SkillRunStatus.Passed, 1)));
        Assert.That(File.ReadAllText(result.SkillPath!), Does.StartWith("---\nname: answer\ndescription: ").And.EndsWith("# Do it\n\nLook, then write.\n"));
        Assert.That(result.SkillNotes, Has.Some.StartsWith("mended by rule: "));
    }

    [Test]
    public async Task What_stays_wrong_is_kept_with_its_findings_for_a_person()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await RunAsync(deployment, call => call == 2 ? "# Do it\n\nSee references/none.md.\n" : NoBody);

        Assert.That((result.Status, result.Outcome, deployment.World.Count("llm:distill")), Is.EqualTo((SkillRunStatus.NeedsReview, Domain.Judging.Outcome.Pass, 3)));
        Assert.That(File.ReadAllText(result.SkillPath!), Does.Contain("See references/none.md."), "the version with the fewest findings");
        Assert.That(result.Error, Does.StartWith("The skill needs review, after it was asked for 3 times: ").And.Contain("references/none.md, which is not among the files"));
        Assert.That(File.ReadAllText(Path.Combine(result.ResultDir!, "error_report.md")), Does.Contain("NeedsReview").And.Contain("references/none.md"));
    }

    [Test]
    public async Task Where_no_reply_holds_a_skill_it_is_made_of_the_evidence()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await RunAsync(deployment, _ => "");

        Assert.That(result.Status, Is.EqualTo(SkillRunStatus.NeedsReview));
        var skill = File.ReadAllText(result.SkillPath!);
        Assert.That(SkillRules.Check(skill, "answer"), Is.Empty);
        Assert.That(skill, Does.Contain("## Verification"));
        Assert.That(result.SkillNotes, Does.Contain("made of the evidence by rule: no reply held a skill"));
    }

    [Test]
    public async Task Several_files_are_written_into_the_folder_of_the_skill()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await RunAsync(deployment, _ => $"{Memos.Skill.TrimEnd()}\nSee references/cases.md, run scripts/do.sh.\n\n=== references/cases.md ===\n# Cases\n\n=== scripts/do.sh ===\n```bash\n#!/bin/sh\necho\n```\n");

        Assert.That(result.Status, Is.EqualTo(SkillRunStatus.Passed), result.Error);
        Assert.That(File.ReadAllText(Path.Combine(result.ResultDir!, "references/cases.md")), Is.EqualTo("# Cases\n"));
        Assert.That(File.ReadAllText(Path.Combine(result.ResultDir!, "scripts/do.sh")), Is.EqualTo("#!/bin/sh\necho\n"));
        Assert.That(OperatingSystem.IsWindows() || File.GetUnixFileMode(Path.Combine(result.ResultDir!, "scripts/do.sh")).HasFlag(UnixFileMode.UserExecute));
        Assert.That(File.ReadAllText(result.SkillPath!), Does.Not.Contain("==="));
    }

    [Test]
    public async Task A_reply_that_was_cut_is_continued()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var half = Memos.Skill.Length / 2;
        var result = await RunAsync(deployment, call => call == 1 ? $"{FakeWorld.Ends}{FinishReasons.Length}\n{Memos.Skill[..half]}" : Memos.Skill[half..]);

        Assert.That((result.Status, deployment.World.Count("llm:distill")), Is.EqualTo((SkillRunStatus.Passed, 2)), result.Error);
        Assert.That(File.ReadAllText(result.SkillPath!).Trim(), Is.EqualTo(Memos.Skill.Trim()));
    }

    [Test]
    public async Task A_reply_that_is_cut_again_and_again_needs_review()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var result = await RunAsync(deployment, call => $"{FakeWorld.Ends}{FinishReasons.Length}\n{(call % 4 == 1 ? Memos.Skill : "and so on\n")}");

        Assert.That((result.Status, deployment.World.Count("llm:distill")), Is.EqualTo((SkillRunStatus.NeedsReview, 12)));
        Assert.That(result.Error, Does.Contain("cut at its limit"));
    }

    [Test]
    public async Task A_skill_that_gives_the_answer_away_is_asked_for_again_and_cut_at_last()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.OracleWrote = "QX-9921-Z\n73182.5\n";
        var result = await RunAsync(deployment, _ => $"{Memos.Skill.TrimEnd()}\nThen write QX-9921-Z and 73,182.5.\n");

        Assert.That((result.Status, deployment.World.Count("llm:distill")), Is.EqualTo((SkillRunStatus.NeedsReview, 3)));
        Assert.That(File.ReadAllText(result.SkillPath!), Does.Contain($"Then write {AnswerGuard.Hidden} and {AnswerGuard.Hidden}."));
        Assert.That(result.Error, Does.Contain("it gives this task's answer away: 'QX-9921-Z'"));
        Assert.That(result.SkillNotes, Does.Contain("cut out: 'QX-9921-Z', which the task's solution wrote"));
    }

    [Test]
    public async Task A_memo_that_gives_the_answer_away_is_asked_for_again_and_cut_at_last()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        deployment.World.OracleWrote = "QX-9921-Z\n";
        var (failed, passed) = (await deployment.World.VerdictAsync(0, 0, 2), await deployment.World.VerdictAsync(1, 2, 2));
        deployment.World.Verdict = container => container - 1 >= 2 ? passed : failed;
        var run = await StartAsync(deployment, (purpose, call) => purpose == LlmPurposes.Reflect ? Memos.With("- the answer is QX-9921-Z\n- the number is even", "Write it.", 1) : Memos.Skill);
        await run.GetResultAsync();

        var memo = await run.QueryAsync(workflow => workflow.GetMemo());
        Assert.That(memo, Does.Contain($"the answer is {AnswerGuard.Hidden}").And.Contain("the number is even"));
        Assert.That(deployment.World.Count("llm:reflect"), Is.EqualTo(3));
    }

    [Test]
    public async Task The_skill_of_a_finished_run_is_written_again_from_its_evidence()
    {
        await using var deployment = await FakeDeployment.StartAsync();
        var before = await RunAsync(deployment, _ => Memos.Skill);
        var containers = deployment.World.Count("sandbox.start");
        string? asked = null;
        deployment.World.Reply = (_, _, request) =>
        {
            asked = deployment.Store.ReadConversationAsync(request.Conversation, CancellationToken.None).GetAwaiter().GetResult()[^1].Content;
            return $"{Memos.Skill.TrimEnd()}\nBetter.\n";
        };

        var input = new SkillGenerationInput
        {
            TaskDir = before.ResultDir!, Batch = "batch", ModelSlug = "other", Agent = AgentNames.Replay, OutDir = deployment.OutDir, ResultsRoot = Path.Combine(deployment.OutDir, "again"), Redistill = true,
        };
        var run = await deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow again) => again.RunAsync(input), deployment.Options("again"));
        var result = await run.GetResultAsync();

        Assert.That((result.Status, deployment.World.Count("llm:distill"), deployment.World.Count("sandbox.start")), Is.EqualTo((SkillRunStatus.Passed, 2, containers)), result.Error);
        Assert.That(File.ReadAllText(result.SkillPath!), Does.EndWith("Better.\n"));
        Assert.That(File.ReadAllText(before.SkillPath!), Does.Not.Contain("Better."));
        Assert.That(asked, Does.Contain("## Execution Chain").And.Contain("name: answer").And.Not.Contain("# Evidence\n\n# Evidence"));
    }

    private static async Task<SkillGenerationResult> RunAsync(FakeDeployment deployment, Func<int, string> skill) =>
        await (await StartAsync(deployment, (purpose, call) => purpose == LlmPurposes.Distill ? skill(call) : "I looked at it.")).GetResultAsync();

    private static Task<Temporalio.Client.WorkflowHandle<SkillGenerationWorkflow, SkillGenerationResult>> StartAsync(FakeDeployment deployment, Func<string, int, string> reply)
    {
        deployment.World.Reply = (purpose, call, _) => reply(purpose, call);
        var input = new SkillGenerationInput { TaskDir = "/tasks/answer", Batch = "batch", ModelSlug = "fake", OutDir = deployment.OutDir, MaxAttempts = 3 };
        return deployment.Client.StartWorkflowAsync((SkillGenerationWorkflow run) => run.RunAsync(input), deployment.Options("skill"));
    }
}
